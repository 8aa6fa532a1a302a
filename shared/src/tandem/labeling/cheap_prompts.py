"""Check for provably cheap prompts: templates that compile and render in a few milliseconds, whatever records hold.

The check itself costs little: sources are cut into words first, and a long program is not parsed at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

from tandem.events.jobs import AgentSpec
from tandem.events.outcomes import Example
from tandem.events.schema import LabelSchemaSpec, LabelTask, attributes_of, options_of
from tandem.labeling.prompts import template_scope
from tandem.labeling.template_cost import bound
from tandem.labeling.template_sizes import record_of, scope_of
from tandem.labeling.templates import code_size, parse

MOST_CODE = 600
"""Maximum number of words and signs of code of each template; they compile in about 30 ms."""
MOST_OPTIONS = 1_000
"""Maximum number of options of all tasks of a label schema, so that the check itself costs little."""
MOST_MICROSECONDS = 5_000.0
"""Maximum cost of rendering the messages of one record."""
MOST_CONSTANT_MICROSECONDS = 50_000.0
"""Maximum cost of the part that is rendered once."""
_RECORDS = ((16, 4_000), (64, 2_000), (16, 32_000), (4, 300_000))
"""Sizes of records for which the cost is bounded: fields, and characters of names and texts."""


@dataclass(frozen=True, slots=True)
class _Covered:
    """Records with at most this many fields and characters in all, shown with at most this many examples."""

    fields: int
    characters: int
    examples: int


@dataclass(frozen=True, slots=True)
class CheapRecords:
    """Decides for a record whether its messages are cheap to render."""

    covered: tuple[_Covered, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.covered)

    def include(self, fields: Mapping[str, str], examples: Iterable[Example] = ()) -> bool:
        """Say whether the record can be rendered in place, with these examples."""
        most, count = len(fields), 0
        characters = sum(map(len, fields)) + sum(map(len, fields.values()))
        for example in examples:
            count += 1
            most = max(most, len(example.fields))
            characters += sum(map(len, example.fields)) + sum(map(len, example.fields.values()))
        return any(
            most <= each.fields and characters <= each.characters and count <= each.examples for each in self.covered
        )


def cheap_records(agent: AgentSpec, label_schema: LabelSchemaSpec) -> CheapRecords:
    """Return the records that the agent's templates render cheaply: none where compiling them is not provably cheap.

    Raises PromptError for templates that cannot be compiled, so far as that is seen at once.
    """
    if sum(map(_options, label_schema.tasks)) > MOST_OPTIONS:
        return CheapRecords()
    trees: list[nodes.Template] = []
    for name, source in (("system", agent.system_template), ("user", agent.user_template)):
        try:
            if code_size(source) > MOST_CODE:
                return CheapRecords()
        except TemplateSyntaxError:
            pass  # `parse` says what is wrong
        trees.append(parse(source, name=name))
    system, user = trees
    scope = scope_of(template_scope(agent, label_schema))
    constant = bound(system, scope)
    if constant is None or constant > MOST_CONSTANT_MICROSECONDS:
        return CheapRecords()
    covered = []
    base = bound(user, scope | {"fields": record_of(1, 0)})
    for fields, characters in _RECORDS:
        cost = bound(user, scope | {"fields": record_of(fields, characters)})
        if base is not None and cost is not None and cost <= MOST_MICROSECONDS:
            covered.append(_Covered(fields, characters, int((MOST_MICROSECONDS - cost) / max(base, 1.0))))
    found = CheapRecords(tuple(covered))
    return found if not agent.examples or found.include({}, agent.examples) else CheapRecords()


def _options(task: LabelTask) -> int:
    return len(options_of(task)) + sum(len(each.options) for each in attributes_of(task))

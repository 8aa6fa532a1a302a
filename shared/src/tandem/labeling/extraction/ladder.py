"""From a model's answer to the values of all tasks of a schema, by a ladder of named rules, from exact to tolerant.

One answer holds the values of all tasks: as JSON with a key a task, or as `Name: value` lines in any order; of a schema
with one task also as the value alone. What each rung asks for, and what holds on every rung, is told in docs/extraction.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from tandem.events.schema import LabelTask, SingleChoiceTask
from tandem.labeling.extraction.json_in_text import repaired, strict
from tandem.labeling.extraction.located_json import Kind, Node, whole
from tandem.labeling.extraction.named_lines import NamedLines, Section
from tandem.labeling.extraction.options import separated
from tandem.labeling.extraction.outcome import ambiguous, generic_member, loosened
from tandem.labeling.extraction.readers import reader_of
from tandem.labeling.extraction.reasoning import without_reasoning
from tandem.labeling.extraction.stretch import Stretch
from tandem.labeling.extraction.wrapping import GENERIC_NAMES
from tandem.labeling.reading import Reading, Rule, Unreadable, UnreadableReason
from tandem.labeling.values import key_of

LENGTH_LIMIT = 50_000
"""Characters; a longer answer is not read."""

_WRAPPERS = GENERIC_NAMES | {
    "annotation", "annotations", "record", "data", "results", "outputs", "predictions", "classifications", "tasks",
    "arguments", "parameters", "answers", "json", "values",
}  # fmt: skip
"""What models wrap the answer in."""

Found = Reading | Unreadable


class AnswerReader:
    """Reads the answers to one label schema; prepared once, used for each answer. Never raises, and never gives a value
    that the schema does not allow."""

    def __init__(self, tasks: Sequence[LabelTask]) -> None:
        self._names = [task.name for task in tasks]
        self._readers = {task.name: reader_of(task) for task in tasks}
        self._by_key = {separated(name): name for name in self._names}
        self._lines = NamedLines(self._names)
        self._alone = tasks[0] if len(tasks) == 1 else None
        self._plain: re.Pattern[str] | None = None
        self._values: frozenset[str] = frozenset()
        if isinstance(self._alone, SingleChoiceTask):
            self._values = frozenset(option.value for option in self._alone.options)
            key = re.escape(json.dumps(self._alone.name))
            self._plain = re.compile(rf"\s*\{{\s*{key}\s*:\s*\"([^\"\\]*)\"\s*\}}\s*")

    def read(self, answer: str, fields: Mapping[str, str]) -> tuple[Found, ...]:
        """The reading of each task, in their order. `fields`: the record's, in which spans are found."""
        if self._plain is not None:
            plain = self._plain.fullmatch(answer)
            if plain is not None and plain[1] in self._values:
                return (Reading(plain[1], Rule.STRUCTURED, (plain.span(1),), in_json=True),)
            if answer in self._values:
                return (Reading(answer, Rule.EXACT, ((0, len(answer)),)),)
        if not answer.strip():
            return self._all(Unreadable(UnreadableReason.EMPTY, "the model answered nothing"))
        if len(answer) > LENGTH_LIMIT:
            return self._all(
                Unreadable(
                    UnreadableReason.NO_OPTION, f"the answer has {len(answer):,} characters, too many to be read"
                )
            )
        if (node := whole(answer, 0, len(answer))) is not None and node.kind in (Kind.OBJECT, Kind.LIST):
            if (found := self._from_json([node], Rule.STRUCTURED, fields)) is not None:
                return found
            return self._all(Unreadable(UnreadableReason.MISSING_TASK, f"the JSON has none of {self._names}"))
        stretch = without_reasoning(Stretch.whole(answer))
        if not stretch.text.strip():
            return self._all(Unreadable(UnreadableReason.CUT, "the answer ends before the thinking does"))
        nodes = strict(stretch)
        if nodes and (found := self._from_json(nodes, Rule.JSON_IN_TEXT, fields)) is not None:
            return found
        if (node := repaired(stretch)) is not None:
            if (found := self._from_json([node], Rule.REPAIRED_JSON, fields)) is not None:
                return found
        return self._from_text(stretch, fields)

    def _all(self, found: Found) -> tuple[Found, ...]:
        return (found,) * len(self._names)

    def _from_json(self, nodes: Sequence[Node], rule: Rule, fields: Mapping[str, str]) -> tuple[Found, ...] | None:
        """What the objects and lists say of the tasks, together; None when they say nothing of any."""
        by_task: dict[str, list[Found]] = {name: [] for name in self._names}
        for node in nodes:
            for name, found in self._members(node, fields):
                by_task[name].append(loosened(found, rule))
        if not any(by_task.values()):
            return None
        return tuple(self._of_all(name, by_task[name]) for name in self._names)

    def _members(self, node: Node, fields: Mapping[str, str]) -> list[tuple[str, Found]]:
        """The readings of the tasks that this object names, or an object within it."""
        found: list[tuple[str, Found]] = []
        for key, value in node.members:
            if (name := self._by_key.get(key) or self._by_key.get(separated(key))) is not None:
                reading = self._value(name, value, fields)
                found.append((name, reading if key == name else loosened(reading, Rule.JSON_IN_TEXT)))
        if found:
            return found
        for inner in self._wrapped(node):
            found += [(name, loosened(reading, Rule.JSON_IN_TEXT)) for name, reading in self._members(inner, fields)]
        if found or self._alone is None:
            return found
        value = generic_member(node) or node
        reading = self._value(self._alone.name, value, fields)
        if value is not node or isinstance(reading, Reading):
            return [(self._alone.name, loosened(reading, Rule.JSON_IN_TEXT))]
        return []

    @staticmethod
    def _wrapped(node: Node) -> list[Node]:
        """The objects that an object or list is wrapped around."""
        inside = [*node.items, *(value for key, value in node.members if separated(key) in _WRAPPERS)]
        return [inner for inner in inside if inner.kind in (Kind.OBJECT, Kind.LIST)]

    def _value(self, name: str, value: Node, fields: Mapping[str, str]) -> Found:
        if value.cut:
            return Unreadable(UnreadableReason.CUT, f"the answer ends within the value of {name!r}")
        return self._readers[name].in_json(value, fields)

    def _of_all(self, name: str, readings: Sequence[Found]) -> Found:
        if not readings:
            return Unreadable(UnreadableReason.MISSING_TASK, f"the JSON has no {name!r}")
        found = agreed(readings)
        if len(readings) > 1 and isinstance(found, Reading):
            return Reading(found.value, found.rule, (None,) * len(found.places), found.in_json)
        return found

    def _from_text(self, stretch: Stretch, fields: Mapping[str, str]) -> tuple[Found, ...]:
        sections = self._lines.sections(stretch)
        found: list[Found] = []
        for name in self._names:
            own = [section for section in sections if section.name in (name, "")]
            readings = [self._from_section(name, section, fields) for section in own]
            if self._alone is not None:
                bare = self._readers[name].in_text(stretch, fields)
                if isinstance(bare, Reading):
                    if isinstance(named := agreed(readings) if readings else bare, Reading) and (
                        key_of(named.value) != key_of(bare.value)
                    ):
                        bare = ambiguous([named.value, bare.value])
                    found.append(bare)
                    continue
                readings = readings or [_said_alone(bare)]
            if not readings:
                readings = [Unreadable(UnreadableReason.MISSING_TASK, f"the answer says nothing of {name!r}")]
            found.append(agreed(readings))
        return tuple(found)

    def _from_section(self, name: str, section: Section, fields: Mapping[str, str]) -> Found:
        return loosened(self._readers[name].in_text(section.value, fields), Rule.NAMED_LINE)


def _said_alone(found: Found) -> Found:
    """An answer that is nothing but text: where it is no value, it has none, rather than a wrong one."""
    if isinstance(found, Unreadable) and found.reason is UnreadableReason.NOT_IN_SCHEMA:
        return Unreadable(UnreadableReason.NO_OPTION, found.detail)
    return found


def agreed(readings: Sequence[Found]) -> Found:
    """The one value that all of them have, or why there is none."""
    good = [found for found in readings if isinstance(found, Reading)]
    if len({key_of(found.value) for found in good}) > 1:
        return ambiguous({str(found.value) for found in good})
    if len(good) < len(readings):
        bad = next(found for found in readings if isinstance(found, Unreadable))
        return ambiguous([]) if good else bad
    return max(good, key=lambda found: list(Rule).index(found.rule)) if good else ambiguous([])

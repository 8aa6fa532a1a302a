"""Ladder of named rules, from exact to tolerant: from a model's answer to the values of all tasks of a schema.

One answer holds the values of all tasks: as JSON with a key a task, or as `Name: value` lines in any order; of a schema
with one task also as the value alone. docs/extraction.md describes what each rung requires, and
what holds on every rung.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.events.schema import LabelTask, options_of
from tandem.labeling.extraction.forms.json_in_text import repaired, strict
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node, whole
from tandem.labeling.extraction.forms.named_lines import NamedLines
from tandem.labeling.extraction.forms.plain import PlainAnswers
from tandem.labeling.extraction.forms.python_literal import python_literal
from tandem.labeling.extraction.forms.reasoning import without_reasoning
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import GENERIC_NAMES
from tandem.labeling.extraction.kinds.numbers import NumberReader
from tandem.labeling.extraction.kinds.options import separated
from tandem.labeling.extraction.kinds.readers import reader_of
from tandem.labeling.extraction.outcome import Found, agreed, ambiguous, generic_member, is_turned, loosened
from tandem.labeling.extraction.prose.statements import is_example
from tandem.labeling.extraction.prose.words import NEGATIONS
from tandem.labeling.extraction.text_rungs import TextRungs
from tandem.labeling.reading import Reading, Rule, Unreadable, UnreadableReason

LENGTH_LIMIT = 50_000
"""Maximum characters of an answer; a longer one is not read."""

_WRAPPERS = GENERIC_NAMES | {
    "annotation", "annotations", "record", "data", "results", "outputs", "predictions", "classifications", "tasks",
    "arguments", "parameters", "answers", "json", "values",
}  # fmt: skip
"""Keys in which models wrap the answer."""
_GENERAL = frozenset(
    {
        "label",
        "class",
        "category",
        "value",
        "answer",
        "final",
        "predicted",
        "overall",
        "the",
        "result",
        "is",
        "of",
        "a",
        "in",
    }
)
_NAMING = frozenset({"task", "name", "field", "question", "key", "task name"})
"""Keys under which an object names the task whose value it has."""
"""Kinds whose values are lists."""


def _without_examples(nodes: Sequence[Node], stretch: Stretch) -> Sequence[Node]:
    """Without the objects that the answer gives as examples of the form, where others remain."""
    if len(nodes) < 2:
        return nodes
    starts = [stretch.start, *(node.place[1] for node in nodes)]
    kept = [
        node
        for start, node in zip(starts, nodes, strict=False)
        if not is_example(stretch.answer[start : node.place[0]].removesuffix("```json\n").rstrip("`\n "))
    ]
    return kept or nodes


class AnswerReader:
    """Reads the answers to one label schema; prepared once, used for each answer. Never raises, and never gives a value
    that the schema does not allow."""

    def __init__(self, tasks: Sequence[LabelTask]) -> None:
        self._names = [task.name for task in tasks]
        self._readers = {task.name: reader_of(task) for task in tasks}
        self._text = {task.name: TextRungs(task, self._readers[task.name], alone=len(tasks) == 1) for task in tasks}
        self._by_key = {separated(name): name for name in self._names}
        self._lines = NamedLines(self._names)
        self._alone = tasks[0] if len(tasks) == 1 else None
        self._plain = PlainAnswers(tasks, self._readers)
        self._values: frozenset[str] = frozenset()
        self._is_listed = False
        """True when the only task has parts, so that a list is its value."""
        self._has_options = False
        if self._alone is not None:
            self._is_listed = self._alone.traits.has_parts
            self._has_options = bool(options_of(self._alone))
            if self._alone.traits.is_one_label:
                self._values = frozenset(option.value for option in options_of(self._alone))

    def read(self, answer: str, fields: Mapping[str, str]) -> tuple[Found, ...]:  # noqa: PLR0911 - rung by rung
        """Return the reading of each task, in their order. `fields`: the record's, in which spans are found."""
        if answer in self._values:
            return (Reading(answer, Rule.EXACT, ((0, len(answer)),)),)
        if len(answer) > LENGTH_LIMIT and answer.strip():
            return self._all(
                Unreadable(
                    UnreadableReason.NO_OPTION, f"the answer has {len(answer):,} characters, too many to be read"
                )
            )
        if (plain := self._plain.read(answer, fields)) is not None:
            return plain
        if not answer.strip():
            return self._all(Unreadable(UnreadableReason.EMPTY, "the model answered nothing"))
        if (node := whole(answer, 0, len(answer))) is not None and node.kind in (
            JsonTokenKind.OBJECT,
            JsonTokenKind.LIST,
        ):
            if (found := self._from_json([node], Rule.STRUCTURED, fields)) is not None:
                return found
            return self._all(Unreadable(UnreadableReason.MISSING_TASK, f"the JSON has none of {self._names}"))
        stretch = without_reasoning(Stretch.whole(answer))
        if not stretch.text.strip():
            return self._all(Unreadable(UnreadableReason.CUT, "the answer ends before the thinking does"))
        if (found := self._from_json_in_text(stretch, fields)) is not None:
            return tuple(
                self._text[name].unless_retracted(each, stretch) for name, each in zip(self._names, found, strict=True)
            )
        return self._from_text(stretch, fields)

    def _all(self, found: Found) -> tuple[Found, ...]:
        return (found,) * len(self._names)

    def _from_json_in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> tuple[Found, ...] | None:
        found_nodes, broken_at = strict(stretch)
        nodes = _without_examples(found_nodes, stretch)
        if (found := self._from_json(nodes, Rule.JSON_IN_TEXT, fields, by_name=True)) is not None:
            return found
        if self._is_listed and not nodes and (node := python_literal(stretch)) is not None:
            return self._from_json([node], Rule.REPAIRED_JSON, fields)
        mended = [node] if (node := repaired(stretch, broken_at)) is not None else []
        if (found := self._from_json(mended, Rule.REPAIRED_JSON, fields, by_name=True)) is not None:
            return found
        if not self._has_options:
            return None
        objects = [node for node in nodes if node.kind is JsonTokenKind.OBJECT or self._is_listed]
        if len(objects) > 1 and all(node.kind is JsonTokenKind.OBJECT for node in objects):  # one on each line
            place = (objects[0].place[0], objects[-1].place[1])
            objects = [Node(JsonTokenKind.LIST, "", place, items=tuple(objects))] if self._is_listed else objects
        return self._from_json(objects, Rule.JSON_IN_TEXT, fields) or self._from_json(
            mended, Rule.REPAIRED_JSON, fields
        )

    def _from_json(
        self, nodes: Sequence[Node], rule: Rule, fields: Mapping[str, str], *, by_name: bool = False
    ) -> tuple[Found, ...] | None:
        """Return what the objects and lists say of the tasks, together; None when they say nothing of any.

        `by_name`: only what stands under a task's name counts, not the value of the only task alone.
        """
        by_task: dict[str, list[Found]] = {name: [] for name in self._names}
        for node in nodes:
            said = self._members(node, fields)
            if not said and not by_name and self._alone is not None:
                said = self._said_alone(self._alone.name, node, fields)
            for name, found in said:
                by_task[name].append(loosened(found, rule))
        if not any(by_task.values()):
            return None
        return tuple(self._of_all(name, by_task[name]) for name in self._names)

    def _members(self, node: Node, fields: Mapping[str, str]) -> list[tuple[str, Found]]:
        """Return the readings of the tasks that this object names, or an object that it is wrapped around."""
        found: list[tuple[str, Found]] = []
        for key, value in node.members:
            if (name := self._by_key.get(key) or self._by_key.get(separated(key))) is not None:
                reading = self._value(name, value, fields)
                found.append((name, reading if key == name else loosened(reading, Rule.JSON_IN_TEXT)))
        if not found and (listed := self._named_in(node)) is not None:
            found.append((listed[0], loosened(self._value(*listed, fields), Rule.JSON_IN_TEXT)))
        if found:
            return found if len(found) == len(node.members) else self._beside(node, found)
        inside = [*node.items, *(value for key, value in node.members if separated(key) in _WRAPPERS)]
        for inner in inside:
            found += [(name, loosened(reading, Rule.JSON_IN_TEXT)) for name, reading in self._members(inner, fields)]
        return found

    def _named_in(self, node: Node) -> tuple[str, Node] | None:
        """Return the task and its value of an object such as `{"task": "sentiment", "answer": "positive"}`."""
        value = generic_member(node)
        names = {
            self._by_key.get(separated(member.text))
            for key, member in node.members
            if separated(key) in _NAMING and member is not value and member.kind is JsonTokenKind.STRING
        }
        name = next(iter(names)) if len(names) == 1 else None
        return None if name is None or value is None else (name, value)

    def _beside(self, node: Node, found: list[tuple[str, Found]]) -> list[tuple[str, Found]]:
        """Return the readings in view of what else stands in their object: that they do not hold, or another unit."""
        others = Node(
            JsonTokenKind.OBJECT,
            "",
            node.place,
            members=tuple((key, value) for key, value in node.members if key not in self._readers),
        )
        if is_turned(others):
            return [(name, ambiguous([])) for name, _ in found]
        return [
            (name, reader.unless_in_other_unit(reading, others))
            if isinstance(reader := self._readers[name], NumberReader)
            else (name, reading)
            for name, reading in found
        ]

    def _said_alone(self, name: str, node: Node, fields: Mapping[str, str]) -> list[tuple[str, Found]]:
        """Return the value of the only task, which is all of the JSON, or stands under a general name."""
        if node.kind is JsonTokenKind.OBJECT and not node.members:
            return []
        value = None if self._is_listed else generic_member(node) or self._like_the_name(node)
        reading = self._value(name, value or node, fields)
        is_meant = isinstance(reading, Reading) or value is not None or node.kind is JsonTokenKind.LIST
        if not is_meant and (value := generic_member(node)) is not None:
            reading, is_meant = self._value(name, value, fields), True
        if is_meant or (isinstance(reading, Unreadable) and reading.reason is not UnreadableReason.NOT_IN_SCHEMA):
            return [(name, loosened(reading, Rule.JSON_IN_TEXT))]
        return []

    def _like_the_name(self, node: Node) -> Node | None:
        """Return the only member under a part of the only task's name, with or without a general word."""
        own = set(separated(self._names[0]).split())
        if own & NEGATIONS:
            return None
        found = [
            value for key, value in node.members if (words := set(separated(key).split()) - _GENERAL) and words <= own
        ]
        return found[0] if len(found) == 1 else None

    def _value(self, name: str, value: Node, fields: Mapping[str, str]) -> Found:
        if value.cut:
            return Unreadable(UnreadableReason.CUT, f"the answer ends within the value of {name!r}")
        found = self._readers[name].in_json(value, fields)
        if isinstance(found, Reading) or value.kind is not JsonTokenKind.STRING:
            return found
        if found.reason is not UnreadableReason.NOT_IN_SCHEMA:
            return found
        likely = self._readers[name].mistyped(Stretch.whole(value.text)) or self._text[name].mentioned(value.text)
        if not isinstance(likely, Reading):
            return found
        start = value.place[0]
        places = tuple(
            (start + place[0], start + place[1]) if place is not None and value.is_verbatim else value.place
            for place in likely.places
        )
        return Reading(likely.value, likely.rule, places, in_json=True)

    def _of_all(self, name: str, readings: Sequence[Found]) -> Found:
        if not readings:
            return Unreadable(UnreadableReason.MISSING_TASK, f"the JSON has no {name!r}")
        found = agreed(readings)
        if len(readings) > 1 and isinstance(found, Reading):
            return Reading(found.value, found.rule, (None,) * len(found.places), found.in_json)
        return found

    def _from_text(self, stretch: Stretch, fields: Mapping[str, str]) -> tuple[Found, ...]:
        sections = self._lines.sections(stretch)
        found = [self._text[name].read(stretch, sections, fields) for name in self._names]
        is_whole = stretch.place == (0, len(stretch.answer))
        return tuple(found if is_whole else [loosened(each, Rule.NORMALIZED) for each in found])

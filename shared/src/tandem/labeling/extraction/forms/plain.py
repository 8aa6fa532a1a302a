"""The plain path: the whole answer is JSON as asked for, each task's value under its name, in the order of the tasks.

Most answers are, so one regular expression finds all values at once. Whatever is not plainly so is left to the ladder,
which reads a plain answer in the same way, only slower.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.kinds.options import separated
from tandem.labeling.extraction.kinds.span_claims import SpanClaim
from tandem.labeling.extraction.kinds.spans import MOST_SPANS, SpanReader, ended_by_a_bound
from tandem.labeling.extraction.outcome import ValueReader
from tandem.labeling.reading import Place, Reading, Rule

Fields = Mapping[str, str]
_Read = Callable[[str, Place, Fields], Reading | None]
"""The value that stands at the place of the answer; None where it is not plain."""

_S = r"[ \t\n\r]*+"
_CHARS = r'[^"\\\x00-\x1f]*+'
_STRING = f'"({_CHARS})"'
_DIGITS = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+"
_ITEM = re.compile(f'"({_CHARS})"')
_SPAN = (
    rf'\{{{_S}"text"{_S}:{_S}"({_CHARS})"{_S},{_S}"label"{_S}:{_S}"({_CHARS})"{_S},'
    rf'{_S}"context"{_S}:{_S}(?:null|"({_CHARS})"){_S}\}}'
)
_SPANS = re.compile(_SPAN)
_STATED = rf'(?:{_S},{_S}"confidence"{_S}:{_S}(?:{_DIGITS}|null))?+'
"""The stated confidence that a model writes behind the values."""


class PlainAnswers:
    """Reads the plain answers to one label schema."""

    def __init__(self, tasks: Sequence[LabelTask], readers: Mapping[str, ValueReader]) -> None:
        self._pattern: re.Pattern[str] | None = None
        self._reads: list[_Read] = []
        if not tasks or len({separated(task.name) for task in tasks}) < len(tasks):
            return  # an answer's key may stand for another task
        members = []
        for task in tasks:
            values, read = _plain(task, readers[task.name])
            if read is None:
                return
            members.append(f"{re.escape(json.dumps(task.name, ensure_ascii=False))}{_S}:{_S}{values}")
            self._reads.append(read)
        stated = "" if any(separated(task.name) == "confidence" for task in tasks) else _STATED
        inside = f"{_S},{_S}".join(members)
        self._pattern = re.compile(f"{_S}\\{{{_S}{inside}{stated}{_S}\\}}{_S}")

    def read(self, answer: str, fields: Fields) -> tuple[Reading, ...] | None:
        """Return the reading of each task; None where one is not plain."""
        if self._pattern is None or (found := self._pattern.fullmatch(answer)) is None:
            return None
        readings = []
        for group, read in enumerate(self._reads, start=1):
            if (reading := read(answer, found.span(group), fields)) is None:
                return None
            readings.append(reading)
        return tuple(readings)


def _plain(task: LabelTask, reader: ValueReader) -> tuple[str, _Read | None]:
    """Return the pattern of the task's plain values, in one group, and the function that reads them."""
    match task:
        case SingleChoiceTask():
            return _STRING, _option_of(task)
        case MultipleChoiceTask():
            return _list_of(f'"{_CHARS}"'), _options_of(task)
        case NumberTask():
            return f"({_DIGITS})", _scalar_of(JsonTokenKind.NUMBER, reader)
        case TextTask():
            return _STRING, _scalar_of(JsonTokenKind.STRING, reader)
        case SpanTask():
            item = _SPAN.replace(f"({_CHARS})", _CHARS)
            return _list_of(item), _spans_of(task, reader) if not task.attributes else None
        case _:
            assert_never(task)


def _list_of(item: str) -> str:
    return rf"\[({_S}(?:{item}{_S}(?:,{_S}{item}{_S})*+)?+)\]"


def _option_of(task: SingleChoiceTask) -> _Read:
    values = frozenset(option.value for option in task.options)

    def read(answer: str, place: Place, fields: Fields) -> Reading | None:  # noqa: ARG001 - as spans do
        value = answer[place[0] : place[1]]
        return Reading(value, Rule.STRUCTURED, (place,), in_json=True) if value in values else None

    return read


def _options_of(task: MultipleChoiceTask) -> _Read:
    values = tuple(option.value for option in task.options)
    known = frozenset(values)
    most = len(values) if task.at_most is None else task.at_most

    def read(answer: str, place: Place, fields: Fields) -> Reading | None:  # noqa: ARG001 - as spans do
        places: dict[str, Place] = {}
        for item in _ITEM.finditer(answer, *place):
            if (value := item[1]) not in known:
                return None
            places.setdefault(value, item.span(1))
        if not task.at_least <= len(places) <= most:
            return None
        chosen = tuple([value for value in values if value in places])
        return Reading(chosen, Rule.STRUCTURED, tuple([places[value] for value in chosen]), in_json=True)

    return read


def _scalar_of(kind: JsonTokenKind, reader: ValueReader) -> _Read:
    def read(answer: str, place: Place, fields: Fields) -> Reading | None:
        found = reader.in_json(Node(kind, answer[place[0] : place[1]], place), fields)
        return found if isinstance(found, Reading) else None

    return read


def _spans_of(task: SpanTask, reader: ValueReader) -> _Read | None:
    if not isinstance(reader, SpanReader):
        return None
    labels = frozenset(option.value for option in task.options)

    def read(answer: str, place: Place, fields: Fields) -> Reading | None:
        claims = []
        for item in _SPANS.finditer(answer, *place):
            quote, label, context = item.groups(default="")
            if label not in labels:
                return None
            claims.append(SpanClaim(quote, label, item.span(2), Rule.STRUCTURED, context=context.strip()))
        if len(claims) > MOST_SPANS or ended_by_a_bound(claims) is not None:
            return None
        found = reader.located(claims, fields, Rule.STRUCTURED, in_json=True)
        return found if isinstance(found, Reading) else None

    return read

"""From a model's answer to a label of the schema, by a ladder of named rules; or to the reason why there is none.

1. `structured`: JSON with the task's key, and an option spelled exactly.
2. `exact`: the whole answer is an option, spelled exactly.
3. `normalized`: the same two, and `Task name: option` on a line of its own, up to case, unicode form, white space,
   quotes, emphasis, closing marks and a code fence around it.

Nothing is looser: an option inside other words is not read, so "not positive" and "notpositive" are no `positive`.
Where two options fit, none is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tandem.events.schema import SingleChoiceTask
from tandem.labeling.normalization import bare_span, fold, normalize
from tandem.labeling.reading import Reading, Rule, Unreadable, UnreadableReason

LENGTH_LIMIT = 20_000
"""Characters; an answer longer than this holds no label on its own."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its repeated keys."""


_STRING = r'"(?:[^"\\]|\\.)*"'
_MEMBER = re.compile(rf"({_STRING})\s*:\s*({_STRING}|[^\s,\]}}]+)", re.DOTALL)
_FENCE = "```"
_FENCE_LANGUAGES = frozenset({"json", "jsonc", "markdown", "md", "plain", "plaintext", "text", "txt"})
"""Any other first word of a fence may be a part of the answer, such as "not"."""
_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=str)


class ChoiceReader:
    """Reads the answers to one single-choice task. Never raises, never gives a value outside the task's options."""

    def __init__(self, task: SingleChoiceTask) -> None:
        self._task = task.name
        self._key = normalize(task.name)
        self._values = frozenset(option.value for option in task.options)
        self._folded = _by_form(self._values, fold)
        self._normalized = _by_form(self._values, normalize)
        self._plain = re.compile(rf"\s*\{{\s*{re.escape(json.dumps(task.name))}\s*:\s*\"([^\"\\]*)\"\s*\}}\s*")

    def read(self, answer: str) -> Reading | Unreadable:
        plain = self._plain.fullmatch(answer)
        if plain is not None and plain[1] in self._values:
            return Reading(plain[1], Rule.STRUCTURED, (plain.span(1),), in_json=True)
        if answer in self._values:
            return Reading(answer, Rule.EXACT, ((0, len(answer)),))
        if not answer.strip():
            return Unreadable(UnreadableReason.EMPTY, "the model answered nothing")
        if len(answer) > LENGTH_LIMIT:
            return Unreadable(UnreadableReason.NO_OPTION, f"the answer has {len(answer):,} characters")
        start, end = _inside_fence(answer)
        fenced = (start, end) != (0, len(answer))
        if (members := _json_object(answer[start:end])) is not None:
            return self._from_json(members, answer, fenced=fenced)
        return self._from_text(answer, start, end)

    def _from_json(self, members: _Pairs, answer: str, *, fenced: bool) -> Reading | Unreadable:
        found = [(key, value) for key, value in members if normalize(key) == self._key]
        if not found:
            return Unreadable(UnreadableReason.MISSING_TASK, f"the JSON has no {self._task!r}")
        read = {value: self._options_like(value) for value in (_scalar(value) for _, value in found)}
        fitting = {option for options in read.values() for option in options}
        if len(fitting) > 1 or (fitting and not all(read.values())):
            return self._ambiguous(fitting)
        if not fitting:
            return Unreadable(UnreadableReason.NOT_IN_SCHEMA, f"the value of {self._task!r} is none of the labels")
        option = fitting.pop()
        as_written = next(iter(read))
        exact = not fenced and found == [(self._task, option)]
        rule = Rule.STRUCTURED if exact else Rule.NORMALIZED
        return Reading(option, rule, (self._span_in_json(answer, as_written),), in_json=True)

    def _span_in_json(self, answer: str, value: str) -> tuple[int, int] | None:
        spans = []
        for member in _MEMBER.finditer(answer):
            key, raw = (_decoded(member[group]) for group in (1, 2))
            if normalize(key) == self._key and raw == value:
                spans.append(member.span(2))
        if len(spans) != 1:
            return None
        start, end = spans[0]
        return (start + 1, end - 1) if answer[start] == '"' else (start, end)

    def _from_text(self, answer: str, start: int, end: int) -> Reading | Unreadable:
        text = answer[start:end]
        fitting = dict.fromkeys(self._options_like(text), (start, end))
        name, colon, rest = text.partition(":" if ":" in text else "\uff1a")
        named = bool(colon) and normalize(name) == self._key
        if named and "\n" not in rest.strip():
            for option in self._options_like(rest):
                fitting.setdefault(option, (end - len(rest), end))
        if len(fitting) > 1:
            return self._ambiguous(fitting)
        if fitting:
            option, (first, last) = fitting.popitem()
            return Reading(option, Rule.NORMALIZED, (_spelled_at(answer, first, last, option),))
        if named:
            return Unreadable(UnreadableReason.NOT_IN_SCHEMA, f"the value of {self._task!r} is none of the labels")
        return Unreadable(UnreadableReason.NO_OPTION, "the answer is none of the labels")

    def _options_like(self, text: str) -> frozenset[str]:
        """The options that this text may spell: the closest form in which any fits."""
        if text in self._values:
            return frozenset({text})
        if fit := self._folded.get(fold(text)):
            return fit
        return self._normalized.get(normalize(text), frozenset())

    @staticmethod
    def _ambiguous(fitting: Iterable[str]) -> Unreadable:
        names = " or ".join(repr(option) for option in sorted(fitting))
        return Unreadable(UnreadableReason.AMBIGUOUS, f"the answer may be {names}" if names else "contradicting values")


def _by_form(values: Iterable[str], form: Any) -> dict[str, frozenset[str]]:
    """Form to the values that have it; more than one value under a form is never guessed between."""
    table: dict[str, set[str]] = {}
    for value in values:
        if key := form(value):
            table.setdefault(key, set()).add(value)
    return {key: frozenset(members) for key, members in table.items()}


def _inside_fence(answer: str) -> tuple[int, int]:
    """The span within a code fence that holds the whole answer; all of it when there is none."""
    bare = answer.strip()
    if len(bare) < 2 * len(_FENCE) or not bare.startswith(_FENCE) or not bare.endswith(_FENCE):
        return 0, len(answer)
    start = answer.index(_FENCE) + len(_FENCE)
    end = answer.rindex(_FENCE)
    line_end = answer.find("\n", start, end)
    if line_end != -1 and answer[start:line_end].strip().lower() in _FENCE_LANGUAGES:
        start = line_end + 1
    return start, end


def _json_object(text: str) -> _Pairs | None:
    text = text.strip()
    if not text.startswith("{") or not text.endswith("}"):
        return None
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, _Pairs) else None


def _scalar(value: Any) -> str:
    """A JSON value as the text it may be an option of; empty for what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def _decoded(raw: str) -> str:
    try:
        return _scalar(_DECODER.decode(raw))
    except (ValueError, RecursionError):
        return ""


def _spelled_at(answer: str, start: int, end: int, option: str) -> tuple[int, int] | None:
    """The span of the option; where it is spelled in another form, the span without the marks around it."""
    text = answer[start:end]
    folded = text.casefold()
    if len(folded) == len(text) and (at := folded.find(option.casefold())) != -1:
        return start + at, start + at + len(option.casefold())
    first, last = bare_span(text)
    return (start + first, start + last) if first < last else None

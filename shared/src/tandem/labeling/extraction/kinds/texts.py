"""Values of text tasks: what was said, trimmed, within its length and pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tandem.events.schema import TextTask
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import unfenced
from tandem.labeling.extraction.outcome import generic_member, loosened, not_in_schema, out_of_range
from tandem.labeling.reading import Place, Reading, Rule, Unreadable
from tandem.labeling.values import problem_with

_PAIRS = {
    '"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u00ab": "\u00bb", "\u2018": "\u2019",
    "\u300c": "\u300d",
}  # fmt: skip
_HEADING = re.compile(r"#{1,6}[ \t]+(?=\S)")
_EMPHASIS = ("**", "__", "*", "_")


class TextReader:
    def __init__(self, task: TextTask) -> None:
        self._task = task

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        if node.kind in (JsonTokenKind.STRING, JsonTokenKind.NUMBER):
            text = node.text.strip()
            start, end = node.place
            if node.is_verbatim:
                before = len(node.text) - len(node.text.lstrip())
                start, end = start + before, start + before + len(text)
            rule = Rule.STRUCTURED if node.kind is JsonTokenKind.STRING else Rule.NORMALIZED
            return self._checked(text, rule, (start, end), in_json=True)
        if node.kind is JsonTokenKind.LIST and len(node.items) == 1:
            return loosened(self.in_json(node.items[0], fields), Rule.NORMALIZED)
        if node.kind is JsonTokenKind.OBJECT and (inner := generic_member(node)) is not None:
            return loosened(self.in_json(inner, fields), Rule.NORMALIZED)
        return not_in_schema(f"{self._task.name!r} wants a text")

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:  # noqa: ARG002 - as spans do
        inner = unfenced(stretch).stripped()
        rule = Rule.EXACT if inner == stretch else Rule.NORMALIZED
        if (heading := _HEADING.match(inner.text)) is not None and "\n" not in inner.text:
            inner, rule = inner.part(heading.end(), inner.end - inner.start), Rule.NORMALIZED
        while (unwrapped := _unwrapped(inner)) is not None:
            inner, rule = unwrapped, Rule.NORMALIZED
        return self._checked(inner.text, rule, inner.place)

    def mistyped(self, stretch: Stretch) -> None:
        """Return None: no text is read by likeness."""

    def _checked(self, text: str, rule: Rule, place: Place, *, in_json: bool = False) -> Reading | Unreadable:
        if any("\ud800" <= char <= "\udfff" for char in text):
            return not_in_schema(f"{self._task.name!r}: the text holds half of a surrogate pair")
        if (problem := problem_with(self._task, text)) is not None:
            return out_of_range(f"{self._task.name!r}: {problem}")
        return Reading(text, rule, (place,), in_json=in_json)


def _unwrapped(stretch: Stretch) -> Stretch | None:
    """Return the stretch without one pair of quotes or emphasis that encloses all of it."""
    text = stretch.text
    for mark in _EMPHASIS:
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark) and text.count(mark) == 2:
            return stretch.part(len(mark), len(text) - len(mark)).stripped()
    if len(text) > 2 and _PAIRS.get(text[0]) == text[-1] and not {text[0], text[-1]} & set(text[1:-1]):
        return stretch.part(1, len(text) - 1).stripped()
    return None

"""Spans in the form in which models give them: by their text, and by the words around it where that is not enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tandem.events.outcomes import Span
from tandem.events.schema import SpanTask

_WORDS_AROUND = 8
"""Of context to each side, at most."""


def spans_as_answered(task: SpanTask, spans: Sequence[Span], fields: Mapping[str, str]) -> list[dict[str, Any]]:
    """One entry for all places of a text that are marked alike, where those are all its places; else one for each."""
    alike: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], list[Span]] = {}
    for span in spans:
        key = (span.field, span.text, span.label, tuple(sorted(span.attributes.items())))
        alike.setdefault(key, []).append(span)
    answered: list[tuple[int, dict[str, Any]]] = []
    for group in alike.values():
        text = fields.get(group[0].field, "")
        if set(_places(text, group[0].text)) <= {span.start for span in group}:
            answered.append((group[0].start, _entry(task, group[0], None)))
        else:
            answered += [(span.start, _entry(task, span, _around(text, span))) for span in group]
    return [entry for _, entry in sorted(answered, key=lambda each: each[0])]


def _entry(task: SpanTask, span: Span, context: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"text": span.text, "label": span.label, "context": context}
    if task.attributes:
        entry["attributes"] = {each.name: span.attributes.get(each.name) for each in task.attributes}
    return entry


def _around(text: str, span: Span) -> str:
    """The fewest words around the span that stand once in the text."""
    before, after = text[: span.start].split(" "), text[span.end :].split(" ")
    context = span.text
    for words in range(2, _WORDS_AROUND + 2):
        context = " ".join(before[-words:]) + span.text + " ".join(after[:words])
        if len(list(_places(text, context))) == 1:
            break
    return context


def _places(text: str, part: str) -> Iterable[int]:
    """Where the part begins, overlapping places included."""
    at = text.find(part)
    while part and at != -1:
        yield at
        at = text.find(part, at + 1)

"""Spans in the form in which models give them: by their text, and by the words around it where that is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tandem.events.outcomes import Span
from tandem.events.schema import SpanTask
from tandem.labeling.extraction.kinds.quotes import SearchedText, within
from tandem.labeling.reading import Place

_WORDS_AROUND = 6
"""Maximum words of context to each side."""
_NOT_AT_THE_ENDS = "\u2026. "
"""Characters at the ends of a context that are not read: models put them there."""


def spans_as_answered(task: SpanTask, spans: Sequence[Span], fields: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one entry for all places of a text that are marked alike, where those are all its places; else one for
    each.
    """
    told = sorted(_with_contexts(spans, fields), key=lambda each: each[0].start)
    return [_entry(task, span, context) for span, context in told]


def _with_contexts(spans: Sequence[Span], fields: Mapping[str, str]) -> Iterator[tuple[Span, str | None]]:
    alike: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], list[Span]] = {}
    for span in spans:
        key = (span.field, span.text, span.label, tuple(sorted(span.attributes.items())))
        alike.setdefault(key, []).append(span)
    for group in alike.values():
        searched = SearchedText(fields.get(group[0].field, ""))
        if set(searched.occurrences(group[0].text).places) == {(span.start, span.end) for span in group}:
            yield group[0], None
        else:
            yield from ((span, context_of(searched, span) or span.text) for span in group)


def context_of(searched: SearchedText, span: Span) -> str | None:
    """Return the fewest words around the span that distinguish its place from all others of its text; None when none
    do.
    """
    place = (span.start, span.end)
    places = searched.occurrences(span.text).everywhere
    if place not in places:
        return None
    others = [other for other in places if other != place]
    return next(
        (context for context in _contexts(searched.text, place) if _identifies(searched, context, place, others)), None
    )


def _identifies(searched: SearchedText, context: str, place: Place, others: Sequence[Place]) -> bool:
    found = searched.occurrences(context).everywhere  # as the reader takes it
    return bool(within([place], found)) and not within(others, found)


def _contexts(text: str, place: Place) -> Iterator[str]:
    """Return the stretches of whole words around the place, the shortest first."""
    start, end = place
    before = [start, *(word.start() for word in reversed(list(re.finditer(r"\S+", text[:start]))))]
    after = [end, *(end + word.end() for word in re.finditer(r"\S+", text[end:]))]
    sizes = range(_WORDS_AROUND + 1)
    for left, right in sorted(((left, right) for left in sizes for right in sizes), key=lambda size: (sum(size), size)):
        if left + right and left < len(before) and right < len(after):
            context = text[before[left] : after[right]]
            if context == context.strip(_NOT_AT_THE_ENDS):
                yield context


def _entry(task: SpanTask, span: Span, context: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"text": span.text, "label": span.label, "context": context}
    if task.attributes:
        entry["attributes"] = {each.name: span.attributes.get(each.name) for each in task.attributes}
    return entry

"""The confidence of the label of each span, and of there being no span.

A span's confidence is the probability of the label at its place, normalized over the task's labels, given that these
characters were named. It says nothing of where a span begins and ends, nor of spans that were missed.
"""

from __future__ import annotations

from tandem.events.outcomes import Span
from tandem.events.schema import SpanTask
from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.lists import BRACKET, END, ListSlots, method_of
from tandem.labeling.confidence.measure import Assessment, Confidence, Partial, UnknownReason, entropy_of, loosest
from tandem.labeling.confidence.multiple_choice import EmptyList
from tandem.labeling.confidence.spellings import spellings_of
from tandem.labeling.confidence.token_probability import OptionProbability
from tandem.labeling.reading import Place, Reading

_SOME = "some"
_OPENINGS = dict.fromkeys(("{", "\n", " ", '"', "\r", "\t"), _SOME)
"""Continuations of a non-empty list of spans behind its bracket."""


class SpanProbability:
    """The confidence of spans of one task."""

    def __init__(self, task: SpanTask) -> None:
        self._labels = OptionProbability(spellings_of(task.options)) if len(task.options) > 1 else None
        self._empty = EmptyList(task.name)
        self._slots = ListSlots((_SOME,), {}, _OPENINGS)

    def estimate(self, reading: Reading, answer: str, generated: Generated) -> Assessment:
        spans = [span for span in reading.value if isinstance(span, Span)] if isinstance(reading.value, tuple) else []
        if not spans:
            return self._of_none(generated, in_json=reading.in_json)
        if self._labels is None:
            return UnknownReason.ONE_OPTION
        known: dict[tuple[str, Place | None], Confidence | UnknownReason] = {}
        for span, place in zip(spans, reading.places, strict=True):
            if (span.label, place) not in known:  # one that is named once and found several times
                known[span.label, place] = self._labels.estimate(
                    span.label, place, answer, generated, in_json=reading.in_json
                )
        each = [known[span.label, place] for span, place in zip(spans, reading.places, strict=True)]
        confidences = [one for one in each if isinstance(one, Confidence)]
        values = tuple(one.value if isinstance(one, Confidence) else None for one in each)
        if len(confidences) < len(each):
            reason = next(one for one in each if isinstance(one, UnknownReason))
            return reason if not confidences else Partial(reason, spans=values)
        least = min(confidences, key=lambda confidence: confidence.value)
        margin = min(one.margin for one in confidences if one.margin is not None)
        method = loosest(one.method for one in confidences)
        return Confidence(least.value, None, margin, max(one.entropy or 0.0 for one in confidences), method, values)

    def _of_none(self, generated: Generated, *, in_json: bool) -> Assessment:
        try:
            slot = self._slots.of_none(self._empty.find(generated, in_json=in_json), generated, lead=BRACKET)
        except UnknownError as unknown:
            return unknown.reason
        share = slot.shares[END]
        entropy = entropy_of({END: share, _SOME: 1 - share})
        return Confidence(share, None, 2 * share - 1, entropy, method_of([slot]), ())

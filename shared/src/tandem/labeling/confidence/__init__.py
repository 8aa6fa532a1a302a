"""The confidence of a label. Where it cannot be known it is absent, with the reason; it is never 0 or 1 instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from tandem.events.annotations import TokenLogprob
from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.labeling.confidence.generated import Generated
from tandem.labeling.confidence.measure import Assessment, Confidence, Method, Partial, UnknownReason
from tandem.labeling.confidence.multiple_choice import MultipleChoiceProbability
from tandem.labeling.confidence.number import NumberProbability
from tandem.labeling.confidence.spans import SpanProbability
from tandem.labeling.confidence.spellings import spellings_of
from tandem.labeling.confidence.token_probability import OptionProbability
from tandem.labeling.reading import Reading

__all__ = ["Assessment", "Confidence", "ConfidenceEstimator", "Generated", "Method", "Partial", "UnknownReason"]


class ConfidenceEstimator:
    """Computes the confidence of labels of one task from token probabilities."""

    def __init__(self, task: LabelTask) -> None:
        self._of_kind = _estimator(task)

    def estimate(self, reading: Reading, answer: str, tokens: Generated | Sequence[TokenLogprob] | None) -> Assessment:
        """Return the confidence of the value that was read from `answer`, which the tokens generated."""
        if self._of_kind is None:
            return UnknownReason.FREE_TEXT
        if not tokens:
            return UnknownReason.NO_LOGPROBS
        generated = tokens if isinstance(tokens, Generated) else Generated(tokens)
        return self._of_kind.estimate(reading, answer, generated)


class _SingleChoiceProbability:
    def __init__(self, task: SingleChoiceTask) -> None:
        self._options = OptionProbability(spellings_of(task.options))

    def estimate(self, reading: Reading, answer: str, generated: Generated) -> Assessment:
        return self._options.estimate(str(reading.value), reading.place, answer, generated, in_json=reading.in_json)


def _estimator(
    task: LabelTask,
) -> _SingleChoiceProbability | MultipleChoiceProbability | SpanProbability | NumberProbability | None:
    match task:
        case SingleChoiceTask():
            return _SingleChoiceProbability(task)
        case MultipleChoiceTask():
            return MultipleChoiceProbability(task)
        case SpanTask():
            return SpanProbability(task)
        case NumberTask():
            return NumberProbability(task)
        case TextTask():
            return None
        case _:
            assert_never(task)

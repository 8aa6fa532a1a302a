"""How sure a label is. What cannot be known is absent with the reason, never 0 or 1."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events.annotations import TokenLogprob
from tandem.events.schema import SingleChoiceTask
from tandem.labeling.confidence.measure import Confidence, Method, UnknownReason
from tandem.labeling.confidence.token_probability import OptionProbability
from tandem.labeling.reading import Reading

__all__ = ["METHOD", "Confidence", "ConfidenceEstimator", "Method", "OptionProbability", "UnknownReason"]

METHOD = Method.TOKEN_PROBABILITY.value


class ConfidenceEstimator:
    """Computes the confidence of labels of one single-choice task from token probabilities."""

    def __init__(self, task: SingleChoiceTask) -> None:
        self._options = OptionProbability(option.value for option in task.options)

    def estimate(
        self, reading: Reading, text: str, logprobs: Sequence[TokenLogprob] | None
    ) -> Confidence | UnknownReason:
        """The confidence of the label that was read from `text`, which `logprobs` generated."""
        return self._options.estimate(str(reading.value), reading.place, text, logprobs, in_json=reading.in_json)

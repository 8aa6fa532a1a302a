"""How sure a model is of a number: the probability of the digits it wrote.

On a grid of few numbers these are options like others. Else it is the probability of the very text of the number; a
near number counts as another one, however little it differs.
"""

from __future__ import annotations

from math import isfinite

from tandem.events.schema import NumberTask
from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.measure import Assessment, Confidence, UnknownReason
from tandem.labeling.confidence.spellings import ends_number
from tandem.labeling.confidence.token_probability import OptionProbability
from tandem.labeling.confidence.walk import distribution_at
from tandem.labeling.reading import Place, Reading

MOST_OPTIONS = 101
"""Numbers of a grid that are taken for options: 0 to 100 are."""


class NumberProbability:
    """The confidence of numbers of one task."""

    def __init__(self, task: NumberTask) -> None:
        self._grid = _grid(task)
        self._options = (
            OptionProbability({text: text for text in self._grid.values()}, ends=ends_number) if self._grid else None
        )

    def estimate(self, reading: Reading, answer: str, generated: Generated) -> Assessment:
        place, value = reading.place, reading.value
        if place is None or not isinstance(value, float | int):
            return UnknownReason.LABEL_NOT_LOCATED
        if self._options is not None:
            if (text := self._grid.get(round(value, 9))) is None:
                return UnknownReason.LABEL_NOT_LOCATED
            return self._options.estimate(text, place, answer, generated, in_json=reading.in_json)
        try:
            share = _probability_of_text(generated.locate(place, answer), generated)
        except UnknownError as unknown:
            return unknown.reason
        return Confidence(share, None, None, None) if share else UnknownReason.LABEL_NOT_IN_ALTERNATIVES


def _grid(task: NumberTask) -> dict[float, str]:
    """The numbers of the task as they are written, where they are few; empty where not."""
    if task.step is None or (task.maximum - task.minimum) / task.step > MOST_OPTIONS - 1:
        return {}
    count = int((task.maximum - task.minimum) / task.step + 1e-6) + 1
    numbers = (task.minimum + index * task.step for index in range(count))
    return {round(number, 9): f"{number:.10g}" for number in numbers}


def _probability_of_text(place: Place, generated: Generated) -> float:
    """That of the tokens from the number's first character to what ends it, given what stands before it in the first
    of them. Raises UnknownError."""
    start, end = place
    first = generated.token_at(start)
    probability = 1.0
    for index in range(first, len(generated.tokens)):
        token, at = generated.tokens[index], generated.starts[index]
        own, others, _, _ = distribution_at(token)
        before = token.token[: start - at] if index == first else ""
        agreeing = total = own
        for piece, share in others:
            if piece.startswith(before):
                total += share
                if _same_number(piece, token.token, max(0, end - at)):
                    agreeing += share
        probability *= agreeing / total if before else agreeing
        if at + len(token.token) > end:
            if not isfinite(probability):
                raise UnknownError(UnknownReason.MALFORMED_LOGPROBS)
            return min(1.0, probability)
    raise UnknownError(UnknownReason.LABEL_END_NOT_SEEN)


def _same_number(piece: str, own: str, length: int) -> bool:
    """Whether both spell the number to its end, `length` characters from their beginning, and then surely end it."""
    rest = piece[length:]
    if not rest or len(own) <= length or piece[:length] != own[:length]:
        return False
    return ends_number(rest) and (rest[0] not in ".," or len(rest) > 1)

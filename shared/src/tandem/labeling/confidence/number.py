"""The confidence of a number: the probability of the digits that the model wrote.

On a grid of few numbers these are options like others. Else it is the probability of the very text of the number; a
near number counts as another one, however little it differs.
"""

from __future__ import annotations

from tandem.events.schema import NumberTask
from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.measure import PRESUMED_LIMIT, Assessment, Confidence, Method, UnknownReason
from tandem.labeling.confidence.spellings import ends_number
from tandem.labeling.confidence.token_probability import OptionProbability
from tandem.labeling.confidence.walk import distribution_at, options_part_at
from tandem.labeling.reading import Place, Reading

MOST_OPTIONS = 101
"""Maximum numbers of a grid that are treated as options: 0 to 100 are."""


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
            place = generated.locate(place, answer)
            ahead, suspected = _probability_ahead(place, generated, in_json=reading.in_json)
            share, presumed, held = _probability_of_text(place, generated, in_json=reading.in_json)
        except UnknownError as unknown:
            return unknown.reason
        if not (share := share * ahead):
            return UnknownReason.LABEL_NOT_IN_ALTERNATIVES
        if held:
            method = Method.TOKEN_PROBABILITY_ESTIMATE
        elif presumed + suspected > PRESUMED_LIMIT:
            method = Method.TOKEN_PROBABILITY_BOUND
        else:
            method = Method.TOKEN_PROBABILITY
        return Confidence(share, None, None, None, method)


def _grid(task: NumberTask) -> dict[float, str]:
    """Return the numbers of the task as they are written, where they are few; empty where not."""
    if task.step is None or (task.maximum - task.minimum) / task.step > MOST_OPTIONS - 1:
        return {}
    count = int((task.maximum - task.minimum) / task.step + 1e-6) + 1
    numbers = (task.minimum + index * task.step for index in range(count))
    return {round(number, 9): f"{number:.10g}" for number in numbers}


def _probability_ahead(place: Place, generated: Generated, *, in_json: bool) -> tuple[float, float]:
    """Return the probability of what led to the number's first token, where alternatives might have led to a number as
    well; and what was taken for other numbers on suspicion. Raises UnknownError."""
    probability, presumed = 1.0, 0.0
    text = generated.text
    for index in range(
        generated.token_at(options_part_at(text, place[0], in_json=in_json)), generated.token_at(place[0])
    ):
        own, others, _, unlisted = distribution_at(generated.tokens[index])
        rest = text[generated.starts[index] : place[0]]
        doubtful, astray = unlisted, 0.0
        for piece, share in others:
            if piece and (rest.startswith(piece) or piece.startswith(rest)):
                doubtful += share
            elif share > astray:
                astray = share
        if astray > own:
            continue  # a grammar forced this token: what stands beside it says nothing of the number
        presumed += doubtful
        probability *= own / (own + doubtful) if own else 0.0
    return probability, presumed


def _probability_of_text(place: Place, generated: Generated, *, in_json: bool) -> tuple[float, float, bool]:
    """Return the probability of the tokens from the number's first character to what ends it, given what stands before
    it in the first of them; what was taken for other numbers on suspicion; and whether the model would rather have
    written no number. Raises UnknownError.

    In JSON, what begins no number could not have stood in its place, and counts for nothing.

    What is not listed of the first token may be other numbers behind the same beginning. What is not listed of the last
    one may be the same number in front of something else.
    """
    start, end = place
    first = generated.token_at(start)
    probability, presumed, held = 1.0, 0.0, False
    for index in range(first, len(generated.tokens)):
        token, at = generated.tokens[index], generated.starts[index]
        own, others, _, unlisted = distribution_at(token)
        before = token.token[: start - at] if index == first else ""
        is_last = at + len(token.token) > end
        agreeing = total = own
        doubtful = unlisted if before or is_last else 0.0
        for piece, share in others:
            if in_json and index == first and piece.startswith(before) and not _begins_number(piece[len(before) :]):
                held = held or share > own
            elif piece.startswith(before):
                total += share
                if _same_number(piece, token.token, max(0, end - at)):
                    agreeing += share
            elif before.startswith(piece):
                doubtful += share
        if not total:
            raise UnknownError(UnknownReason.LABEL_NOT_IN_ALTERNATIVES)
        if before:
            total += doubtful
            agreeing /= total
        elif held and index == first:
            agreeing /= total
        presumed += doubtful / total
        probability *= agreeing
        if is_last:
            return min(1.0, probability), presumed, held
    raise UnknownError(UnknownReason.LABEL_END_NOT_SEEN)


def _begins_number(piece: str) -> bool:
    bare = piece.lstrip(' "')
    return not bare or bare[0].isdigit() or bare[0] in "-+."


def _same_number(piece: str, own: str, length: int) -> bool:
    """Return whether both spell the number to its end, `length` characters from their beginning, and then surely end
    it."""
    rest = piece[length:]
    if not rest or len(own) <= length or piece[:length] != own[:length]:
        return False
    return ends_number(rest) and (rest[0] not in ".," or len(rest) > 1)

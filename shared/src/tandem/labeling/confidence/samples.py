"""Confidence by sampling: the share of a model's answers to the same record that give the label.

The value that most answers give wins, of equally many the one given first; its confidence is the share of all
answers, those that cannot be read included, that give it. Which answers say the same depends on the kind of task:

- a single choice: the same option; a text: the same up to case and white space;
- a multiple choice: the same set, and `probabilities` has the share of the answers that hold each label;
- spans: the same spans, and each span has the share of the answers that hold it;
- a number: the same number of its grid; without a step, numbers within a hundredth of the range.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import assert_never

from tandem.events.outcomes import Span
from tandem.events.schema import (
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
    options_of,
)
from tandem.labeling.confidence.agreement import agreement, inclusion
from tandem.labeling.confidence.measure import Assessment, Confidence
from tandem.labeling.normalization import fold
from tandem.labeling.reading import Reading
from tandem.labeling.values import key_of

CLOSE = 0.01
"""Tolerance for a number without a step, as a share of its range: numbers that differ by no more count as the same."""


def agreed(task: LabelTask, readings: Sequence[Reading | None]) -> tuple[Reading, Assessment] | None:
    """Return the reading that most answers give, and its confidence; None when no answer could be read.

    `readings`: one for each answer, None where it could not be read.
    """
    votes = _votes(task, readings)
    options: tuple[Hashable, ...] = ()
    if task.traits.is_one_label:
        options = tuple(option.value for option in options_of(task))
    found = agreement(votes, options=options)
    if found is None:
        return None
    vote, confidence = found
    taken = readings[votes.index(vote)]
    assert taken is not None  # noqa: S101 - what was voted for was read
    if not isinstance(confidence, Confidence):
        return taken, confidence
    match task:
        case MultipleChoiceTask():
            held = [None if reading is None else frozenset(map(str, _parts(reading))) for reading in readings]
            shares = inclusion(held, [option.value for option in task.options])
            return taken, replace(confidence, probabilities=shares if isinstance(shares, dict) else None)
        case SpanTask():
            held_spans = [frozenset(map(_key, _parts(reading))) if reading else frozenset() for reading in readings]
            spans = tuple(sum(_key(span) in held for held in held_spans) / len(readings) for span in _parts(taken))
            return taken, replace(confidence, probabilities=None, spans=spans)
        case TextTask():
            return taken, replace(confidence, probabilities=None)
        case SingleChoiceTask() | NumberTask():
            return taken, confidence
        case _:
            assert_never(task)


def _votes(task: LabelTask, readings: Sequence[Reading | None]) -> list[Hashable | None]:
    match task:
        case NumberTask():
            return _same_numbers(task, [None if reading is None else _number(reading) for reading in readings])
        case TextTask():
            return [None if reading is None else fold(str(reading.value)) for reading in readings]
        case SingleChoiceTask() | MultipleChoiceTask() | SpanTask():
            return [None if reading is None else key_of(reading.value) for reading in readings]
        case _:
            assert_never(task)


def _same_numbers(task: NumberTask, numbers: Sequence[float | None]) -> list[Hashable | None]:
    """Return, for each number, the representative of all that count as the same: the one that most others are near
    to."""
    if task.step is not None:
        return [None if number is None else round((number - task.minimum) / task.step) for number in numbers]
    near = CLOSE * (task.maximum - task.minimum)
    left = [number for number in numbers if number is not None]
    stands_for: dict[float, float] = {}
    while left:
        center = max(left, key=lambda number: sum(abs(number - other) <= near for other in left))
        stands_for |= {number: center for number in left if abs(number - center) <= near}
        left = [number for number in left if number not in stands_for]
    return [None if number is None else stands_for[number] for number in numbers]


def _number(reading: Reading) -> float | None:
    return float(reading.value) if isinstance(reading.value, int | float) else None


def _parts(reading: Reading) -> tuple[str | Span, ...]:
    return reading.value if isinstance(reading.value, tuple) else ()


def _key(part: str | Span) -> Hashable:
    return key_of((part,) if isinstance(part, Span) else part)

"""Spread of the values of a task."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import assert_never

from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.quality.additive import Additive
from tandem.quality.calibration import BINS
from tandem.quality.comparable_values import Comparable, SpanKey
from tandem.quality.sketches import Distinct, Extent, Top

MOST_PER_RECORD = 20
"""Records with more labels or spans are counted with these."""
NUMBER_BINS = 20
TEXT_LENGTH = 200
"""Characters of a text by which frequent ones are distinguished."""
_MOST_GRID_BINS = 50


@dataclass(slots=True)
class Spread(Additive):
    """Distribution of the values of one task; each kind of task fills the fields that concern it."""

    count: int = 0
    """Number of values."""
    labels: Counter[str] = field(default_factory=Counter)
    """Choices and spans: how often each label was given."""
    per_record: Counter[int] = field(default_factory=Counter)
    """Multiple choices and spans: number of labels or spans to the number of records that have it."""
    bins: Counter[int] = field(default_factory=Counter)
    """Numbers: index into `number_bins`."""
    total: float = 0.0
    """Numbers: their sum; spans: their characters; texts: their characters."""
    squares: float = 0.0
    extent: Extent = field(default_factory=Extent)
    texts: Top = field(default_factory=Top)
    distinct: Distinct = field(default_factory=Distinct)
    with_confidence: int = 0
    without_confidence: int = 0
    confidence: float = 0.0
    """Sum of the confidences."""
    confidence_histogram: list[int] = field(default_factory=lambda: [0] * BINS)

    def see(self, task: LabelTask, value: Comparable, seq: int) -> None:
        self.count += 1
        if isinstance(value, float):
            self._see_number(task, value)
        elif isinstance(value, str):
            if task.traits.is_free_text:
                self.texts.see(value[:TEXT_LENGTH], seq)
                self.distinct.see(value)
                self.total += len(value)
            else:
                self.labels[value] += 1
        else:
            self.per_record[min(len(value), MOST_PER_RECORD)] += 1
            for each in value:
                if isinstance(each, SpanKey):
                    self.labels[each.label] += 1
                    self.total += each.end - each.start
                else:
                    self.labels[each] += 1

    def _see_number(self, task: LabelTask, value: float) -> None:
        match task:
            case NumberTask():
                self.total += value
                self.squares += value * value
                self.extent.see(value)
                self.bins[bin_of(task, value)] += 1
            case SingleChoiceTask() | MultipleChoiceTask() | SpanTask() | TextTask():
                raise AssertionError(f"{task.kind} has no numbers")
            case _:
                assert_never(task)

    def see_confidence(self, confidence: float | None) -> None:
        if confidence is None:
            self.without_confidence += 1
        else:
            self.with_confidence += 1
            self.confidence += confidence
            self.confidence_histogram[min(int(confidence * BINS), BINS - 1)] += 1


def number_bins(task: NumberTask) -> list[tuple[float, float]]:
    """Return the bounds of the histogram over the task's range: one bin a step where there are few, else equal ones.

    A bin holds its lower bound, the last one its upper bound too.
    """
    width, count = _width(task), _bin_count(task)
    low = task.minimum - (width / 2 if _is_by_step(task) else 0.0)
    return [(low + index * width, low + (index + 1) * width) for index in range(count)]


def bin_of(task: NumberTask, value: float) -> int:
    if _is_by_step(task):
        return min(max(round((value - task.minimum) / _width(task)), 0), _bin_count(task) - 1)
    width = _width(task)
    return 0 if width == 0 else min(max(int((value - task.minimum) / width), 0), NUMBER_BINS - 1)


def _is_by_step(task: NumberTask) -> bool:
    return task.step is not None and (task.maximum - task.minimum) / task.step < _MOST_GRID_BINS


def _bin_count(task: NumberTask) -> int:
    if task.step is not None and _is_by_step(task):
        return int((task.maximum - task.minimum) / task.step + 1e-6) + 1
    return NUMBER_BINS if task.maximum > task.minimum else 1


def _width(task: NumberTask) -> float:
    if task.step is not None and _is_by_step(task):
        return task.step
    return (task.maximum - task.minimum) / NUMBER_BINS

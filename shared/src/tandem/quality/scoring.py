"""Scores of an agent's values against values known to be right: the counts, and the measures computed from them.

Records without a value, on either side, are never a class of their own: they are counted apart.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.quality.additive import Additive
from tandem.quality.calibration import ReliabilitySums
from tandem.quality.comparable_values import Comparable, SpanKey, is_same, normalized, overlap

Confusion = dict[str, Counter[str]]
"""True label to the label given to a count; holds only what occurs."""


@dataclass(slots=True)
class LabelMatches(Additive):
    """Labels, or spans, that should be there and that are, by label."""

    wanted: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    """Labels, or spans, that are both given and wanted."""

    def scores(self) -> dict[str, LabelScore]:
        """Return the scores by label, of all that occur on either side."""
        return {
            label: LabelScore(self.wanted[label], self.given[label], self.hits[label])
            for label in sorted(self.wanted | self.given)
        }

    def micro(self) -> LabelScore:
        """Return the score of all labels together."""
        return LabelScore(self.wanted.total(), self.given.total(), self.hits.total())


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 of one label. A share of nothing is 0, as is usual."""

    wanted: int
    given: int
    hits: int

    @property
    def precision(self) -> float:
        return self.hits / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        return self.hits / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.hits / (self.wanted + self.given) if self.wanted + self.given else 0.0


@dataclass(slots=True)
class Scores(Additive):
    """Counts for the scores of one task; each kind of task fills those that concern it."""

    known: int = 0
    """Records that ended and whose right value is known."""
    compared: int = 0
    """Known records that have a value."""
    right: int = 0
    confusion: Confusion = field(default_factory=dict)
    """Single choice: counts by true and given label."""
    matches: LabelMatches = field(default_factory=LabelMatches)
    """Multiple choice: labels. Spans: those that are equal in place, label and attributes."""
    wanted_touched: int = 0
    """Spans that should be there, and share a character with one of the same label that is."""
    given_touched: int = 0
    """Spans that are there, and share a character with one of the same label that should be."""
    jaccard: float = 0.0
    """Sum over the records of the share of what either side has that both have."""
    errors: float = 0.0
    """Numbers: sum of given less true."""
    absolute_errors: float = 0.0
    squared_errors: float = 0.0
    within_step: int = 0
    """Numbers at most one step away."""
    right_normalized: int = 0
    """Texts that are equal but for case, white space and unicode form."""
    reliability: ReliabilitySums = field(default_factory=ReliabilitySums)

    def see(self, task: LabelTask, truth: Comparable, value: Comparable | None, confidence: float | None) -> None:
        """Count a record. `value`: None where the record ended without one."""
        self.known += 1
        if value is None:
            return
        self.compared += 1
        is_right = is_same(task, value, truth)
        self.right += is_right
        if confidence is not None:
            self.reliability.see(confidence, is_right=is_right)
        if isinstance(value, float) and isinstance(truth, float):
            self._see_number(task, value, truth)
        elif isinstance(value, frozenset) and isinstance(truth, frozenset):
            self._see_set(value, truth)
        elif task.traits.is_free_text:
            self.right_normalized += normalized(str(value)) == normalized(str(truth))
        else:
            self.confusion.setdefault(str(truth), Counter())[str(value)] += 1

    def _see_number(self, task: LabelTask, value: float, truth: float) -> None:
        error = value - truth
        self.errors += error
        self.absolute_errors += abs(error)
        self.squared_errors += error * error
        match task:
            case NumberTask():
                if task.step:
                    self.within_step += abs(error) <= task.step * (1 + 1e-9)
            case SingleChoiceTask() | MultipleChoiceTask() | SpanTask() | TextTask():
                raise AssertionError(f"{task.kind} has no numbers")
            case _:
                assert_never(task)

    def _see_set(self, value: frozenset[str] | frozenset[SpanKey], truth: frozenset[str] | frozenset[SpanKey]) -> None:
        given: list[str | SpanKey] = [*value]
        wanted: list[str | SpanKey] = [*truth]
        self.matches.given.update(map(_label, given))
        self.matches.wanted.update(map(_label, wanted))
        self.matches.hits.update(_label(each) for each in given if each in truth)
        self.jaccard += jaccard(value, truth)
        given_spans = [each for each in given if isinstance(each, SpanKey)]
        wanted_spans = [each for each in wanted if isinstance(each, SpanKey)]
        self.given_touched += sum(any(overlap(one, other) for other in wanted_spans) for one in given_spans)
        self.wanted_touched += sum(any(overlap(one, other) for other in given_spans) for one in wanted_spans)

    def label_scores(self) -> dict[str, LabelScore]:
        """Return the scores by label, of all that occur on either side."""
        return scores_of(self.confusion) if self.confusion else self.matches.scores()

    def overlap_f1(self) -> float | None:
        """Return the F1 of spans by overlap: precision and recall count a span that shares a character with one of its
        label."""
        given, wanted = self.matches.given.total(), self.matches.wanted.total()
        if not given + wanted:
            return None
        precision = self.given_touched / given if given else 0.0
        recall = self.wanted_touched / wanted if wanted else 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def mean_absolute_error(self) -> float | None:
        return self.absolute_errors / self.compared if self.compared else None

    def root_mean_squared_error(self) -> float | None:
        return math.sqrt(self.squared_errors / self.compared) if self.compared else None


def scores_of(confusion: Mapping[str, Mapping[str, int]]) -> dict[str, LabelScore]:
    """Score each label on its own, of all that occur on either side."""
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for truth, row in confusion.items():
        for label, count in row.items():
            wanted[truth] += count
            given[label] += count
            if label == truth:
                hits[label] += count
    return LabelMatches(wanted, given, hits).scores()


def macro_f1(scores: Iterable[LabelScore]) -> float | None:
    """Compute the mean F1 over the labels; None without any."""
    each = [score.f1 for score in scores]
    return math.fsum(each) / len(each) if each else None


def jaccard(one: frozenset[str] | frozenset[SpanKey], other: frozenset[str] | frozenset[SpanKey]) -> float:
    """Compute the share of what either has that both have; two empty sets agree fully."""
    if not one and not other:
        return 1.0
    shared = sum(each in other for each in one)
    return shared / (len(one) + len(other) - shared)


def _label(each: str | SpanKey) -> str:
    return each.label if isinstance(each, SpanKey) else each

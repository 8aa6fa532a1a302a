"""Agreement of agents, beyond what chance would give.

A record counts where agents gave it a value: blanks are no class. Where all values are the same, chance agreement is
complete and the coefficients are not defined: None, never a division by zero.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import assert_never

from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.quality.additive import Additive
from tandem.quality.comparable_values import Comparable, SpanKey
from tandem.quality.scoring import jaccard
from tandem.quality.sketches import HashSample

Distance = Callable[[Comparable, Comparable], float]


def cohen_kappa(confusion: Mapping[str, Mapping[str, int]]) -> float | None:
    """Compute Cohen's kappa of two agents' choices (Cohen 1960): first agent's label to the second's to a count."""
    rows: Counter[str] = Counter()
    columns: Counter[str] = Counter()
    for one, row in confusion.items():
        for other, count in row.items():
            rows[one] += count
            columns[other] += count
    total = rows.total()
    if not total:
        return None
    same = sum(row.get(label, 0) for label, row in confusion.items())
    by_chance = sum(count * columns[label] for label, count in rows.items())
    if by_chance == total * total:
        return None
    return (same * total - by_chance) / (total * total - by_chance)


def gwet_ac1(confusion: Mapping[str, Mapping[str, int]], labels: int) -> float | None:
    """Compute Gwet's AC1 of two agents' choices (Gwet 2008) among `labels` labels.

    It stays near the observed agreement where one label dominates, while kappa falls towards 0: of 118 + 5 + 2 + 0
    records kappa is -0.02 and AC1 0.94. None without records, and with a single label.
    """
    voices: Counter[str] = Counter()
    for one, row in confusion.items():
        for other, count in row.items():
            voices[one] += count
            voices[other] += count
    total, labels = voices.total(), max(labels, len(voices))
    if not total or labels < 2:
        return None
    same = 2 * sum(row.get(label, 0) for label, row in confusion.items()) / total
    by_chance = sum(count / total * (1 - count / total) for count in voices.values()) / (labels - 1)
    return (same - by_chance) / (1 - by_chance)


def largest_share(confusion: Mapping[str, Mapping[str, int]]) -> float | None:
    """Return the share of the label that both sides together give most often; None without records."""
    voices: Counter[str] = Counter()
    for one, row in confusion.items():
        for other, count in row.items():
            voices[one] += count
            voices[other] += count
    return max(voices.values()) / voices.total() if voices.total() else None


def masi(one: frozenset[str] | frozenset[SpanKey], other: frozenset[str] | frozenset[SpanKey]) -> float:
    """Return the distance of two sets (Passonneau 2006): Jaccard's, more where neither holds the other, 1 where none is
    shared.
    """
    if one == other:
        return 0.0
    shared = sum(each in other for each in one)
    if shared == 0:
        return 0.0 if not one and not other else 1.0
    nested = 2 / 3 if shared in (len(one), len(other)) else 1 / 3
    return 1 - shared / (len(one) + len(other) - shared) * nested


def distance_of(task: LabelTask) -> tuple[str, Distance]:
    """Return the name and the function of the distance between two values of a task, for Krippendorff's alpha."""
    match task:
        case NumberTask():
            return "interval", _squared
        case MultipleChoiceTask():
            return "masi", _masi
        case SpanTask():
            return "jaccard", _jaccard
        case SingleChoiceTask() | TextTask():
            return "nominal", _nominal
        case _:
            assert_never(task)


@dataclass(slots=True)
class Alpha(Additive):
    """Sums for Krippendorff's alpha (2011) of one task, record by record; any number of agents, any missing.

    The disagreement that chance would give is exact for choices (from their counts) and numbers (from their sums); for
    texts, sets and spans it is that within a sample of the values, exact where there are not more than that.
    """

    records: int = 0
    """Records with at least two values."""
    values: int = 0
    """Values in these records."""
    observed: float = 0.0
    """Sum over the records of the mean distance of a value to the record's others, times the values."""
    labels: Counter[str] = field(default_factory=Counter)
    total: float = 0.0
    squares: float = 0.0
    sample: HashSample = field(default_factory=HashSample)

    def see(self, task: LabelTask, seq: int, values: Sequence[Comparable]) -> None:
        """Add all values that agents gave the record."""
        if len(values) < 2:
            return
        _, distance = distance_of(task)
        self.records += 1
        self.values += len(values)
        self.observed += 2 * sum(distance(*pair) for pair in combinations(values, 2)) / (len(values) - 1)
        for index, value in enumerate(values):
            if isinstance(value, float):
                self.total += value
                self.squares += value * value
            elif task.traits.is_one_label:
                self.labels[str(value)] += 1
            else:
                self.sample.see(f"{seq}:{index}", _dumped(value))

    def alpha(self, task: LabelTask) -> float | None:
        if self.values < 2:
            return None
        expected = self._expected(task)
        return None if expected <= 0 else 1 - self.observed / self.values / expected

    def _expected(self, task: LabelTask) -> float:
        """Return the mean distance of two of all the values."""
        count = self.values
        kind, distance = distance_of(task)
        if kind == "interval":
            spread = self.squares - self.total * self.total / count
            return 2 * spread / (count - 1) if spread > 1e-12 * max(1.0, self.squares) else 0.0
        if self.labels:
            return 1 - sum(each * (each - 1) for each in self.labels.values()) / (count * (count - 1))
        drawn = [_loaded(item) for item in self.sample.all()]
        pairs = len(drawn) * (len(drawn) - 1) / 2
        return sum(distance(*pair) for pair in combinations(drawn, 2)) / pairs if pairs else 0.0


def _squared(one: Comparable, other: Comparable) -> float:
    return (one - other) ** 2 if isinstance(one, float) and isinstance(other, float) else 1.0


def _nominal(one: Comparable, other: Comparable) -> float:
    return float(one != other)


def _masi(one: Comparable, other: Comparable) -> float:
    return masi(one, other) if isinstance(one, frozenset) and isinstance(other, frozenset) else 1.0


def _jaccard(one: Comparable, other: Comparable) -> float:
    return 1 - jaccard(one, other) if isinstance(one, frozenset) and isinstance(other, frozenset) else 1.0


def _dumped(value: Comparable) -> str:
    """Dump the value as JSON: a text, or a list of texts or of spans."""
    return json.dumps(sorted(value) if isinstance(value, frozenset) else value)


def _loaded(item: str) -> Comparable:
    value = json.loads(item)
    if not isinstance(value, list):
        return str(value)
    if value and isinstance(value[0], list):
        return frozenset(
            SpanKey(field, start, end, label, tuple((name, chosen) for name, chosen in attributes))
            for field, start, end, label, attributes in value
        )
    return frozenset(map(str, value))

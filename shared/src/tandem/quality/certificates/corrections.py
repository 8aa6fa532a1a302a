"""The correction order: which record is corrected next, the riskiest first, learned from decisions on passed records.

Records lie in cells (a stretch of the stated risk and a label). Within a cell they are sorted by stated risk, and by
their tie keys where it is the same. The next record is the head of the cell whose head has the highest score; scores
are fitted again each time a fixed number of records was passed, on the decisions on passed records alone. No outcome
of an audit beyond the cut is ever seen here, so the order is a function of the population, the tie keys and the
truth.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator, Sequence

from tandem.quality.certificates.risk import Cell, RiskFit, fit_risk, log_odds

STRETCHES = 12
"""Stretches of the stated risk, each with about as many forecast errors."""
REFITS = 150
"""Refits while all of the population is passed."""
LEAST_BETWEEN_REFITS = 10
ABSENT = 0.0
"""The stated log-odds of a record without confidence; its stretch has a level of its own."""


class CorrectionOrder:
    """Walks through the population, one record after the other, and learns from what was decided on the way.

    `risks`: the stated probability of being wrong of each record, None where unknown; `labels`: a number from 0 for
    each record's label; `ties`: keys by which equal risks are ordered, all different; `outside`: records that left
    the population. Records are places in these sequences.
    """

    def __init__(
        self,
        risks: Sequence[float | None],
        labels: Sequence[int],
        ties: Sequence[bytes] | Sequence[int],
        *,
        outside: frozenset[int] = frozenset(),
    ) -> None:
        self.size = len(risks) - len(outside)
        self.trusted = True
        self.passed = 0
        self._label_count = max(labels, default=0) + 1
        self._x = array("d", (ABSENT if risk is None else log_odds(risk) for risk in risks))
        stretch_of, self._stretch_count = _stretches(risks)
        self._stretch_of, self._labels = stretch_of, labels
        members: dict[int, list[int]] = {}
        for i in range(len(risks)):
            if i not in outside:
                members.setdefault(stretch_of[i] * self._label_count + labels[i], []).append(i)
        self._cells = sorted(members)
        self._members = []
        for cell in self._cells:
            held = members[cell]
            held.sort(key=ties.__getitem__)
            held.sort(key=self._x.__getitem__, reverse=True)  # keeps the order of equal risks
            self._members.append(array("L", held))
        self._cell_of = array("L", [0]) * len(risks)
        for cell, in_cell in enumerate(self._members):
            for i in in_cell:
                self._cell_of[i] = cell
        self._low = [0] * len(self._cells)
        self._high = [len(held) for held in self._members]
        self._decided = [0] * len(self._cells)
        self._total_x = [0.0] * len(self._cells)
        self._wrong = [0] * len(self._cells)
        self._pilot: list[Cell] = []
        self.refit_every = max(LEAST_BETWEEN_REFITS, self.size // REFITS)
        self._fit: RiskFit
        self._heap: list[tuple[float, int]]
        self.refit()

    @property
    def fit(self) -> RiskFit:
        return self._fit

    @property
    def next(self) -> int | None:
        """The record to correct next; None when all were passed."""
        return self._head(self._heap[0][1]) if self._heap else None

    def ahead(self) -> Iterator[int]:
        """Yield the records that come next, up to the next fit: which they are depends on no outcome until then."""
        heap, low, high = list(self._heap), list(self._low), list(self._high)
        forwards = self._fit.slope >= 0
        for _ in range(self.refit_every - self.passed % self.refit_every):
            if not heap:
                return
            cell = heap[0][1]
            members = self._members[cell]
            yield members[low[cell] if forwards else high[cell] - 1]
            if forwards:
                low[cell] += 1
            else:
                high[cell] -= 1
            if low[cell] < high[cell]:
                head = members[low[cell] if forwards else high[cell] - 1]
                heapq.heapreplace(heap, (-self._score_of(cell, head), cell))
            else:
                heapq.heappop(heap)

    def advance(self, *, wrong: bool) -> int:
        """Pass the next record, on which people decided, and return it."""
        cell = self._heap[0][1]
        record = self._head(cell)
        if self._fit.slope >= 0:
            self._low[cell] += 1
        else:
            self._high[cell] -= 1
        self._decided[cell] += 1
        self._total_x[cell] += self._x[record]
        self._wrong[cell] += wrong
        self.passed += 1
        if self.passed % self.refit_every == 0:
            self.refit()
        elif self._low[cell] < self._high[cell]:
            heapq.heapreplace(self._heap, (-self._score(cell), cell))
        else:
            heapq.heappop(self._heap)
        return record

    def refit(self) -> None:
        """Fit the risk on the decisions on passed records, and sort the cells anew."""
        decided = [
            Cell(
                *divmod(number, self._label_count),
                self._total_x[cell] / self._decided[cell],
                self._decided[cell],
                self._wrong[cell],
            )
            for cell, number in enumerate(self._cells)
            if self._decided[cell]
        ]
        self._fit = fit_risk(
            decided + self._pilot,
            labels=self._label_count,
            stretches=self._stretch_count,
            trusted=self.trusted,
            start=self._fit if self.passed else None,
        )
        self._heap = [
            (-self._score(cell), cell) for cell in range(len(self._cells)) if self._low[cell] < self._high[cell]
        ]
        heapq.heapify(self._heap)

    def chunks(self, pieces: int = 6) -> list[tuple[float, int]]:
        """Return what is left as (score, records), the riskiest first: each cell in at most `pieces` pieces."""
        found = []
        for cell, members in enumerate(self._members):
            low, high = self._low[cell], self._high[cell]
            each = max(1, -(-(high - low) // pieces))
            for start in range(low, high, each):
                end = min(high, start + each)
                found.append((self._score_of(cell, members[(start + end) // 2]), end - start))
        found.sort(reverse=True)
        return found

    def score_of(self, record: int) -> float:
        """Return the present score of a record that has not been passed."""
        return self._score_of(self._cell_of[record], record)

    def pass_already(self, decisions: Sequence[tuple[int, bool]]) -> None:
        """Take over records that an earlier order passed, each with whether it is wrong; then fit and sort anew."""
        gone: dict[int, set[int]] = {}
        for record, wrong in decisions:
            cell = self._cell_of[record]
            gone.setdefault(cell, set()).add(record)
            self._decided[cell] += 1
            self._total_x[cell] += self._x[record]
            self._wrong[cell] += wrong
        for cell, records in gone.items():
            self._members[cell] = array("L", (i for i in self._members[cell] if i not in records))
            self._high[cell] = len(self._members[cell])
        self.passed = len(decisions)
        self.refit()

    def learn_pilot(self, records: Sequence[int], wrong: Sequence[bool]) -> None:
        """Learn from a pilot sample that left the population, and trust the slope of the stated risk no more."""
        self.trusted = False
        for record, is_wrong in zip(records, wrong, strict=True):
            stretch, label = self._stretch_of[record], self._labels[record]
            self._pilot.append(Cell(stretch, label, self._x[record], 1, int(is_wrong)))

    def _head(self, cell: int) -> int:
        return self._members[cell][self._low[cell] if self._fit.slope >= 0 else self._high[cell] - 1]

    def _score(self, cell: int) -> float:
        return self._score_of(cell, self._head(cell))

    def _score_of(self, cell: int, record: int) -> float:
        stretch, label = divmod(self._cells[cell], self._label_count)
        return self._fit.score(stretch, label, self._x[record])


def _stretches(risks: Sequence[float | None]) -> tuple[list[int], int]:
    """Return each record's stretch, and how many there are: stretch 0 is unknown risk, the others the riskiest first.

    Each has the same share of the forecast errors; equal risks are in one stretch.
    """
    known = sorted((risk for risk in risks if risk is not None), reverse=True)
    foretold = 0.0
    for risk in known:
        foretold += risk
    edges: list[float] = []
    running = 0.0
    for risk in known:
        running += risk
        if running >= foretold * (len(edges) + 1) / STRETCHES and (not edges or risk < edges[-1]):
            edges.append(risk)
    last = known[-1] if known else 0.0
    if known and (not edges or edges[-1] > last):
        edges.append(last)
    found: dict[float, int] = {}
    place = 0
    for risk in known:
        while risk < edges[place]:
            place += 1
        found[risk] = place + 1
    return [0 if risk is None else found[risk] for risk in risks], len(edges) + 1

"""Course of a claim: what is read next, when to look, and when the claim holds.

A course is a pure function of the population, the audit order and what was decided: whoever builds it anew and passes
it the decisions in any order gets the same course. It never uses the outcome of an audit before the look it belongs
to, and the correction order never sees the outcome of an audit beyond the cut.

1. *Warm-up.* Where the stated risk forecasts that corrections are needed, the riskiest records are corrected until
   WARM_UP errors were forecast. If fewer than LEAST_CAME of them came, or no risk is stated, the first PILOT records
   of the audit order are read as a pilot sample, and leave the population.
2. *Audits.* The schedule is fixed; the next records of the audit order are read up to the next look.
3. *Look.* If the forecast is that more audits are cheaper than more corrections, the course goes on to the next look,
else it extends the cut until few enough wrong audits lie beyond it.
4. *Closed.* The claim holds.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from enum import StrEnum

from tandem.quality.certificates.boundary import NEVER
from tandem.quality.certificates.corrections import CorrectionOrder
from tandem.quality.certificates.forecast import forecast
from tandem.quality.certificates.risk import share
from tandem.quality.certificates.schedule import Schedule, make_schedule, planned_main_look

WARM_UP = 15
"""Forecast errors at which the warm-up ends."""
MOST_WARM_UP = 0.25
"""Share of all forecast errors at which the warm-up ends at the latest."""
LEAST_CAME = 0.4
PILOT = 60
NEEDED = 0.6
"""Warm up where the forecast errors are more than this share of the tolerated ones."""
UNDECIDED, RIGHT, WRONG, VOIDED = 0, 1, 2, 3
"""Decisions of people on a label. VOIDED: read, without an outcome (skipped, flagged, no majority). A voided audit
counts as wrong; a voided record of the correction order is not passed until somebody decides on it."""


class Phase(StrEnum):
    WARM_UP = "warm_up"
    PILOT = "pilot"
    AUDITS = "audits"
    CLOSING = "closing"
    CLOSED = "closed"


class Course:
    """Leads one claim from its opening to its close.

    `risks`: stated probability of being wrong, a record each, None where unknown; `labels`: the number of each record's
    label group; `audit_order`: all places, in the order of their audit keys; `ties`: distinct keys; `tolerated`: how
    many records may be missed; `alpha`: the probability that the claim may be false.
    """

    def __init__(
        self,
        risks: Sequence[float | None],
        labels: Sequence[int],
        audit_order: Sequence[int],
        ties: Sequence[int],
        *,
        tolerated: int,
        alpha: float,
        decided: bytearray | None = None,
        first: bytearray | None = None,
        whole: bool = False,
    ) -> None:
        self.size = len(risks)
        self.tolerated, self.alpha = tolerated, alpha
        self._risks, self._labels, self._ties = risks, labels, ties
        self._audit_order = audit_order
        self._decided = bytearray(len(risks)) if decided is None else decided
        self._first = self._decided if first is None else first
        self.order = CorrectionOrder(risks, labels, ties)
        self._passed = bytearray(len(risks))
        self.corrections: list[int] = []
        self.warm_up = 0
        self.main_look = 0
        self._foretold = self._came = 0.0
        self.pilot = 0
        self.schedule: Schedule | None = None
        self.look = 0
        self._beyond: set[int] = set()
        self._missing = 0
        stated = [risk for risk in risks if risk is not None]
        foretold = 0.0
        for risk in stated:
            foretold += risk
        if whole or tolerated == 0:
            self.phase = Phase.CLOSING
            self._allowed = NEVER
        elif not stated:
            self.phase = Phase.PILOT
        elif foretold > NEEDED * tolerated:
            self.phase = Phase.WARM_UP
            self._warm = min(WARM_UP, MOST_WARM_UP * foretold)
        else:
            self._start_audits()

    @property
    def audits(self) -> int:
        """Return how many records of the audit order the present look, or the one that closed, counts."""
        return 0 if self.schedule is None else self.schedule.looks[self.look]

    @property
    def cut(self) -> int:
        return self.order.passed

    @property
    def wrong_beyond(self) -> int:
        """Return the wrong audits beyond the cut at the present look; meaningful while closing and when closed."""
        return len(self._beyond)

    @property
    def read(self) -> set[int]:
        """The places of all records that were decided on."""
        return {place for place, decided in enumerate(self._decided) if decided}

    @property
    def read_whole(self) -> bool:
        return self.order.next is None

    def wanted(self) -> list[int]:
        """Return places that must be decided before the course can go on; none when it is closed."""
        if self.phase is Phase.CLOSED:
            return []
        if self.phase is Phase.PILOT:
            return [i for i in self._audit_order[:PILOT] if self._first[i] in (UNDECIDED, VOIDED)]
        if self.phase is Phase.AUDITS:
            start, end = self.pilot, self.pilot + self.audits
            return [i for i in self._audit_order[start:end] if not self._decided[i]]
        record = self.order.next
        return [] if record is None else [record]

    def ahead(self) -> list[int]:
        """Return undecided places that will be needed whatever the reads say, up to the next fit or look.

        They can be read by several people at once; `wanted` names the one that comes first.
        """
        if self.phase in (Phase.CLOSED, Phase.PILOT, Phase.AUDITS):
            return self.wanted()
        found, foretold, beyond = [], self._foretold, len(self._beyond)
        for record in self.order.ahead():
            if self.phase is Phase.WARM_UP:
                if foretold >= self._warm:
                    break
                foretold += self._risks[record] or 0.0
            elif self._allowed != NEVER and beyond <= self._allowed:
                break
            beyond -= record in self._beyond
            if self._first[record] in (UNDECIDED, VOIDED):
                found.append(record)
        return found

    def likely(self) -> list[int]:
        """Return undecided places of the correction order that will probably be needed at the present look.

        They are read between the audits, so that no reader can tell the two apart by the time. Nothing is passed.
        """
        if self.phase is not Phase.AUDITS or self.schedule is None:
            return []
        left = 0.0
        for score, count in self.order.chunks():
            left += count * share(score)
        bearable = max(0, self.schedule.allowances[self.look]) * self.order.size / self.audits
        found = []
        for record in self.order.ahead():
            if left - 2 * left**0.5 <= bearable:
                break
            left -= share(self.order.score_of(record))
            if self._first[record] in (UNDECIDED, VOIDED):
                found.append(record)
        return found

    def decide(self, place: int, *, wrong: bool | None) -> None:
        """Tell what people decided on a record: whether its label is wrong; None where the reads came to nothing."""
        self._decided[place] = VOIDED if wrong is None else WRONG if wrong else RIGHT
        if self._first[place] in (UNDECIDED, VOIDED):
            self._first[place] = self._decided[place]

    def advance(self) -> None:
        """Go on as far as the decisions allow."""
        while self.phase is not Phase.CLOSED and self._step():
            pass

    def _step(self) -> bool:
        if self.phase is Phase.WARM_UP:
            return self._warm_up()
        if self.phase is Phase.PILOT:
            return self._take_pilot()
        if self.phase is Phase.AUDITS:
            return self._take_look()
        return self._extend()

    def _pass_next(self) -> int | None:
        """Pass the next record of the correction order, if it was decided on."""
        record = self.order.next
        if record is None or self._first[record] in (UNDECIDED, VOIDED):
            return None
        self.order.advance(wrong=self._first[record] == WRONG)
        self._passed[record] = 1
        self.corrections.append(record)
        return record

    def _warm_up(self) -> bool:
        record = self._pass_next()
        if record is None and self.order.next is not None:
            return False
        if record is not None:
            self.warm_up += 1
            self._foretold += self._risks[record] or 0.0
            self._came += self._first[record] == WRONG
        if self._foretold >= self._warm or self.order.next is None:
            if self._came < LEAST_CAME * self._foretold:
                self.phase = Phase.PILOT
            else:
                self.order.refit()
                self._start_audits()
        return True

    def _take_pilot(self) -> bool:
        pilot = self._audit_order[:PILOT]
        if not all(self._first[i] in (RIGHT, WRONG) for i in pilot):
            return False
        self.pilot = len(pilot)
        self.order = order_after_pilot(
            self._risks, self._labels, self._ties, pilot=pilot, passed=self.corrections, first=self._first
        )
        self.corrections = [i for i in self.corrections if i not in set(pilot)]
        for i in pilot:
            self._passed[i] = 1
        self._start_audits()
        return True

    def _start_audits(self) -> None:
        size = self.order.size
        if self.tolerated >= size or self.order.next is None:
            self.phase, self._allowed = Phase.CLOSED, 0
            return
        main = planned_main_look(
            self.order.chunks(),
            passed=self.order.passed,
            size=size,
            tolerated=self.tolerated,
            alpha=self.alpha,
            error=self.tolerated / size,
        )
        self.main_look = main
        self.schedule = make_schedule(size, self.tolerated, main, self.alpha)
        self.phase = Phase.AUDITS
        self._skip_looks()

    def _skip_looks(self) -> None:
        """Go on to the first look that can close; where there is none, everything is read."""
        allowances = () if self.schedule is None else self.schedule.allowances
        while self.look < len(allowances) - 1 and allowances[self.look] == NEVER:
            self.look += 1
        if allowances[self.look] == NEVER:
            self.schedule = None
            self.phase, self._allowed = Phase.CLOSING, NEVER

    def _take_look(self) -> bool:
        allowances = () if self.schedule is None else self.schedule.allowances
        audited = self._audit_order[self.pilot : self.pilot + self.audits]
        if not all(self._decided[i] for i in audited):
            return False
        self._beyond = {i for i in audited if self._decided[i] in (WRONG, VOIDED) and not self._passed[i]}
        self._allowed = allowances[self.look]
        self.phase = Phase.CLOSING
        self._consider()
        return True

    def _consider(self) -> None:
        """Go on to the next look where that is forecast to be cheaper than to extend the cut."""
        if self.schedule is None or self._allowed == NEVER or len(self._beyond) <= self._allowed:
            return
        if self.look + 1 < len(self.schedule.looks):
            found = forecast(
                self.order,
                [self.order.score_of(i) for i in self._beyond],
                size=self.order.size,
                audited=self.audits,
                looks=self.schedule.looks,
                allowances=self.schedule.allowances,
                start=self.look,
            )
            if found.look > self.look:
                self.look += 1
                self.phase = Phase.AUDITS

    def _extend(self) -> bool:
        if self.order.next is None or (self._allowed != NEVER and len(self._beyond) <= self._allowed):
            self.phase = Phase.CLOSED
            return True
        record = self._pass_next()
        if record is None:
            return False
        self._beyond.discard(record)
        if self.order.passed % self.order.refit_every == 0:
            self._consider()
        return True


def order_after_pilot(
    risks: Sequence[float | None],
    labels: Sequence[int],
    ties: Sequence[int],
    *,
    pilot: Sequence[int],
    passed: Sequence[int],
    first: bytearray,
) -> CorrectionOrder:
    """Return the correction order once the pilot sample has left the population.

    `passed`: what the order before it had passed; those that are not in the pilot sample stay passed.
    """
    inside = frozenset(pilot)
    order = CorrectionOrder(risks, labels, ties, outside=inside)
    order.learn_pilot(pilot, [first[i] == WRONG for i in pilot])
    order.pass_already([(i, first[i] == WRONG) for i in passed if i not in inside])
    return order


def simple_order(places: int, keys: Sequence[int]) -> array[int]:
    """Return the places sorted by their keys."""
    return array("L", sorted(range(places), key=keys.__getitem__))

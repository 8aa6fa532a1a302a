"""Lead the claims of a certificate: which records people read next, when the schedules are fixed, and when it closes.

A leader is a function of the opening, the frozen labels and the reads: whoever builds it anew and gives it the reads in
any order is led alike. Reads come a record at a time. One that takes back what was used before (an undone read) makes
the courses of its claims start anew from all reads that are left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tandem.quality.certificates.assess import ClaimView
from tandem.quality.certificates.course import UNDECIDED, Phase
from tandem.quality.certificates.evidence import Evidence
from tandem.quality.certificates.opening import CertificateClaim
from tandem.quality.certificates.readers import ONE_READER, decide, is_complete

_BEFORE_AUDITS = (Phase.WARM_UP, Phase.PILOT)
FIXED = ("name", "warm_up", "pilot", "main_look")
"""What the schedules fix of each claim."""


class Zones(NamedTuple):
    """Seqs of the records that were read as a pilot sample, as audits and as corrections, of all claims together."""

    pilot: set[int]
    audits: set[int]
    corrections: set[int]

    def of(self, seq: int) -> str:
        """Return the zone of a record: pilot, audit, correction, or rest; the first that holds."""
        if seq in self.pilot:
            return "pilot"
        if seq in self.audits:
            return "audit"
        return "correction" if seq in self.corrections else "rest"


class _Led:
    """A claim with its course."""

    def __init__(self, view: ClaimView, rule: str) -> None:
        self.view, self.claim = view, view.claim
        self._rule = rule
        self.course = view.course()
        self._stale = False

    def take(self, evidence: Evidence, place: int, reads: Sequence[Mapping[str, Any]]) -> None:
        """Take all reads of a record."""
        view, task, same = self.view, self.claim.task, self.claim.same
        record = bisect_left(view.places, place)
        if record == view.size or view.places[record] != place:
            return
        decided, first, overturned = evidence.tasks[task].codes(place, decide(reads, task, same, {"rule": self._rule}))
        if not is_complete(reads, task, same, self._rule):
            decided = UNDECIDED
        before = view.decided[record], view.first[record]
        if any(old not in (UNDECIDED, new) for old, new in zip(before, (decided, first), strict=True)):
            self._stale = True
        view.decided[record], view.first[record], view.overturned[record] = decided, first, overturned

    def advance(self) -> None:
        if self._stale:
            self.course = self.view.course()
            self._stale = False
        self.course.advance()

    @property
    def is_fixed(self) -> bool:
        """Say whether the schedule is known."""
        return self.course.phase not in _BEFORE_AUDITS

    def fixed(self) -> dict[str, Any]:
        course = self.course
        found = (self.claim.name, course.warm_up, course.pilot, course.main_look)
        return dict(zip(FIXED, found, strict=True))

    def wanted(self) -> Iterable[int]:
        return (self.view.seq(record) for record in (*self.course.ahead(), *self.course.likely()))

    @property
    def is_closed(self) -> bool:
        """Say whether the claim holds and every correction was read by as many as the rule asks."""
        if self.course.phase is not Phase.CLOSED:
            return False
        return self._rule == ONE_READER or all(self.view.decided[record] for record in self.course.corrections)


class Leader:
    """Leads all claims of an opening. `evidence`: the frozen labels; reads in it count from the start."""

    def __init__(self, opening: Mapping[str, Any], evidence: Evidence) -> None:
        self._evidence = evidence
        rule = opening["standard"]["rule"]
        self._claims = [_Led(ClaimView(evidence, CertificateClaim.of(given)), rule) for given in opening["claims"]]
        self._read: dict[int, int] = {}

    def take(self, seq: int, reads: Sequence[Mapping[str, Any]]) -> None:
        """Take all reads of a record, in the order of time, in place of those before; others than the population's
        change nothing."""
        try:
            place = self._evidence.place_of(seq)
        except KeyError:
            return
        self._read[seq] = sum(1 for read in reads if not read.get("voided"))
        for led in self._claims:
            led.take(self._evidence, place, reads)

    def advance(self) -> None:
        """Go on as far as the reads allow."""
        for led in self._claims:
            led.advance()

    @property
    def reads(self) -> int:
        """Return how many reads stand."""
        return sum(self._read.values())

    def schedules(self) -> list[dict[str, Any]] | None:
        """Return what the schedules fix of each claim; None until all of them are known."""
        if not all(led.is_fixed for led in self._claims):
            return None
        return [led.fixed() for led in self._claims]

    def departures(self, fixed: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return the claims whose schedule, by the reads that stand now, is not the one that was fixed."""
        return [
            led.claim.name
            for led, given in zip(self._claims, fixed, strict=True)
            if led.is_fixed and led.fixed() != {name: given[name] for name in FIXED}
        ]

    def wanted(self, *, fixed: bool) -> set[int]:
        """Return the seqs that people should read now. No audit is among them until the schedules are `fixed`."""
        return {seq for led in self._claims if fixed or not led.is_fixed for seq in led.wanted()}

    def waiting(self, *, fixed: bool) -> int:
        """Return how many of the wanted records nobody has read."""
        return sum(1 for seq in self.wanted(fixed=fixed) if not self._read.get(seq))

    @property
    def is_closed(self) -> bool:
        return all(led.is_closed for led in self._claims)

    def zones(self) -> Zones:
        """Return what the records were read as, at the looks that the courses have reached."""
        found = Zones(set(), set(), set())
        for led in self._claims:
            course, view = led.course, led.view
            found.pilot.update(map(view.seq, view.audit_order[: course.pilot]))
            audits = view.audit_order[course.pilot : course.pilot + course.audits]
            found.audits.update(view.seq(record) for record in audits if view.decided[record])
            found.corrections.update(map(view.seq, course.corrections))
        return found

    def progress(self) -> list[dict[str, Any]]:
        """Return how far each claim is, in words that tell no reader what is read as what."""
        return [
            {
                "name": led.claim.name,
                "size": led.view.size,
                "tolerated": led.view.tolerated,
                "closed": led.is_closed,
                "wanted": len(set(led.course.ahead())),
                "looks": 0 if led.course.schedule is None else led.course.look,
            }
            for led in self._claims
        ]

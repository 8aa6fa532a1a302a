"""Assess the claims of a certificate from its evidence: the orders, the looks, the cut and every count."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tandem.quality.certificates.boundary import NEVER
from tandem.quality.certificates.corrections import CorrectionOrder
from tandem.quality.certificates.course import (
    RIGHT,
    UNDECIDED,
    VOIDED,
    WRONG,
    Course,
    Phase,
    order_after_pilot,
    simple_order,
)
from tandem.quality.certificates.evidence import Evidence, places_in_class
from tandem.quality.certificates.label_groups import label_groups
from tandem.quality.certificates.opening import REREAD_SHARE, CertificateClaim, tolerated_of
from tandem.quality.certificates.readers import most_wrong


class ClaimView:
    """The part of the evidence that one claim is about. Its records are numbered anew, from 0, in the order of seq."""

    def __init__(self, evidence: Evidence, claim: CertificateClaim) -> None:
        self.columns = columns = evidence.tasks[claim.task]
        self.claim, self._evidence = claim, evidence
        self.places = places_in_class(columns, claim.label_class, len(evidence))
        self.size = len(self.places)
        self.tolerated = tolerated_of(claim.error, self.size)
        self.risks = [columns.risk(place) for place in self.places]
        self.groups = label_groups([columns.names[columns.labels[place]] for place in self.places])
        self.decided = bytearray(columns.decided[place] for place in self.places)
        self.first = bytearray(columns.first[place] for place in self.places)
        self.overturned = bytearray(columns.overturned[place] for place in self.places)
        self.ties = array("Q", (evidence.tie_keys[place] for place in self.places))
        keys = array("Q", (evidence.audit_keys[place] for place in self.places))
        self.audit_order = simple_order(self.size, keys)

    def course(self) -> Course:
        """Return the course of the claim, led as far as the decisions allow."""
        course = Course(
            self.risks,
            self.groups,
            self.audit_order,
            self.ties,
            tolerated=self.tolerated,
            alpha=self.claim.audit_alpha,
            decided=self.decided,
            first=self.first,
        )
        course.advance()
        return course

    def order_digest(self, records: Iterable[int]) -> str:
        """Return the SHA-256 of the records' seqs, each in decimal digits and followed by a line end."""
        digest = hashlib.sha256()
        for record in records:
            digest.update(b"%d\n" % self._evidence.seqs[self.places[record]])
        return digest.hexdigest()

    def seq(self, record: int) -> int:
        return self._evidence.seqs[self.places[record]]

    def shown(self, record: int) -> bool:
        """Return whether a reader of the record saw its label."""
        return bool(self._evidence.shown[self.places[record]])

    def read_twice(self, record: int) -> bool:
        return self._evidence.read_counts[self.places[record]] > 1

    def reread_order(self, corrections: Sequence[int]) -> list[int]:
        """Return the corrections in the order in which they are read again."""
        keys = self._evidence.reread_keys
        return sorted(corrections, key=lambda record: keys[self.places[record]])


class Replay(NamedTuple):
    """The records of a claim in its orders: read as a pilot sample, as audits, and as corrections up to the cut.

    `undecided`: the first record of the correction order that no read decided, where it ends before the cut.
    """

    pilot: Sequence[int]
    audits: Sequence[int]
    corrections: Sequence[int]
    undecided: int | None


def replay(view: ClaimView, *, warm_up: int, pilot: int, audits: int, cut: int) -> Replay:
    """Walk both orders as far as a certificate says that they were read.

    `warm_up`: corrections before the schedule was fixed; `pilot`: records of the pilot sample; `audits`: of the look
    that closed; `cut`: records that the correction order passed.
    """
    order = CorrectionOrder(view.risks, view.groups, view.ties)
    passed: list[int] = []
    undecided = _walk(view, order, warm_up, passed)
    sample = view.audit_order[:pilot]
    if pilot:
        order = order_after_pilot(view.risks, view.groups, view.ties, pilot=sample, passed=passed, first=view.first)
        passed = [record for record in passed if record not in set(sample)]
    elif warm_up:
        order.refit()
    if undecided is None:
        undecided = _walk(view, order, cut, passed)
    return Replay(sample, view.audit_order[pilot : pilot + audits], passed, undecided)


def _walk(view: ClaimView, order: CorrectionOrder, end: int, passed: list[int]) -> int | None:
    """Pass records until `end` are passed; return the first that no read decided, None where there is none."""
    while len(passed) < end and (record := order.next) is not None:
        if view.first[record] in (UNDECIDED, VOIDED):
            return record
        passed.append(order.advance(wrong=view.first[record] == WRONG))
    return None


def describe(view: ClaimView, course: Course) -> dict[str, Any]:
    """Return what a certificate says of a claim: its schedule, its look and its cut, and all that was counted."""
    pilot = view.audit_order[: course.pilot]
    audits = view.audit_order[course.pilot : course.pilot + course.audits]
    closed = course.phase is Phase.CLOSED
    schedule = course.schedule
    reread = reread_of(view, course.corrections) if view.claim.reread and closed else None
    return {
        "name": view.claim.name,
        "size": view.size,
        "tolerated": view.tolerated,
        "warm_up": course.warm_up,
        "pilot": course.pilot,
        "main_look": course.main_look,
        "looks": [] if schedule is None else list(schedule.looks),
        "levels": [] if schedule is None else list(schedule.levels),
        "allowances": [] if schedule is None else list(schedule.allowances),
        "look": None if schedule is None else course.look,
        "audits": len(audits),
        "cut": course.cut,
        "wrong_beyond_cut": len(wrong_beyond(view, audits, course.corrections)),
        "allowance": NEVER if schedule is None else schedule.allowances[course.look],
        "read_whole": course.read_whole,
        "audit_order": view.order_digest([*pilot, *audits]),
        "correction_order": view.order_digest(course.corrections),
        "counts": counts_of(view, pilot, audits, course.corrections),
        "reread": reread,
    }


def wrong_beyond(view: ClaimView, audits: Sequence[int], corrections: Sequence[int]) -> list[int]:
    """Return the audits beyond the cut that count as wrong."""
    passed = set(corrections)
    return [record for record in audits if view.decided[record] in (WRONG, VOIDED) and record not in passed]


def counts_of(
    view: ClaimView, pilot: Sequence[int], audits: Sequence[int], corrections: Sequence[int]
) -> dict[str, int]:
    """Count the records that were read for a claim, and those found wrong."""
    read = {*pilot, *audits, *corrections}
    return {
        "read": len(read),
        "found_wrong": sum(view.decided[record] == WRONG for record in read),
        "voided": sum(view.decided[record] == VOIDED for record in read),
        "read_beside": sum(decided != UNDECIDED for decided in view.decided) - len(read),
        "right": sum(view.decided[record] == RIGHT for record in read),
    }


def reread_of(view: ClaimView, corrections: Sequence[int]) -> dict[str, int] | None:
    """Return the sample of corrections that was read again: how many, how many were settled otherwise, and the bound.

    The sample is the first of the re-read order, as many as the claim says (all where there are fewer). A record whose
    reads came to no majority counts as wrong. None while some of the sample were read once only.
    """
    sample = view.reread_order(corrections)[: view.claim.reread]
    if not all(view.read_twice(record) for record in sample):
        return None
    wrong = sum(view.overturned[record] for record in sample)
    bound = most_wrong(len(corrections), len(sample), wrong, view.claim.alpha * REREAD_SHARE)
    return {"corrections": len(corrections), "sampled": len(sample), "wrong": wrong, "wrong_at_most": bound}

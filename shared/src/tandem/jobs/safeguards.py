"""Safeguards of a job: a canary before the rest of a pass, and a stop when too many records end without a label.

A record ends without a label when its outcome is `invalid` or `failed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_CANARY_RECORDS = 100_000
MOST_OF_LAST = 1000
"""Largest stretch of records that a failure stop looks at: how each of them ended is in the job's document."""
_LABELED, _UNLABELED = ".", "x"


@dataclass(frozen=True, slots=True)
class Canary:
    """The first records of a pass; the rest is asked for once these have ended and somebody, or the rule, says go."""

    records: int
    below_seq: int
    """The canary's records are those of the pass with seq < below_seq."""
    most_unlabeled: float | None = None
    """Largest share without a label with which the pass goes on by itself; None: only a person says go."""
    passed: bool = False

    def objection(self, *, ended: int, unlabeled: int) -> str | None:
        """Return why the pass does not go on by itself, for people, with what to do next; None if it does.

        Example: 3 of 20 have no label and `most_unlabeled` is 0.1. 15 % is above 10 %, so the pass waits.
        """
        share = unlabeled / ended if ended else 0.0
        counted = f"{unlabeled:,} of the first {ended:,} records {_have(unlabeled)} no label ({share:.1%})"
        following = "Look at them, then let the job go on (`tandem job go`) or cancel it."
        if self.most_unlabeled is None:
            return f"The canary has ended: {counted}. {following}"
        if share <= self.most_unlabeled:
            return None
        allowed = f"more than the {self.most_unlabeled:.1%} that the job allows"
        return f"The canary has ended: {counted}, {allowed}. {following}"


@dataclass(frozen=True, slots=True)
class Recent:
    """How the records that ended last ended, one character a record, the latest last.

    Records that end while no dispatcher runs are not in it: it is what a dispatcher saw end.
    """

    goes: int = 0
    """The job's number of goes when the first of them ended; records before a later go do not count any more."""
    ended: str = ""

    def since(self, goes: int) -> Recent:
        """Return what counts after so many goes."""
        return self if goes == self.goes else Recent(goes)

    def after(self, labeled: Iterable[bool], *, most: int) -> Recent:
        """Return the last `most` records once these ended too, each labeled or not."""
        ended = self.ended + "".join(_LABELED if each else _UNLABELED for each in labeled)
        return Recent(self.goes, ended[-most:] if most else "")

    @property
    def unlabeled(self) -> int:
        return self.ended.count(_UNLABELED)


@dataclass(frozen=True, slots=True)
class FailureStop:
    """Stop when more than `share` of the `of_last` records that ended last have no label."""

    share: float
    of_last: int

    def objection(self, recent: Recent) -> str | None:
        """Return why the job stops, for people, with what to do next; None while it may go on.

        Nothing is said before `of_last` records have ended since the start or the last go.
        """
        if len(recent.ended) < self.of_last or recent.unlabeled <= self.share * self.of_last:
            return None
        counted = f"{recent.unlabeled:,} of the last {self.of_last:,} records have no label"
        return (
            f"{counted}, more than the {self.share:.0%} that the job allows. Look at their reasons in the report, "
            "then let the job go on (`tandem job go`) or cancel it."
        )


def _have(number: int) -> str:
    return "has" if number == 1 else "have"

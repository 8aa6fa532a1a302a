"""Division of an account among its workers, as a pure state machine over the log of their reports.

The topic of the reports has one partition, so all workers read the same reports in the same order. Each report claims
a part of the account, from 0 to 1. A worker holds more than before only once it has read its own claim back, and only
what the latest claims of all others before it in the log leave free; so of two that claim the same part the earlier
one gets it, and the parts held never add up to more than 1. It holds less from the moment it decides to.

A held part lapses `LEASE_SECONDS` after the last report that was read back was sent; others count on it until
`LEASE_SECONDS + MARGIN_SECONDS` after they read it, which is later on any clock that runs at the same speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEASE_SECONDS = 3.0
MARGIN_SECONDS = 0.5
WORTH_A_REPORT = 0.01
"""Smallest change of the claim that is reported before the next regular report."""
SLACK = 0.1
"""Fraction of the held part that may exceed the worker's due part while no other worker lacks it: demands fluctuate,
and a part that moves between workers is used by nobody on its way."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last report of another worker. `demand`: the part of the account that it could use."""

    claim: float
    demand: float
    at: float


class Shares:
    """View of one account by one worker. Times are seconds of its own monotonic clock."""

    def __init__(self) -> None:
        self._others: dict[str, Seen] = {}
        self._held = 0.0
        self._renewed = float("-inf")
        self.demand = 0.0
        """The part of the account that this worker could use now, 0 to 1; set by its owner."""

    def held(self, now: float) -> float:
        """Return the part of the account that may be used now."""
        if now - self._renewed > LEASE_SECONDS:
            self._held = 0.0
        return self._held

    @property
    def until(self) -> float:
        """Return the time at which the held part lapses."""
        return self._renewed + LEASE_SECONDS

    def on_report(self, worker: str, *, claim: float, demand: float, stopping: bool, now: float) -> None:
        """Record a report of another worker."""
        if stopping:
            self._others.pop(worker, None)
        else:
            self._others[worker] = Seen(claim, demand, now)

    def read_back(self, *, claim: float, sent_at: float, now: float) -> None:
        """Record that an own report was read, which had been sent at `sent_at`."""
        if now - sent_at > LEASE_SECONDS:
            return
        held = self.held(now)
        self._renewed = max(self._renewed, sent_at)
        self._held = min(claim, max(min(held, claim), self._room(now)))

    def claim(self, now: float) -> float:
        """Return the part that the next report claims.

        The held part falls to it at once, and rises to it when the report is read back.
        """
        held, wanted = self._wanted(now)
        if wanted < held:
            self._held = wanted
        return wanted

    def wants_to_report(self, now: float) -> bool:
        """Return whether the claim differs so much from the held part that the report should not wait."""
        held, wanted = self._wanted(now)
        return abs(wanted - held) > WORTH_A_REPORT

    def _wanted(self, now: float) -> tuple[float, float]:
        """Return the part that is held and the part that is to be held."""
        held, room = self.held(now), self._room(now)
        parts = divide([self.demand, *(seen.demand for seen in self._others.values())])
        mine = parts[0]
        if mine >= held:
            return held, max(held, min(mine, room))
        lacking = any(
            seen.claim < (1.0 - SLACK) * part for seen, part in zip(self._others.values(), parts[1:], strict=True)
        )
        return held, mine if lacking or mine < (1.0 - SLACK) * held else held

    @property
    def others(self) -> Mapping[str, Seen]:
        return self._others

    def _room(self, now: float) -> float:
        """Return the part that the latest claims of the others leave free."""
        for worker in [name for name, seen in self._others.items() if now - seen.at > LEASE_SECONDS + MARGIN_SECONDS]:
            del self._others[worker]
        return max(0.0, 1.0 - sum(seen.claim for seen in self._others.values()))


def divide(demands: Sequence[float]) -> list[float]:
    """Divide the whole of 1 by demand; what nobody wants is divided evenly. Demands are from 0 up.

    The division is proportional, and not even up to each demand: a worker that has more partitions than another
    needs a larger part of the account, or else the dispatcher's window fills up with requests of these partitions, and
    the others run dry.
    """
    total = sum(demands)
    if total > 1.0:
        return [demand / total for demand in demands]
    spare = (1.0 - total) / len(demands) if demands else 0.0
    return [demand + spare for demand in demands]

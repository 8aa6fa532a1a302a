"""Money that may still be spent under a limit. Pure.

Money is counted in whole nano-dollars, so that sums are exact in any order: what may be spent is rounded up, a limit
down.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor

_NANO = 1_000_000_000


def at_most(usd: float) -> int:
    """Return a sum that may have to be paid, in nano-dollars."""
    return ceil(usd * _NANO)


def at_least(usd: float) -> int:
    """Return a limit, in nano-dollars."""
    return floor(usd * _NANO)


def dollars(nano: int) -> float:
    return nano / _NANO


class BudgetLedger:
    """Reserves the most that each outstanding record can cost.

    A request counts until its record has ended. One that is asked for again before its deadline may be answered, and
    paid, both times: the first one lingers until its own deadline.
    """

    def __init__(self) -> None:
        self._held: dict[int, tuple[int, float]] = {}
        self._lingering: list[tuple[int, float]] = []
        self._reserved = 0

    def copy(self) -> BudgetLedger:
        """Return a ledger that can be changed without changing this one."""
        copied = BudgetLedger()
        copied._held = self._held.copy()
        copied._lingering = self._lingering.copy()
        copied._reserved = self._reserved
        return copied

    @property
    def reserved(self) -> int:
        return self._reserved

    @property
    def lingering(self) -> int:
        """Return the part of the reserve that is for requests that were asked for again before their deadline."""
        return sum(cost for cost, _ in self._lingering)

    def may_free(self, now: float) -> bool:
        """Return whether money is reserved that an answer, or its deadline, can still free."""
        return bool(self._lingering) or any(due > now for _, due in self._held.values())

    def fits(self, seq: int, cost: int, *, spent: int, limit: int, now: float) -> bool:
        """Return whether a request for the record can be sent; an overdue one before it counts no more."""
        return spent + self._reserved - self._overdue(seq, now) + cost <= limit

    def hold(self, seq: int, cost: int, *, due: float, now: float) -> None:
        """Reserve money for a request that is sent now, or that is sent already."""
        earlier = self._held.get(seq)
        if earlier is not None:
            if earlier[1] > now:
                self._lingering.append(earlier)
            else:
                self._reserved -= earlier[0]
        self._held[seq] = (cost, due)
        self._reserved += cost

    def linger(self, cost: int, *, due: float) -> None:
        """Reserve `cost` until `due`, whatever ends."""
        self._lingering.append((cost, due))
        self._reserved += cost

    def settle(self, seqs: Iterable[int]) -> None:
        """Release the reserve of these seqs, which have ended: their real cost counts as spent from now on."""
        for seq in seqs:
            held = self._held.pop(seq, None)
            if held is not None:
                self._reserved -= held[0]

    def expire(self, now: float) -> None:
        """Free the lingering reserve whose deadline has passed."""
        if self._lingering:
            self._reserved -= sum(cost for cost, due in self._lingering if due <= now)
            self._lingering = [entry for entry in self._lingering if entry[1] > now]

    def _overdue(self, seq: int, now: float) -> int:
        cost, due = self._held.get(seq, (0, now))
        return cost if due <= now else 0

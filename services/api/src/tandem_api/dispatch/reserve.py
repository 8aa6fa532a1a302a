"""Spent and reserved money of a job with a budget. Pure: every change makes a new value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tandem_api.dispatch.ledger import BudgetLedger, dollars
from tandem_api.dispatch.request_events import Asked

Bounded: TypeAlias = Sequence[tuple[Asked, int | None]]
"""Requests with the most that each can cost, in nano-dollars; None for ready labels, which cost nothing."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """Sums in nano-dollars. The ledger in it is never changed: a step changes a copy."""

    ledger: BudgetLedger = field(default_factory=BudgetLedger)
    below: int = 0
    """Cost of the first answers below the walk's `low`."""
    above: Mapping[int, int] = field(default_factory=dict)
    """Seq to the cost of its first answer, from `low` on."""
    more: int = 0
    """Sum that was paid beside the first answers."""
    refused: int | None = None
    """The most that the last request which did not fit can cost; None when all fitted."""

    @property
    def spent(self) -> int:
        return self.below + self.more + sum(self.above.values())

    @property
    def spent_usd(self) -> float:
        return dollars(self.spent)

    @property
    def reserved_usd(self) -> float:
        return dollars(self.ledger.reserved)

    @property
    def lingering_usd(self) -> float:
        """Return the part of the reserve that is for requests that were asked for again before their deadline."""
        return dollars(self.ledger.lingering)

    @property
    def is_tight(self) -> bool:
        """Return whether the last request to be sent did not fit."""
        return self.refused is not None

    def is_used_up(self, now: float) -> bool:
        """Return whether something did not fit, and no outstanding request can make room for it."""
        return self.refused is not None and not self.ledger.may_free(now)

    def settled(self, ended: Sequence[int], costs: Mapping[int, int], *, low: int, below: int, more: int) -> Reserve:
        """Return the reserve after these seqs ended; `costs` are theirs from `low` on, `below` and `more` are whole
        sums."""
        above = {seq: cost for seq, cost in {**self.above, **costs}.items() if seq >= low}
        ledger = self.ledger.copy()
        ledger.settle(ended)
        return replace(self, ledger=ledger, above=above, below=below, more=more)

    def held(self, requests: Bounded, *, now: float, due: float) -> Reserve:
        """Return the reserve with money for these requests, which are sent already, whether they fit or not."""
        ledger = self.ledger.copy()
        for request, cost in requests:
            if cost is not None:
                ledger.hold(request.seq, cost, due=due, now=now)
        return replace(self, ledger=ledger)

    def admitted(self, requests: Bounded, *, limit: int, now: float, due: float) -> tuple[Reserve, list[Asked]]:
        """Reserve money for as many of the requests as fit under the limit, the first ones first; return those."""
        ledger, spent = self.ledger.copy(), self.spent
        ledger.expire(now)
        admitted: list[Asked] = []
        for request, cost in requests:
            if cost is not None:
                if not ledger.fits(request.seq, cost, spent=spent, limit=limit, now=now):
                    return replace(self, ledger=ledger, refused=cost), admitted
                ledger.hold(request.seq, cost, due=due, now=now)
            admitted.append(request)
        return replace(self, ledger=ledger, refused=None), admitted

    def tried(self, requests: Bounded, *, limit: int, now: float) -> Reserve:
        """Return the reserve with `refused` set if the first request would not fit; no money is reserved."""
        ledger = self.ledger.copy()
        ledger.expire(now)
        for request, cost in requests[:1]:
            if cost is not None and not ledger.fits(request.seq, cost, spent=self.spent, limit=limit, now=now):
                return replace(self, ledger=ledger, refused=cost)
        return replace(self, ledger=ledger, refused=None)

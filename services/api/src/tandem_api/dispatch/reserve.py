"""What a job with a budget has spent and set aside. Pure: every change makes a new value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tandem_api.dispatch.ledger import Ledger, dollars
from tandem_api.dispatch.requests import Asked

Bounded: TypeAlias = Sequence[tuple[Asked, int | None]]
"""Requests with the most that each can cost, in nano-dollars; None for labels that are there and cost nothing."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """Sums in nano-dollars. The ledger in it is never changed: a step changes a copy."""

    ledger: Ledger = field(default_factory=Ledger)
    below: int = 0
    """What the first answers below the walk's `low` cost."""
    above: Mapping[int, int] = field(default_factory=dict)
    """Seq to what its first answer cost, from `low` on."""
    more: int = 0
    """What was paid beside the first answers."""
    refused: int | None = None
    """The most that the request can cost which did not fit last; None when all did."""

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
        """Of what is reserved: for requests that were asked for again before their deadline."""
        return dollars(self.ledger.lingering)

    @property
    def is_tight(self) -> bool:
        """Whether the last request that wanted to go out did not fit."""
        return self.refused is not None

    def is_used_up(self, now: float) -> bool:
        """Tell whether something did not fit, and nothing is under way that could make room for it."""
        return self.refused is not None and not self.ledger.may_free(now)

    def settled(self, ended: Sequence[int], costs: Mapping[int, int], *, low: int, below: int, more: int) -> Reserve:
        """Return it after these seqs ended; `costs` are theirs from `low` on, `below` and `more` are whole sums."""
        above = {seq: cost for seq, cost in {**self.above, **costs}.items() if seq >= low}
        ledger = self.ledger.copy()
        ledger.settle(ended)
        return replace(self, ledger=ledger, above=above, below=below, more=more)

    def held(self, requests: Bounded, *, now: float, due: float) -> Reserve:
        """Return it with these requests, which are out already, set aside for, whether they fit or not."""
        ledger = self.ledger.copy()
        for request, cost in requests:
            if cost is not None:
                ledger.hold(request.seq, cost, due=due, now=now)
        return replace(self, ledger=ledger)

    def admitted(self, requests: Bounded, *, limit: int, now: float, due: float) -> tuple[Reserve, list[Asked]]:
        """Set aside for as many of the requests as fit under the limit, the first ones first; returns those."""
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
        """Return it with `refused` set if the first request would not fit; nothing is set aside."""
        ledger = self.ledger.copy()
        ledger.expire(now)
        for request, cost in requests[:1]:
            if cost is not None and not ledger.fits(request.seq, cost, spent=self.spent, limit=limit, now=now):
                return replace(self, ledger=ledger, refused=cost)
        return replace(self, ledger=ledger, refused=None)

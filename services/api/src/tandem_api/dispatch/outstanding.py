"""Requests of one job that have not ended. Pure: every change makes a new value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

MAX_ASKS = 3
"""A record asked for this often without an answer in time ends as failed (`undelivered`)."""

VOID = float("-inf")


class Ask(NamedTuple):
    """One ask for a record, the `number`-th. `due` is VOID while no request is known to be outstanding: it was not
    published yet, a new epoch voided it, or the broker lost it."""

    seq: int
    number: int
    due: float
    held: bool = False
    """True while the record waits for the answer to another one of the same content; it is looked at again at
    `due`."""

    @property
    def void(self) -> bool:
        return self.due == VOID


@dataclass(frozen=True, slots=True)
class Outstanding:
    """The asks by seq.

    Deadlines are times on a clock that stands still while no worker is alive, so that nothing falls overdue because
    nobody is there to answer.
    """

    asks: Mapping[int, Ask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.asks)

    @property
    def seqs(self) -> list[int]:
        return list(self.asks)

    @property
    def lowest(self) -> int | None:
        return min(self.asks, default=None)

    def asked(self, numbers: Mapping[int, int], *, due: float = VOID) -> Outstanding:
        """Return the value with these seqs asked for, as often as `numbers` says."""
        asks = dict(self.asks)
        for seq, number in numbers.items():
            asks[seq] = Ask(seq, number, due)
        return Outstanding(asks)

    def published(self, seqs: Iterable[int], *, due: float) -> Outstanding:
        """Return the value with the requests for these seqs outstanding until `due`."""
        asks = dict(self.asks)
        for seq in seqs:
            if (ask := asks.get(seq)) is not None:
                asks[seq] = Ask(seq, ask.number, due)
        return Outstanding(asks)

    def held(self, seqs: Iterable[int], *, until: float) -> Outstanding:
        """Return the value with these seqs waiting for other records, to be looked at again at `until`."""
        asks = dict(self.asks)
        for seq in seqs:
            if (ask := asks.get(seq)) is not None:
                asks[seq] = Ask(seq, ask.number, until, held=True)
        return Outstanding(asks)

    def without(self, ended: Iterable[int]) -> Outstanding:
        """Return the value without the seqs that ended."""
        gone = set(ended)
        return Outstanding({seq: ask for seq, ask in self.asks.items() if seq not in gone}) if gone else self

    def overdue(self, now: float, limit: int) -> list[Ask]:
        """Return up to `limit` asks whose deadline has passed, or that are void."""
        return list(islice((ask for ask in self.asks.values() if ask.due <= now), limit))

    def due_before(self, time: float) -> int:
        """Count the requests under way whose deadline is before `time`."""
        return sum(VOID < ask.due < time and not ask.held for ask in self.asks.values())

    def all_void(self) -> Outstanding:
        """Return the value with every record void, to be asked for again with the same number."""
        return Outstanding({seq: Ask(seq, ask.number, VOID) for seq, ask in self.asks.items()})

    @property
    def void(self) -> list[int]:
        """Return the seqs for which no request is known to be outstanding."""
        return [ask.seq for ask in self.asks.values() if ask.void or ask.held]

    @property
    def repeated(self) -> dict[int, int]:
        """Return the seqs asked for more than once, with the number of the last ask."""
        return {seq: ask.number for seq, ask in self.asks.items() if ask.number > 1}

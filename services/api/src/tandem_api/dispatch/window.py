"""Pure rules of the dispatch window: how much may be outstanding, how jobs share it, what is overdue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

MAX_ASKS = 3
"""A record asked for this often without an answer in time ends as failed (`undelivered`)."""


def window_size(*, completed_per_second: float, call_slots: int, seconds: float, smallest: int, largest: int) -> int:
    """Requests that may be outstanding on one account: `seconds` of measured completions plus the live workers' call
    slots, within bounds. Enough that no worker idles, small enough that pause is felt and a lost broker costs little.
    """
    return max(smallest, min(largest, round(completed_per_second * seconds) + call_slots))


@dataclass(frozen=True, slots=True)
class Demand:
    """What a job could use: `weight` > 0, `records` it has left to end (outstanding ones included)."""

    weight: float
    records: int


def share_window(window: int, demands: Mapping[str, Demand]) -> dict[str, int]:
    """Split the window over jobs by weight; what a small job cannot use goes to the others (water-filling).

    Every job with records left gets at least one, so that none starves however many there are.
    """
    shares: dict[str, int] = {job: 0 for job, demand in demands.items() if demand.records <= 0}
    hungry = {job: demand for job, demand in demands.items() if demand.records > 0}
    left = float(window)
    while hungry:
        total_weight = sum(demand.weight for demand in hungry.values())
        content = {
            job: demand.records
            for job, demand in hungry.items()
            if demand.records <= left * demand.weight / total_weight
        }
        if not content:
            return shares | {job: max(1, int(left * demand.weight / total_weight)) for job, demand in hungry.items()}
        for job, records in content.items():
            shares[job] = records
            left -= records
            del hungry[job]
    return shares


def usable(demands: Mapping[str, Demand], *, slots: int, soon: Mapping[str, float]) -> dict[str, Demand]:
    """Bound each job's demand by what it can have called soon: its part of the account's call slots, and `soon`, the
    records that it completes within the window's seconds.

    Without the bound a job of slow calls is given half of a window that a job of quick calls made wide. Its requests
    then wait in the workers until they are handed back.
    """
    parts = share_window(slots, demands)
    return {
        job: replace(demand, records=min(demand.records, parts[job] + round(soon[job])))
        for job, demand in demands.items()
    }


VOID = float("-inf")


@dataclass(frozen=True, slots=True)
class Ask:
    """The `number`-th time a record was asked for. `due` is VOID when the request cannot be answered any more."""

    seq: int
    number: int
    due: float

    @property
    def void(self) -> bool:
        return self.due == VOID


@dataclass(slots=True)
class Outstanding:
    """Requests published and not ended, of one job.

    Times are seconds of a clock that runs only while a worker is alive, so that nothing falls overdue because nobody
    is there to answer.
    """

    _asks: dict[int, Ask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._asks)

    @property
    def seqs(self) -> list[int]:
        return list(self._asks)

    @property
    def lowest(self) -> int | None:
        return min(self._asks, default=None)

    def ask(self, seq: int, *, number: int, due: float) -> None:
        self._asks[seq] = Ask(seq, number, due)

    def ended(self, seqs: Iterable[int]) -> int:
        """Forget those that ended; says how many of them were outstanding."""
        return sum(self._asks.pop(seq, None) is not None for seq in seqs)

    def number_of(self, seq: int) -> int:
        return self._asks[seq].number

    def overdue(self, now: float, limit: int) -> list[Ask]:
        """Up to `limit` asks whose deadline has passed, or that are void."""
        return list(islice((ask for ask in self._asks.values() if ask.due <= now), limit))

    def all_due_now(self) -> None:
        """The broker forgot them, or a new epoch voided them: they are to be asked again, with the same number."""
        self._asks = {seq: replace(ask, due=VOID) for seq, ask in self._asks.items()}

    def repeated(self) -> dict[int, int]:
        """Seqs asked for more than once, with the number of the last ask."""
        return {seq: ask.number for seq, ask in self._asks.items() if ask.number > 1}


class Ceiling:
    """Bounds an account's window after requests were handed back, which says that it was too wide.

    It begins at what was not handed back and grows by a tenth and by one a second, until the window fits under it.
    """

    GROWTH = 0.1

    def __init__(self) -> None:
        self._level: float | None = None

    def handed_back(self, count: int, *, outstanding: int) -> None:
        """`count` of the requests outstanding did not start in time."""
        kept = float(max(1, outstanding - count))
        self._level = kept if self._level is None else min(self._level, kept)

    def apply(self, window: int, seconds: float) -> int:
        """The window under the ceiling, `seconds` after it was asked last."""
        if self._level is None:
            return window
        self._level += seconds * (1.0 + self.GROWTH * self._level)
        if self._level >= window:
            self._level = None
            return window
        return max(1, int(self._level))


class Rate:
    """Completions a second, smoothed over about `half_life` seconds."""

    def __init__(self, per_second: float = 0.0, half_life: float = 3.0) -> None:
        self._half_life = half_life
        self._rate = per_second

    def observe(self, count: int, seconds: float) -> None:
        """Record that `count` ended within the last `seconds` (> 0)."""
        keep = 0.5 ** (seconds / self._half_life)
        self._rate = self._rate * keep + (count / seconds) * (1 - keep)

    @property
    def per_second(self) -> float:
        return self._rate if self._rate > 0.01 else 0.0

"""Pure rules of the dispatch window: how much may be outstanding, and how jobs share it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace


def window_size(*, completed_per_second: float, call_slots: int, seconds: float, smallest: int, largest: int) -> int:
    """Return how many requests may be outstanding on one account, within bounds.

    That is `seconds` of measured completions plus the live workers' call slots: enough that no worker idles, and small
    enough that pause is felt and a lost broker costs little.
    """
    return max(smallest, min(largest, round(completed_per_second * seconds) + call_slots))


LATE = 2.0
"""A request that is not answered after so many times what requests take is late."""
LATE_SECONDS = 10.0
"""Seconds by which completions may be late without narrowing the window."""


def late_after(share: int, completed_per_second: float) -> float:
    """Return after how many seconds a request of a job with `share` outstanding is late; infinity while none ends."""
    return LATE * share / completed_per_second if completed_per_second > 0.0 else math.inf


def widen(share: int, *, late: int, completed_per_second: float, largest: int) -> int:
    """Return how many requests a job may have outstanding when `late` of them wait with a worker that does not call.

    After a worker's death nobody works on its partitions until the consumer group has shared them out anew. Of what is
    asked meanwhile its part comes to wait there, and would take up all of the share: the other workers ran dry.
    """
    return max(share, min(largest, share + min(late, round(completed_per_second * LATE_SECONDS))))


@dataclass(frozen=True, slots=True)
class Demand:
    """The demand of a job: `weight` > 0, `records` it has left to end (outstanding ones included)."""

    weight: float
    records: int


def share_window(window: int, demands: Mapping[str, Demand]) -> dict[str, int]:
    """Split the window over jobs by weight; a share that a small job cannot use goes to the others (water-filling).

    Every job with records left gets at least one, so that none starves however many there are.
    """
    # Window 10, equal weights, records 2, 50 and 50: the first job gets its 2, the others 4 each of the 8 left.
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
    """Bound each job's demand by the calls that it can make soon: its part of the account's call slots, and `soon`, the
    records that it completes within the window's seconds.

    Without the bound a job of slow calls is given half of a window that a job of quick calls made wide. Its requests
    then wait in the workers until they are handed back.
    """
    parts = share_window(slots, demands)
    return {
        job: replace(demand, records=min(demand.records, parts[job] + round(soon[job])))
        for job, demand in demands.items()
    }


class Ceiling:
    """Bounds an account's window after requests were handed back, which says that it was too wide.

    It begins at what was not handed back and grows by a tenth and by one a second, until the window fits under it.
    """

    GROWTH = 0.1

    def __init__(self) -> None:
        self._level: float | None = None

    def handed_back(self, count: int, *, outstanding: int) -> None:
        """Lower the ceiling because `count` of the outstanding requests did not start in time."""
        kept = float(max(1, outstanding - count))
        self._level = kept if self._level is None else min(self._level, kept)

    @property
    def is_low(self) -> bool:
        """Say whether windows are narrowed."""
        return self._level is not None

    def apply(self, window: int, seconds: float) -> int:
        """Return the window under the ceiling, `seconds` after the last call."""
        if self._level is None:
            return window
        self._level += seconds * (1.0 + self.GROWTH * self._level)
        if self._level >= window:
            self._level = None
            return window
        return max(1, int(self._level))


@dataclass(frozen=True, slots=True)
class Rate:
    """Completions a second, smoothed over about `half_life` seconds."""

    smoothed: float = 0.0
    half_life: float = 3.0

    def observed(self, count: int, seconds: float) -> Rate:
        """Return the rate after `count` records ended within the last `seconds` (> 0)."""
        keep = 0.5 ** (seconds / self.half_life)
        return Rate(self.smoothed * keep + (count / seconds) * (1 - keep), self.half_life)

    @property
    def per_second(self) -> float:
        return self.smoothed if self.smoothed > 0.01 else 0.0

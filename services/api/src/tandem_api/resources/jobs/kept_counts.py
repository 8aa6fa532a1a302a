"""Counts of many records, kept for a short while: a page looks at a job every second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import NamedTuple

from tandem.store.annotations.documents import OutcomeCounts

MANY = 50_000
"""Fewer records are counted at each look."""
TIMES = 5.0
"""A count is kept for this many times as long as it took."""
_KEPT = 100


class _Kept(NamedTuple):
    counts: OutcomeCounts
    until: float


class KeptCounts:
    """Keeps counts by key. During a later pass all records of a job are counted, 200,000 in about half a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    async def get(self, key: Hashable, count: Callable[[], Awaitable[OutcomeCounts]]) -> OutcomeCounts:
        """Return the count kept under the key, or count anew. Raises what `count` raises, and keeps nothing then."""
        begun = self._clock()
        if (kept := self._kept.get(key)) is not None and begun < kept.until:
            return kept.counts
        counts = await count()
        now = self._clock()
        if counts.ended >= MANY:
            self._kept[key] = _Kept(counts, now + TIMES * (now - begun))
            self._kept.move_to_end(key)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return counts

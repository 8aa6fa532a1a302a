"""Counts of many records are kept for a while, those of few are not."""

from __future__ import annotations

import pytest

from tandem.store.annotations.documents import OutcomeCounts
from tandem_api.resources.jobs.kept_counts import MANY, TIMES, KeptCounts


@pytest.mark.parametrize(("records", "asked"), [(MANY - 1, 3), (MANY, 2)])
async def test_a_slow_count_is_repeated_after_some_times_its_duration(records: int, asked: int) -> None:
    now, calls = 0.0, 0

    async def count() -> OutcomeCounts:
        nonlocal now, calls
        calls, now = calls + 1, now + 1.0
        return OutcomeCounts(labeled=records)

    kept = KeptCounts(lambda: now)
    for later in (0.0, TIMES / 2, TIMES):
        now += later
        assert (await kept.get("job", count)).labeled == records
    assert calls == asked
    await kept.get("another", count)
    assert calls == asked + 1

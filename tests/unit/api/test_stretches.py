"""Which records an estimate is from."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tandem.jobs import Selection
from tandem_api.analysis.combinations.service import STRETCH, STRETCHES, stretches


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**5))
def test_they_are_short_apart_and_spread_over_all(start: int, size: int, most: int) -> None:
    found = [(each.from_seq, each.below_seq) for each in stretches(Selection.range(start, start + size), most=most)]
    assert 1 <= len(found) <= STRETCHES
    assert sum(high - low for low, high in found) <= max(most, STRETCH)
    assert found[0][0] == start
    assert all(low < high <= start + size and high - low <= STRETCH for low, high in found)
    assert all(high <= following for (_, high), (following, _) in pairwise(found))
    assert start + size - found[-1][0] <= size / len(found) + 1


def test_a_small_job_is_read_whole() -> None:
    assert stretches(Selection.range(10, 260), most=20_000) == [
        Selection.range(10, 93),
        Selection.range(93, 176),
        Selection.range(176, 260),
    ]

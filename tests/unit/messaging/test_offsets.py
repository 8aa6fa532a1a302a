"""Only what is contiguously done may be committed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.messaging.offsets import OffsetTracker

offsets = st.lists(st.integers(0, 200), min_size=1, max_size=40, unique=True).map(sorted)


@given(st.data(), offsets)
def test_the_watermark_is_the_first_message_that_is_not_done(data: st.DataObject, taken: list[int]) -> None:
    tracker = OffsetTracker()
    for offset in taken:
        tracker.take(offset)
    order = data.draw(st.permutations(taken))
    done: set[int] = set()
    for offset in order[: data.draw(st.integers(0, len(order)))]:
        tracker.finish(offset)
        done.add(offset)
        left = [offset for offset in taken if offset not in done]
        assert tracker.watermark == (left[0] if left else taken[-1] + 1)
        assert tracker.in_flight == len(left)
        assert [tracker.holds(offset) for offset in taken] == [offset not in done for offset in taken]


@given(offsets, st.lists(st.booleans(), min_size=80, max_size=80))
def test_taking_and_finishing_may_interleave(taken: list[int], finishes: list[bool]) -> None:
    tracker = OffsetTracker()
    ahead: list[int] = []
    committed = taken[0]
    for offset, finish in zip(taken, finishes, strict=False):
        tracker.take(offset)
        ahead.append(offset)
        if finish:
            tracker.finish(ahead.pop())  # the newest first: the hard way
        if (to_commit := tracker.to_commit()) is not None:
            assert to_commit > committed
            assert all(waiting >= to_commit for waiting in ahead)
            committed = to_commit
            tracker.mark_committed(to_commit)
    for offset in ahead:
        tracker.finish(offset)
    assert tracker.watermark == taken[-1] + 1
    assert tracker.in_flight == 0


def test_nothing_is_to_be_committed_before_something_is_done() -> None:
    tracker = OffsetTracker()
    assert tracker.to_commit() is None
    tracker.take(5)
    assert tracker.to_commit() is None
    tracker.finish(5)
    assert tracker.to_commit() == 6
    tracker.mark_committed(6)
    assert tracker.to_commit() is None


@pytest.mark.parametrize("again", [3, 5])
def test_an_offset_is_taken_once_and_in_order(again: int) -> None:
    tracker = OffsetTracker()
    tracker.take(5)
    with pytest.raises(ValueError, match="taken"):
        tracker.take(again)
    tracker.finish(5)
    with pytest.raises(ValueError, match="taken"):
        tracker.take(again)


def test_what_is_not_in_flight_cannot_be_finished() -> None:
    tracker = OffsetTracker()
    with pytest.raises(ValueError, match="not in flight"):
        tracker.finish(1)
    tracker.take(1)
    tracker.take(9)
    with pytest.raises(ValueError, match="not in flight"):
        tracker.finish(4)  # a gap in the log

"""Selections against plain sets of integers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.jobs import Selection
from tandem.jobs.selection import MOST_SEQS

SEQS = st.frozensets(st.integers(0, 400) | st.integers(MOST_SEQS - 50, MOST_SEQS - 1), max_size=60)
RANGES = st.tuples(st.integers(0, 300), st.integers(0, 100)).map(lambda pair: frozenset(range(pair[0], sum(pair))))
SETS = SEQS | RANGES


def made(seqs: frozenset[int]) -> Selection:
    """A selection of the seqs, as a range where they are one."""
    return Selection.of(seqs)


@given(SETS)
def test_a_selection_holds_what_it_was_made_of(seqs: frozenset[int]) -> None:
    selection = made(seqs)
    assert list(selection) == sorted(seqs)
    assert (len(selection), bool(selection)) == (len(seqs), bool(seqs))
    assert all((seq in selection) is (seq in seqs) for seq in [*seqs, *range(-1, 402), MOST_SEQS])
    if seqs:
        assert (selection.from_seq, selection.below_seq) == (min(seqs), max(seqs) + 1)


@given(SETS, SETS)
def test_set_algebra_is_that_of_sets(one: frozenset[int], other: frozenset[int]) -> None:
    assert list(made(one) | made(other)) == sorted(one | other)
    assert list(made(one) & made(other)) == sorted(one & other)
    assert list(made(one) - made(other)) == sorted(one - other)


@given(RANGES)
def test_a_range_equals_the_set_of_its_seqs_and_stays_a_range(seqs: frozenset[int]) -> None:
    by_bounds = Selection.range(min(seqs), max(seqs) + 1) if seqs else Selection.range(7, 7)
    assert by_bounds == made(seqs)
    assert hash(by_bounds) == hash(made(seqs))
    assert made(seqs).is_range


@given(SETS, st.integers(-1, 420))
def test_the_next_seq_is_the_lowest_above(seqs: frozenset[int], after: int) -> None:
    assert made(seqs).next_after(after) == min((seq for seq in seqs if seq > after), default=None)


@given(SETS, st.integers(0, 420), st.integers(0, 420))
def test_a_stretch_is_counted(seqs: frozenset[int], low: int, below: int) -> None:
    assert made(seqs).count(low, below) == sum(low <= seq < below for seq in seqs)


@given(SETS, st.integers(-5, 420), st.integers(-5, 420))
def test_parts_are_cut_by_seq_and_by_rank(seqs: frozenset[int], low: int, below: int) -> None:
    assert list(made(seqs).between(low, below)) == sorted(seq for seq in seqs if low <= seq < below)
    assert list(made(seqs).slice(low, below)) == sorted(seqs)[max(low, 0) : max(below, 0)]


@given(SETS, st.integers(1, 20), st.integers(0, 420))
def test_blocks_hold_each_selected_seq_once(seqs: frozenset[int], size: int, start: int) -> None:
    blocks = list(made(seqs).blocks(size, start=start))
    told = [seq for block in blocks for seq in block.seqs or range(block.from_seq, block.below_seq)]
    assert told == sorted(seq for seq in seqs if seq >= start)
    assert all(one.below_seq <= other.from_seq for one, other in pairwise(blocks))
    assert all(len(block.seqs or range(block.from_seq, block.below_seq)) <= size for block in blocks)
    for block in blocks:
        looked = [*range(-1, 420), *seqs]
        inside = {seq for seq in seqs if block.from_seq <= seq < block.below_seq}
        assert all((seq in block) is (seq in inside) for seq in looked)


@given(SETS)
def test_a_selection_survives_being_written(seqs: frozenset[int]) -> None:
    selection = made(seqs)
    assert Selection.from_bytes(selection.to_bytes()) == selection


def test_a_range_over_all_seqs_is_written_small() -> None:
    assert len(Selection.range(0, 100_000_000).to_bytes()) < 30_000


@pytest.mark.parametrize(("low", "below"), [(-1, 2), (3, 2), (0, MOST_SEQS + 1)])
def test_bounds_out_of_order_are_refused(low: int, below: int) -> None:
    with pytest.raises(ValueError, match="seqs lie between"):
        Selection.range(low, below)


@pytest.mark.parametrize("data", [b"", b"no bitmap at all", bytes(64)])
def test_what_is_no_bitmap_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a bitmap"):
        Selection.from_bytes(data)


def test_a_block_holds_at_least_one_seq() -> None:
    with pytest.raises(ValueError, match="at least one"):
        next(Selection.range(0, 2).blocks(0))

"""The records that a job, a pass, a report or an export runs over: a range of seqs, or a frozen set of them.

A record has an increasing `seq` in its data set, with gaps where an import was taken back. A range is all records with
`from_seq <= seq < below_seq`, whatever gaps are in it; a set names its seqs one by one, as a Roaring bitmap
(https://roaringbitmap.org), which holds a million scattered seqs in at most 2 MB and dense ones in far less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyroaring import BitMap, FrozenBitMap

MOST_SEQS = 2**32
"""Seqs are below this: a Roaring bitmap holds 32-bit integers."""
MOST_BYTES = 8 * 1024 * 1024
"""Largest form of a set that is kept: a document of MongoDB holds 16 MiB."""


class SelectionTooLargeError(ValueError):
    """A set is too scattered to be kept in one document."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a selection. Every seq of the selection with from_seq <= seq < below_seq is in it."""

    from_seq: int
    below_seq: int
    seqs: tuple[int, ...] | None
    """The selected seqs of the stretch, ascending; None where all seqs of the stretch are selected."""

    def __contains__(self, seq: int) -> bool:
        inside = self.from_seq <= seq < self.below_seq
        return inside if self.seqs is None or not inside else seq in self.seqs


class Selection:
    """An immutable set of seqs. Make one with `Selection.range`, `Selection.of` or `Selection.from_bytes`.

    Two selections are equal when they hold the same seqs, however they were made.
    """

    __slots__ = ("_below", "_bits", "_from")

    def __init__(self, from_seq: int, below_seq: int, bits: FrozenBitMap | None) -> None:
        """Use the class methods instead. `bits` None: all seqs with from_seq <= seq < below_seq."""
        if not 0 <= from_seq <= below_seq <= MOST_SEQS:
            raise ValueError(f"seqs lie between 0 and {MOST_SEQS}, not [{from_seq}, {below_seq})")
        self._from = from_seq
        self._below = below_seq
        self._bits = bits

    @classmethod
    def range(cls, from_seq: int, below_seq: int) -> Selection:
        """Select the seqs with from_seq <= seq < below_seq. Raises ValueError where the bounds are out of order."""
        return cls(from_seq, below_seq, None)

    @classmethod
    def of(cls, seqs: Iterable[int]) -> Selection:
        """Select these seqs, given in any order. Raises OverflowError for one below 0 or from MOST_SEQS on."""
        return cls._frozen(BitMap(seqs))

    @classmethod
    def from_bytes(cls, data: bytes) -> Selection:
        """Read a set that `to_bytes` wrote. Raises ValueError where the data are no bitmap."""
        try:
            return cls._frozen(BitMap.deserialize(data))
        except (ValueError, TypeError, IndexError) as error:
            raise ValueError("the data are not a bitmap") from error

    @classmethod
    def _frozen(cls, bits: BitMap) -> Selection:
        """Make a range of a bitmap without gaps, so that queries over it stay range queries."""
        if not bits:
            return cls(0, 0, None)
        first, below = bits.min(), bits.max() + 1
        if len(bits) == below - first:
            return cls(first, below, None)
        bits.run_optimize()
        return cls(first, below, FrozenBitMap(bits))

    @property
    def from_seq(self) -> int:
        """Return the lowest selected seq; 0 where none is selected."""
        return self._from

    @property
    def below_seq(self) -> int:
        """Return one above the highest selected seq; 0 where none is selected."""
        return self._below

    @property
    def is_range(self) -> bool:
        """Return whether all seqs between the lowest and the highest are selected."""
        return self._bits is None

    def __len__(self) -> int:
        """Return the number of selected seqs. In a range, gaps of the data set count: there may be fewer records."""
        return self._below - self._from if self._bits is None else len(self._bits)

    def __bool__(self) -> bool:
        return self._below > self._from

    def __contains__(self, seq: int) -> bool:
        if not self._from <= seq < self._below:
            return False
        return self._bits is None or seq in self._bits

    def __iter__(self) -> Iterator[int]:
        """Yield the selected seqs, ascending, without a copy of them."""
        return iter(range(self._from, self._below)) if self._bits is None else iter(self._bits)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Selection):
            return NotImplemented
        if not self and not other:
            return True
        return (self._from, self._below, self._bits) == (other._from, other._below, other._bits)

    def __hash__(self) -> int:
        return hash((self._from, self._below, len(self))) if self else 0

    def __repr__(self) -> str:
        if self._bits is None:
            return f"Selection.range({self._from}, {self._below})"
        return f"<Selection of {len(self)} seqs in [{self._from}, {self._below})>"

    def next_after(self, seq: int) -> int | None:
        """Return the lowest selected seq above `seq`, or None."""
        if seq + 1 >= self._below:
            return None
        if seq < self._from:
            return self._from
        return seq + 1 if self._bits is None else self._bits.next_set_bit(seq + 1)

    def count(self, from_seq: int, below_seq: int) -> int:
        """Count the selected seqs with from_seq <= seq < below_seq."""
        low, high = max(from_seq, self._from), min(below_seq, self._below)
        if low >= high:
            return 0
        return high - low if self._bits is None else self._bits.range_cardinality(low, high)

    def slice(self, start: int, stop: int) -> Selection:
        """Return the seqs whose rank, counted from 0 in ascending order, is in [start, stop).

        Example: of the seqs 3, 5, 8 and 9, `slice(1, 3)` are 5 and 8.
        """
        start, stop = max(0, start), min(stop, len(self))
        if start >= stop:
            return Selection(0, 0, None)
        if self._bits is None:
            return Selection(self._from + start, self._from + stop, None)
        return self._frozen(BitMap(self._bits[start:stop]))

    def blocks(self, size: int, *, start: int = 0) -> Iterator[Block]:
        """Yield the selection from `start` on in blocks of at most `size` selected seqs, ascending.

        Blocks neither overlap nor leave a selected seq out. Raises ValueError for a size below 1.
        """
        if size < 1:
            raise ValueError("a block holds at least one seq")
        if self._bits is None:
            for low in range(max(start, self._from), self._below, size):
                yield Block(low, min(low + size, self._below), None)
            return
        members = self._bits.iter_equal_or_larger(max(0, start))
        while seqs := tuple(seq for _, seq in zip(range(size), members, strict=False)):
            whole = seqs[-1] - seqs[0] + 1 == len(seqs)
            yield Block(seqs[0], seqs[-1] + 1, None if whole else seqs)

    def between(self, from_seq: int, below_seq: int) -> Selection:
        """Return the selected seqs with from_seq <= seq < below_seq."""
        return self & Selection(max(0, from_seq), max(from_seq, below_seq, 0), None)

    def __or__(self, other: Selection) -> Selection:
        """Return the seqs of either."""
        return self._frozen(self._bitmap() | other._bitmap())

    def __and__(self, other: Selection) -> Selection:
        """Return the seqs of both."""
        if self._bits is None and other._bits is None:
            low, below = max(self._from, other._from), min(self._below, other._below)
            return Selection(low, below, None) if low < below else Selection(0, 0, None)
        return self._frozen(self._bitmap() & other._bitmap())

    def __sub__(self, other: Selection) -> Selection:
        """Return the seqs that are not in the other."""
        return self._frozen(self._bitmap() - other._bitmap())

    def to_bytes(self) -> bytes:
        """Return the portable Roaring form, which other languages read too. Raises SelectionTooLargeError."""
        bits = self._bitmap()
        bits.run_optimize()
        data = bits.serialize()
        if len(data) > MOST_BYTES:
            raise SelectionTooLargeError(f"the selection takes {len(data):,} bytes; {MOST_BYTES:,} can be kept")
        return data

    def _bitmap(self) -> BitMap:
        return BitMap(range(self._from, self._below)) if self._bits is None else BitMap(self._bits)

"""Tracker of the offset of a partition that may be committed. Pure: no client, no clock."""

from __future__ import annotations

from collections import deque


class OffsetTracker:
    """Follows one partition's messages from taken to done and knows the contiguous watermark.

    *Taken*: fetched, its effect not yet acknowledged. *Done*: effect and outgoing events acknowledged. The *watermark*
    is the offset of the first message that is not done: everything below it is, so it is what may be committed.
    Offsets are taken in increasing order; gaps (compaction, transaction markers) are allowed. Messages are done in any
    order.
    """

    __slots__ = ("_committed", "_order", "_pending", "_watermark")

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._pending: set[int] = set()
        self._watermark: int | None = None
        self._committed: int | None = None

    @property
    def watermark(self) -> int | None:
        """Return the watermark; None until something was taken."""
        return self._watermark

    @property
    def in_flight(self) -> int:
        """Return how many messages are taken and not done."""
        return len(self._pending)

    def holds(self, offset: int) -> bool:
        """Return whether the message was taken and is not done."""
        return offset in self._pending

    def take(self, offset: int) -> None:
        """Mark a message taken. Raises ValueError for an offset at or below one already taken."""
        if self._order and offset <= self._order[-1]:
            raise ValueError(f"offset {offset} taken after {self._order[-1]}")
        if self._watermark is None:
            self._watermark = self._committed = offset  # where the group stands: nothing below is ours to commit
        elif offset < self._watermark:
            raise ValueError(f"offset {offset} taken below the watermark {self._watermark}")
        self._order.append(offset)
        self._pending.add(offset)

    def finish(self, offset: int) -> None:
        """Mark a taken message done. Raises ValueError for one that is not in flight."""
        order, pending = self._order, self._pending
        if offset not in pending:
            raise ValueError(f"offset {offset} is not in flight")
        pending.remove(offset)
        if offset != order[0]:
            return
        while order and order[0] not in pending:
            last = order.popleft()
            self._watermark = order[0] if order else last + 1

    def to_commit(self) -> int | None:
        """Return the watermark if it rose since the last commit, else None."""
        if self._watermark is None or self._committed is None or self._watermark <= self._committed:
            return None
        return self._watermark

    def mark_committed(self, offset: int) -> None:
        self._committed = offset

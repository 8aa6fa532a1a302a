"""A job's own rate limit: how many of its records may be asked for now."""

from __future__ import annotations

BURST_SECONDS = 1.0
"""Seconds of the rate that may be asked for at once."""


class Pace:
    """Counts down what a rate allows. It begins with one record, so that a job never starts with a burst."""

    def __init__(self) -> None:
        self._level = 1.0
        self._at: float | None = None

    def room(self, per_minute: float, now: float) -> int:
        """Return how many records may be asked for at `now`, in seconds of a clock that never goes back."""
        per_second = per_minute / 60
        seconds = 0.0 if self._at is None else now - self._at
        self._at = now
        self._level = min(self._level + per_second * seconds, max(1.0, per_second * BURST_SECONDS))
        return max(0, int(self._level))

    def take(self, records: int) -> None:
        """Count these records as asked for; more than there was room for is made up for later."""
        self._level -= records

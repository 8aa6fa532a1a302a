"""Period of a limit in a provider's headers: `x-ratelimit-limit-requests` is a minute's at most providers, and a day's
at some."""

from __future__ import annotations

from tandem_llm_worker.pacing.headers import LimitReading
from tandem_llm_worker.pacing.limits import DAY

LONGER_THAN_A_MINUTE_SECONDS = 120.0
"""Longest `reset` of a minute's limit: it refills within a minute, or in twice the time where debt is paid first."""
SURE = 3
"""Number of answers in a row that fit the limit of a day, after which no other period is considered."""
_FIT = 0.03
_FIT_SECONDS = 0.6


class Period:
    """Detector of a day's limit by its `reset`: what was used refills at the rate limit / day.

    Example: limit 14400, remaining 14398, reset 12s. Two calls come back in 12 s, one in 6 s, 14400 in a day. The limit
    of a minute would be whole again after 8 ms.
    """

    def __init__(self) -> None:
        self._fits = 0
        self._limit: float | None = None

    def is_day(self, reading: LimitReading) -> bool:
        """Return whether the limit of `reading` is that of a day."""
        if reading.limit is None or reading.limit != self._limit:
            self._fits, self._limit = 0, reading.limit
        if reading.limit is None or self._fits >= SURE:
            return self._fits >= SURE
        used = reading.limit - reading.remaining
        if reading.reset is None or used < 1.0:
            return self._fits > 0
        if reading.reset > LONGER_THAN_A_MINUTE_SECONDS:
            self._fits = SURE
            return True
        expected = used * DAY / reading.limit
        fits = abs(reading.reset - expected) <= max(_FIT_SECONDS, _FIT * expected)
        self._fits = self._fits + 1 if fits else 0
        return fits

"""How much more of a limit a call costs than is reckoned here, as the headers tell.

Providers count tokens differently: the prompt and what was answered, or the prompt and all the room that was asked for,
at once and for good. Other programs may use the account too. What is left at the provider tells all of it: it falls by
what was charged, and rises by what comes.
"""

from __future__ import annotations

WINDOW_SECONDS = 1.0
"""What is left is compared over at least so long."""
LEAST_RECKONED = 0.3
"""Of the limit must have been used in that time, for the comparison to tell anything."""
MOVED = 0.02
"""Seconds of the limit a second: less is no movement. A full account does not move, whatever it is charged."""
NEARLY_NOTHING = 0.25
"""Seconds of the limit that are left: so little is surely not full."""
LEARNING_RATE = 0.4
WORTH_KNOWING = 1.04
"""Charges that are but a little higher than reckoned are noise."""
MOST = 50.0


class Charging:
    """One kind of limit. Amounts are in seconds of what this worker may take: 1 is all that it may take in a second."""

    __slots__ = ("_factor", "_known", "_left", "_reckoned", "_since")

    def __init__(self) -> None:
        self._since: float | None = None
        self._left = 0.0
        self._reckoned = 0.0
        self._factor = 1.0
        self._known = False

    @property
    def factor(self) -> float:
        """What is charged for each that is reckoned; 1 where nothing else is known, never less."""
        return self._factor if self._factor > WORTH_KNOWING else 1.0

    def observe(self, left: float, reckoned: float, now: float) -> None:
        """`left`: at the provider, in seconds of the whole limit. `reckoned`: since the beginning."""
        if self._since is None:
            self._begin(left, reckoned, now)
            return
        passed = now - self._since
        if passed < WINDOW_SECONDS:
            return
        used, fell = reckoned - self._reckoned, self._left - left
        if used >= LEAST_RECKONED * passed and (abs(fell) > MOVED * passed or left < NEARLY_NOTHING):
            seen = max(1.0, min(MOST, (passed + fell) / used))
            self._factor += (LEARNING_RATE if self._known else 1.0) * (seen - self._factor)
            self._known = True
        self._begin(left, reckoned, now)

    def forget(self) -> None:
        """Start the comparison anew: what this worker may use has changed."""
        self._since = None

    def _begin(self, left: float, reckoned: float, now: float) -> None:
        self._since, self._left, self._reckoned = now, left, reckoned

"""Ratio of what the provider charges for calls to what is calculated here, as its headers report it.

Providers count tokens differently: the prompt and the answer, or the prompt and the largest answer that was requested,
at once and for good. Other programs may use the account too. The remaining amount at the provider shows all of it: it
falls by what was charged, and rises by the refill.
"""

from __future__ import annotations

WINDOW_SECONDS = 1.0
"""Shortest time over which remaining amounts are compared."""
LEAST_RECKONED = 0.3
"""Smallest fraction of the limit used in that time that makes the comparison meaningful."""
MOVED = 0.02
"""Smallest movement, in seconds of the limit a second. A full account does not move, whatever it is charged."""
NEARLY_NOTHING = 0.25
"""Remaining seconds of the limit below which the account is certainly not full."""
LEARNING_RATE = 0.4
WORTH_KNOWING = 1.04
"""Smallest factor that is applied: charges only a little higher than calculated are noise."""
MOST = 50.0


class Charging:
    """Charging of one kind of limit. Amounts are in seconds of this worker's rate: 1 is all it may use in a second."""

    __slots__ = ("_factor", "_known", "_left", "_reckoned", "_since")

    def __init__(self) -> None:
        self._since: float | None = None
        self._left = 0.0
        self._reckoned = 0.0
        self._factor = 1.0
        self._known = False

    @property
    def factor(self) -> float:
        """Return the amount charged for each unit calculated here; 1 where nothing else is known, never less."""
        return self._factor if self._factor > WORTH_KNOWING else 1.0

    def observe(self, left: float, reckoned: float, now: float) -> None:
        """Compare what was charged since the last observation with what was calculated here.

        `left`: the remaining amount at the provider, in seconds of the whole limit. `reckoned`: the amount calculated
        here since the beginning.
        """
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
        """Restart the comparison, because this worker's rate has changed."""
        self._since = None

    def _begin(self, left: float, reckoned: float, now: float) -> None:
        self._since, self._left, self._reckoned = now, left, reckoned

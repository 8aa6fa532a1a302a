"""What one client may have under way, so that nobody fills the way to the api for all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tandem.web import Problem


class PerClient:
    """Counts what is under way, by client and in all."""

    def __init__(self, what: str, *, each: int, together: int) -> None:
        """Set the bounds. `what` names what is counted, e.g. `uploads`."""
        self._what = what
        self._each = each
        self._together = together
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def one(self, client: str) -> Iterator[None]:
        """Count one more for as long as the context is open. Raises a Problem where that is too many."""
        if self._under_way[client] >= self._each or self._under_way.total() >= self._together:
            raise Problem(
                429,
                f"too-many-{self._what}",
                f"Too many {self._what} are under way: {self._under_way[client]} from your address, "
                f"{self._under_way.total()} in all.",
                cure="Wait until one of them has ended.",
                headers={"Retry-After": "2"},
            )
        self._under_way[client] += 1
        try:
            yield
        finally:
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]

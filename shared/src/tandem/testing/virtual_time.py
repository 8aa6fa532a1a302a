"""An event loop whose time passes only while everybody waits: minutes of pacing run in moments, always alike."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Selector that advances the time to the next timer instead of waiting for it."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs coroutines that use no more of the world than sleeping and each other."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run_in_virtual_time(story: Callable[[Callable[[], float]], Coroutine[Any, Any, T]]) -> T:
    """`story(clock)` to its end. `clock` is the loop's time in seconds, from 0."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story(runner.get_loop().time))

"""Wait for a condition with a deadline, in place of sleeping and hoping."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    predicate: Callable[[], T | Awaitable[T]],
    *,
    timeout: float = 10.0,  # noqa: ASYNC109 - the deadline belongs to the condition: its failure says what was seen last
    interval: float = 0.02,
    message: str = "",
) -> T:
    """Call `predicate`, sync or async, until its result is true, and return that result.

    An `AssertionError` from the predicate counts as "not yet", so that it may assert. Any other error is raised at
    once. Asked again every `interval` seconds, ever more slowly up to ten times that.

    Raises:
        AssertionError: `timeout` seconds went by; says what the last call returned or asserted.
    """
    deadline = time.monotonic() + timeout
    pause = interval
    while True:
        failure: AssertionError | None = None
        result: T | None = None
        try:
            outcome = predicate()
            result = await outcome if inspect.isawaitable(outcome) else outcome
        except AssertionError as error:
            failure = error
        if failure is None and result:
            return result
        if time.monotonic() >= deadline:
            seen = str(failure) if failure is not None else f"the last result was {result!r}"
            subject = message or getattr(predicate, "__qualname__", "the condition")
            raise AssertionError(f"{subject}: not within {timeout:g} s; {seen}") from failure
        await asyncio.sleep(pause)
        pause = min(pause * 1.3, interval * 10)

"""Wait for a condition with a deadline, in place of sleeping and hoping."""

from __future__ import annotations

# ruff: noqa: ASYNC109 - the deadline belongs to the condition: its failure says what was seen last
import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    predicate: Callable[[], Awaitable[T]], *, timeout: float = ..., interval: float = ..., message: str = ...
) -> T: ...
@overload
async def eventually(
    predicate: Callable[[], T], *, timeout: float = ..., interval: float = ..., message: str = ...
) -> T: ...
async def eventually(
    predicate: Callable[[], Any],
    *,
    timeout: float = 30.0,
    interval: float = 0.02,
    message: str = "",
) -> Any:
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
        result: Any = None
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

"""Try a write again when another one got in its way."""

from __future__ import annotations

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from tandem.store.database import StoreConflictError, StoreUnavailableError

TRIES = 30
TRYING_SECONDS = 10
FIRST_WAIT_SECONDS = 0.02
MOST_WAIT_SECONDS = 0.5
"""Jittered, between two tries: the write in the way has yet to be acknowledged by most of the replica set."""


def again_on_conflict(*, tries: int = TRIES, or_unavailable: bool = False) -> AsyncRetrying:
    """Repeat the block after a StoreConflictError, up to `tries` times in TRYING_SECONDS; the last one is raised.

    Each try must look at the documents anew: `async for attempt in again_on_conflict(): with attempt: ...`.
    `or_unavailable`: repeat after any StoreUnavailableError, such as a change of the primary; the block must then have
    the same effect when it is made twice.
    """
    return AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailableError if or_unavailable else StoreConflictError),
        wait=wait_random_exponential(FIRST_WAIT_SECONDS, max=MOST_WAIT_SECONDS),
        stop=stop_after_attempt(tries) | stop_after_delay(TRYING_SECONDS),
        reraise=True,
    )

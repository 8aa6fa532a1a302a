"""Calls the store again while MongoDB changes its primary, where the caller cannot simply be told to come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.errors import DuplicateKeyError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from tandem.store.database import Collection, Document, store_errors
from tandem.store.errors import StoreUnavailableError

T = TypeVar("T")

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 2.0
INSERT_SECONDS = 10.0
"""An election takes up to ten seconds or so; whoever waits for an HTTP answer waits longer than that."""


async def patiently(call: Callable[[], Awaitable[T]], *, seconds: float) -> T:
    """Return what `call` returns; call again, after jittered waits, while it raises StoreUnavailableError.

    `call` must have the same effect when it is made twice. Raises StoreUnavailableError once `seconds` have passed.
    """
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailableError),
        wait=wait_random_exponential(FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS),
        stop=stop_after_delay(seconds),
        reraise=True,
    ):
        with attempt:
            return await call()
    raise AssertionError("unreachable: the last attempt returns or raises")


async def insert_once(collection: Collection, document: Document, *, seconds: float = INSERT_SECONDS) -> None:
    """Insert a document whose `_id` its writer made up, once, however often it takes.

    A try that seemed to fail may have taken effect. The next one then meets its own document, and that is no error.
    Raises DuplicateKeyError when another document holds a unique value of this one, and StoreUnavailableError.
    """
    tries = 0

    async def insert() -> None:
        nonlocal tries
        tries += 1
        async with store_errors():
            try:
                await collection.insert_one(document)
            except DuplicateKeyError:
                if tries == 1 or await collection.find_one({"_id": document["_id"]}, {"_id": 1}) is None:
                    raise

    await patiently(insert, seconds=seconds)

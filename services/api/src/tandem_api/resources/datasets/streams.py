"""Bodies of uploads as streams of bytes, bounded in size and in time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class UploadTooLargeError(Exception):
    """The file is larger than an upload may be. The text is the limit in bytes."""


class UploadStalledError(Exception):
    """No part of the file arrived for too long."""


async def bounded(chunks: AsyncIterator[bytes], *, most_bytes: int, idle_seconds: float) -> AsyncIterator[bytes]:
    """Yield the chunks. Raises UploadTooLargeError and UploadStalledError."""
    taken = 0
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise UploadStalledError from error
        if chunk is None:
            return
        taken += len(chunk)
        if taken > most_bytes:
            raise UploadTooLargeError(f"{most_bytes:,}")
        yield chunk


async def drain(chunks: AsyncIterator[bytes], *, most_bytes: int, seconds: float) -> None:
    """Read the rest of the body and discard it, so that a client that is still sending can read the answer."""
    taken = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for chunk in chunks:
                taken += len(chunk)
                if taken > most_bytes:
                    return

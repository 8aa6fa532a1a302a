"""Iterators that block, read in threads, so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable


async def in_thread(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Iterate over chunks that are made in a thread, e.g. read from a file or encoded."""
    source = iter(chunks)
    while (chunk := await asyncio.to_thread(next, source, None)) is not None:
        yield chunk

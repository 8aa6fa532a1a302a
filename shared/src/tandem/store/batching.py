"""Carry out the calls of many callers together, so that a busy process makes few round trips to the database."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST_AT_ONCE = 100


class Batcher(Generic[K, V]):
    """Turns calls for one key each into calls for many keys.

    A call goes at once when nothing is under way. Those that arrive meanwhile form the next batch, so a quiet process
    waits for nothing and a busy one makes two round trips at most for each call. A batch begins after its keys arrived:
    what it reads is never older than the call.

    `run` takes the keys of a batch and returns a value or an exception for each, in the same order. What `run` raises
    is raised to every caller of the batch. A caller that is cancelled before its batch begins is left out of it.
    """

    def __init__(self, run: Callable[[Sequence[K]], Awaitable[Sequence[V | Exception]]]) -> None:
        self._run = run
        self._waiting: deque[tuple[K, asyncio.Future[V]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, key: K) -> V:
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            batch = [(key, answer) for key, answer in batch if not answer.done()]
            if not batch:
                continue
            try:
                found = await self._run([key for key, _ in batch])
            except asyncio.CancelledError:
                for _, answer in (*batch, *self._waiting):
                    answer.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to those who called
                found = [error] * len(batch)
            for (_, answer), value in zip(batch, found, strict=True):
                if answer.done():
                    continue
                if isinstance(value, Exception):
                    answer.set_exception(value)
                else:
                    answer.set_result(value)

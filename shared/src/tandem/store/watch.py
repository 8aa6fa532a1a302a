"""Reports whether MongoDB can be reached, and makes the indexes as soon as it can."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from tandem.observability.health import Health
from tandem.observability.logs import get_logger
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.indexes import ensure_indexes

HEALTH = "mongodb"
POLL_SECONDS = 2.0

_log = get_logger(__name__)


async def _nothing() -> None:
    """Prepare nothing."""


class StoreWatch:
    """The process's eye on MongoDB: the readiness check `mongodb`. MongoDB does not need to be there at the start."""

    def __init__(self, database: Database, health: Health) -> None:
        self._database = database
        self._health = health
        self._indexed = False
        health.expect(HEALTH)

    async def look(self, prepare: Callable[[], Awaitable[None]] = _nothing) -> bool:
        """Look once and report; True when MongoDB answers, its indexes exist and `prepare` was carried out."""
        try:
            if not self._indexed:
                await ensure_indexes(self._database)
                self._indexed = True
            await self._database.ping()
            await prepare()
        except StoreUnavailableError as error:
            problem: str | None = str(error)
        else:
            problem = None
        if problem != self._health.problem(HEALTH):
            self._health.set(HEALTH, problem)
            _log.log(30 if problem else 20, "store.health", problem=problem)
        return problem is None

    async def until(self, prepare: Callable[[], Awaitable[None]] = _nothing) -> None:
        """Wait until MongoDB answers and `prepare` was carried out; the process is alive and not ready until then."""
        while not await self.look(prepare):  # noqa: ASYNC110 - only looking tells
            await asyncio.sleep(_pause())

    async def run(self) -> None:
        """Look about every two seconds until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_pause())


def _pause() -> float:
    return POLL_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not a secret

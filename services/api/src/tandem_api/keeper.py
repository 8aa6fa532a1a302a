"""Work that a process looks after every so often, beside answering requests."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError

_log = get_logger(__name__)


class Keeper(ABC):
    """Looks again and again until stopped. While MongoDB is away it says so and tries at the next look."""

    def __init__(self, name: str, look_seconds: float) -> None:
        """Set up the loop. `name` begins the log's event names."""
        self._name = name
        self._look_seconds = look_seconds
        self._stopping = asyncio.Event()

    @abstractmethod
    async def look(self) -> None:
        """Do what is due. Raises StoreUnavailableError."""

    async def stop(self) -> None:
        """End after what is under way."""
        self._stopping.set()

    async def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.is_set():
            try:
                await self.look()
            except StoreUnavailableError as error:
                _log.warning(f"{self._name}.store_unavailable", reason=str(error))
            try:
                async with asyncio.timeout(self._look_seconds):
                    await self._stopping.wait()
            except TimeoutError:
                pass

"""Carries out deletions that were interrupted, and each of the last week again: events may bring documents back."""

from __future__ import annotations

import asyncio

from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError
from tandem.store.deletions.eraser import DeletionEraser

LOOK_SECONDS = 600.0

log = get_logger(__name__)


class DeletionKeeper:
    """Looks every few minutes. Any number of replicas may: a deletion can be carried out at once by several."""

    def __init__(self, eraser: DeletionEraser, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._eraser = eraser
        self._look_seconds = look_seconds
        self._stopping = asyncio.Event()

    async def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.look()
            except StoreUnavailableError as error:
                log.warning("deletions.store_unavailable", reason=str(error))
            try:
                async with asyncio.timeout(self._look_seconds):
                    await self._stopping.wait()
            except TimeoutError:
                pass

    async def look(self) -> None:
        """Carry out what is due. Raises StoreUnavailableError."""
        for deletion in await self._eraser.due():
            if self._stopping.is_set():
                return
            after = await self._eraser.carry_out(deletion)
            if after["counts"] != deletion["counts"]:
                log.info("deletions.carried_out", deletion_id=deletion["_id"], kind=deletion["kind"])

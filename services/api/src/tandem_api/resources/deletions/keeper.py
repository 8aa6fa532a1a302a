"""Carries out deletions that were interrupted, and each of the last week again: events may bring documents back."""

from __future__ import annotations

from tandem.observability.logs import get_logger
from tandem.store.deletions.eraser import DeletionEraser
from tandem_api.keeper import Keeper

LOOK_SECONDS = 600.0

log = get_logger(__name__)


class DeletionKeeper(Keeper):
    """Looks every few minutes. Any number of replicas may: a deletion can be carried out at once by several."""

    def __init__(self, eraser: DeletionEraser, *, look_seconds: float = LOOK_SECONDS) -> None:
        super().__init__("deletions", look_seconds)
        self._eraser = eraser

    async def look(self) -> None:
        """Carry out what is due. Raises StoreUnavailableError."""
        for deletion in await self._eraser.due():
            if self._stopping.is_set():
                return
            after = await self._eraser.carry_out(deletion)
            if after["counts"] != deletion["counts"]:
                log.info("deletions.carried_out", deletion_id=deletion["_id"], kind=deletion["kind"])

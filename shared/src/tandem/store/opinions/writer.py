"""Writes people's opinions. Only verification-ui imports this module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo.errors import BulkWriteError

from tandem.store.database import Database, store_errors
from tandem.store.errors import only_duplicates
from tandem.store.opinions.documents import COLLECTION, OpinionDocument


class RevisionTakenError(Exception):
    """Another opinion on the same record was written at the same moment; look again and decide anew."""


class OpinionWriter:
    """Writer of opinions. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def append(self, opinions: Sequence[OpinionDocument], *, session: Any = None) -> None:
        """Write opinions, in the transaction of `session` if given: then all or none. Raises RevisionTakenError, which
        ends the transaction."""
        async with store_errors():
            try:
                await self._collection.insert_many([opinion.to_document() for opinion in opinions], session=session)
            except BulkWriteError as error:
                taken = min(only_duplicates(error))
                raise RevisionTakenError(opinions[taken].opinion_id) from None

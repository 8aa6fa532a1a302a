"""Writes people's opinions. Only verification-ui imports this module."""

from __future__ import annotations

from typing import Any

from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, store_errors
from tandem.store.opinions.documents import COLLECTION, OpinionDocument


class RevisionTakenError(Exception):
    """Another opinion on the same record was written at the same moment; look again and decide anew."""


class OpinionWriter:
    """Writer of opinions. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def append(self, opinion: OpinionDocument, *, session: Any = None) -> None:
        """Write one opinion, within the transaction of `session` if given. Raises RevisionTakenError."""
        async with store_errors():
            try:
                await self._collection.insert_one(opinion.to_document(), session=session)
            except DuplicateKeyError:
                raise RevisionTakenError(opinion.opinion_id) from None

"""Writes people's decisions. Only verification-ui imports this module."""

from __future__ import annotations

from typing import Any

from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, store_errors
from tandem.store.verifications.documents import Verification


class RevisionTakenError(Exception):
    """Another decision on the same record was written at the same moment; look again and decide anew."""


class VerificationWriter:
    """Writer of verifications. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database["verifications"]

    async def append(self, verification: Verification, *, session: Any = None) -> None:
        """Write one decision, within the transaction of `session` if given. Raises RevisionTakenError."""
        async with store_errors():
            try:
                await self._collection.insert_one(verification.to_document(), session=session)
            except DuplicateKeyError:
                raise RevisionTakenError(verification.verification_id) from None

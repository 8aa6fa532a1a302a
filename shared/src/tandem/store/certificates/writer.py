"""Writes certificates; for the api alone: its HTTP side opens and ends them, its dispatcher leads them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from tandem.quality.certificates.states import CertificateState
from tandem.store.certificates.documents import COLLECTION, CertificateDocument
from tandem.store.database import Database, Document, store_errors

_LIVE_STATES = [state.value for state in CertificateState if state.is_live]


def _in(seconds: float) -> Document:
    return {"$add": ["$$NOW", int(seconds * 1000)]}


class CertificateWriter:
    """Writer of certificates. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, certificate: CertificateDocument) -> CertificateDocument | None:
        """Insert it; one of this id that is there already stays. Return the one that is stored; None where the job has
        another one that has not ended."""
        async with store_errors():
            with suppress(DuplicateKeyError):
                await self._collection.insert_one(cast("Document", certificate))
            stored = await self._collection.find_one({"_id": certificate["_id"]})
        return cast("CertificateDocument | None", stored)

    async def ask_to_finish(self, certificate_id: str) -> CertificateDocument | None:
        """Have an open certificate closed with what was read so far; None when it is not open."""
        return await self._end(certificate_id, [CertificateState.OPEN.value], {"finishing": True})

    async def abandon(self, certificate_id: str, *, reason: str) -> CertificateDocument | None:
        """Give a certificate up; None when it has ended. Its key is forgotten, and its requests are withdrawn next."""
        changes = {"state": CertificateState.ABANDONED.value, "state_reason": {"$literal": reason}, "sealed": False}
        return await self._end(certificate_id, _LIVE_STATES, {**changes, "ended_at": "$$NOW", "key": "$$REMOVE"})

    async def _end(self, certificate_id: str, states: list[str], changes: Document) -> CertificateDocument | None:
        changes = {**changes, "step": {"$add": ["$step", 1]}, "next_at": "$$NOW"}
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {"_id": certificate_id, "state": {"$in": states}},
                [{"$set": changes}],
                return_document=ReturnDocument.AFTER,
            )
        return cast("CertificateDocument | None", found)

    async def claim(self, holder: str, *, seconds: float) -> CertificateDocument | None:
        """Lease the certificate whose next step is due and waited longest; None when none is.

        The holder keeps its lease from step to step, since it keeps the frozen labels in memory; another one takes over
        when it has run out.
        """
        free = {"$expr": {"$lte": ["$lease.until", "$$NOW"]}}
        due = {"$expr": {"$lte": ["$next_at", "$$NOW"]}}
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {"live": True, "$and": [due, {"$or": [free, {"lease.holder": holder}]}]},
                [{"$set": {"lease": {"holder": holder, "until": _in(seconds)}}}],
                sort=[("next_at", 1), ("_id", 1)],
                return_document=ReturnDocument.AFTER,
            )
        return cast("CertificateDocument | None", found)

    async def renew(self, certificate: CertificateDocument, *, seconds: float) -> bool:
        """Prolong the lease in the middle of a long step. False: another one holds it now."""
        async with store_errors():
            result = await self._collection.update_one(
                _under_lease(certificate), [{"$set": {"lease.until": _in(seconds)}}]
            )
        return result.matched_count > 0

    async def save(
        self, certificate: CertificateDocument, changes: Mapping[str, Any], *, next_in: float = 0.0
    ) -> CertificateDocument | None:
        """Write a step of the dispatcher; None when somebody changed the certificate meanwhile: read it anew.

        `next_in`: seconds until the next step. A state that has ended gets its time here, and its key is forgotten
        unless it closed.
        """
        fields: Document = {name: {"$literal": value} for name, value in changes.items()}
        state = changes.get("state")
        if state == CertificateState.OPEN:
            fields["opened_at"] = "$$NOW"
        elif state is not None:
            fields["ended_at"] = "$$NOW"
            if state != CertificateState.CLOSED:
                fields["key"] = "$$REMOVE"
        fields |= {"step": {"$add": ["$step", 1]}, "next_at": _in(next_in)}
        async with store_errors():
            found = await self._collection.find_one_and_update(
                _under_lease(certificate) | {"step": certificate["step"]},
                [{"$set": fields}],
                return_document=ReturnDocument.AFTER,
            )
        return cast("CertificateDocument | None", found)


def _under_lease(certificate: CertificateDocument) -> Document:
    lease = certificate["lease"]
    return {"_id": certificate["_id"], "lease.holder": None if lease is None else lease["holder"]}

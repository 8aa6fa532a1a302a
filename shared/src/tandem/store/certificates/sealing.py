"""Records whose labels nobody may see: those of the populations of open certificates."""

from __future__ import annotations

from functools import reduce
from operator import or_

from tandem.jobs import Selection
from tandem.store.certificates.documents import COLLECTION, selection_in
from tandem.store.database import Database, store_errors

_KEPT = 16
"""Populations that are kept in memory; they never change."""


class SealedReader:
    """Reader of what is sealed. All methods raise StoreUnavailableError when MongoDB is away.

    A sealed record is blind for everybody, whoever read it and whether or not it was asked for, until its certificate
    ends: who could look up a label before the record is drawn would not read it blind.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._populations: dict[str, Selection] = {}

    async def of(self, dataset_id: str) -> Selection | None:
        """Return the data set's records that are sealed now, whichever job they are sealed for; None for none."""
        query = {"dataset_id": dataset_id, "sealed": True}
        async with store_errors():
            found = await self._collection.find(query, {"_id": 1}).to_list(None)
        if not found:
            return None
        return reduce(or_, [await self._population(document["_id"]) for document in found])

    async def _population(self, certificate_id: str) -> Selection:
        if (known := self._populations.get(certificate_id)) is not None:
            return known
        async with store_errors():
            document = await self._collection.find_one({"_id": certificate_id}, {"population": 1})
        if document is None or "population" not in document:
            return Selection.of(())
        while len(self._populations) >= _KEPT:
            del self._populations[next(iter(self._populations))]
        self._populations[certificate_id] = selection_in(document["population"])
        return self._populations[certificate_id]

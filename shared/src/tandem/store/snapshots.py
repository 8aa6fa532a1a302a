"""Reads of the database as it was at one moment, however much is written meanwhile.

MongoDB keeps the history of the last five minutes (`minSnapshotHistoryWindowInSeconds`); an older moment cannot be
read any more. A moment is written as `seconds.increment`, which is how MongoDB counts its writes.
"""

from __future__ import annotations

import re
from typing import Any

from bson.timestamp import Timestamp
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from tandem.store.annotations.reader import AnnotationReader
from tandem.store.database import Database, store_errors
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader

_TOO_OLD = 239
_UNAVAILABLE = 246
"""Also what comes for a moment before the server's first one; else it passes."""
_SURELY_KEPT_SECONDS = 60
_SHAPE = re.compile(r"(\d{1,10})\.(\d{1,10})")
_LARGEST = 2**32


class SnapshotTooOldError(Exception):
    """The database does not keep the history of that moment any more."""


class BadMomentError(ValueError):
    """The text is no moment of the database."""


class _AtOneMoment(ReadConcern):
    def __init__(self, moment: Timestamp) -> None:
        super().__init__("snapshot")
        self._moment = moment

    @property
    def document(self) -> dict[str, Any]:
        return {"level": "snapshot", "atClusterTime": self._moment}


class Readers:
    """The readers that an export needs, of now or of one moment."""

    def __init__(self, database: Database) -> None:
        self.records = RecordReader(database)
        self.annotations = AnnotationReader(database)
        self.people = PersonReader(database)


class Snapshots:
    """Makes readers of one moment. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.now = Readers(database)

    async def moment(self) -> str:
        """Return the present moment."""
        now = await self._now()
        return f"{now.time}.{now.inc}"

    async def at(self, moment: str) -> Readers:
        """Return readers of that moment. Raises BadMomentError and SnapshotTooOldError."""
        found = _SHAPE.fullmatch(moment)
        if found is None or max(map(int, found.groups())) >= _LARGEST:
            raise BadMomentError(moment)
        wanted, now = Timestamp(*map(int, found.groups())), await self._now()
        if wanted > now:
            raise BadMomentError(moment)
        database = self._database.reading(_AtOneMoment(wanted))
        async with store_errors():
            try:
                await database.raw["projects"].find_one({}, {"_id": 1})
            except OperationFailure as error:
                is_old = now.time - wanted.time > _SURELY_KEPT_SECONDS
                if error.code == _TOO_OLD or (error.code == _UNAVAILABLE and is_old):
                    raise SnapshotTooOldError(moment) from error
                raise
        return Readers(database)

    async def _now(self) -> Timestamp:
        async with store_errors():
            answer = await self._database.raw.command("ping")
        now: Timestamp = answer["operationTime"]
        return now

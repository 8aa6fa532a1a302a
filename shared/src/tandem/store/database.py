"""The connection to MongoDB: what is read and written how safely, and how long anything may take."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

from tandem.settings import MongoSettings
from tandem.store.causality import CausalReadConcern, OperationClock
from tandem.store.errors import NameTakenError, StoreConflictError, StoreUnavailableError, store_errors

__all__ = [
    "Collection",
    "Database",
    "Document",
    "Filter",
    "NameTakenError",
    "StoreConflictError",
    "StoreUnavailableError",
    "store_errors",
    "utcnow",
]

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Filter = Mapping[str, Any]


class Database:
    """A handle on one database.

    Writes are acknowledged by a majority of the replica set. Reads come from the primary, see majority-acknowledged
    writes alone, and see every write that this process made or saw before, also after the primary changed. Times come
    back as UTC. A primary that stopped answering is given up after the heartbeat and the connect timeout together.
    """

    def __init__(self, settings: MongoSettings) -> None:
        url = settings.url.get_secret_value()
        options: dict[str, Any] = _timeouts(settings, url)
        if settings.tls_ca_file is not None:
            options |= {"tls": True, "tlsCAFile": str(settings.tls_ca_file)}
        if settings.tls_cert_key_file is not None:
            options |= {"tls": True, "tlsCertificateKeyFile": str(settings.tls_cert_key_file)}
        clock = OperationClock()
        self._clock = clock
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            tz_aware=True,
            tzinfo=UTC,
            w="majority",
            readConcernLevel="majority",
            readPreference="primary",
            retryWrites=True,
            retryReads=True,
            appname="tandem",
            event_listeners=[clock],
            **options,
        )
        self._database: AsyncIOMotorDatabase[Document] = self._client.get_database(
            settings.database, read_concern=CausalReadConcern(clock)
        )

    @property
    def raw(self) -> AsyncIOMotorDatabase[Document]:
        """Return the driver's own handle, for the store's modules and for tests."""
        return self._database

    def reading(self, concern: ReadConcern) -> Database:
        """Return a handle over the same connections whose reads have this read concern."""
        other = copy(self)
        database = self._client.get_database(self._database.name, read_concern=concern)
        other._database = database  # noqa: SLF001 - a copy of our own
        return other

    def __getitem__(self, collection: str) -> Collection:
        return self._database[collection]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Open a multi-document transaction; yields the session to pass on. Raises StoreUnavailableError."""
        async with store_errors(), await self._client.start_session() as session:
            if self._clock.latest is not None:
                session.advance_operation_time(self._clock.latest)
            async with session.start_transaction():
                yield session

    async def ping(self) -> None:
        """Check that MongoDB answers. Raises StoreUnavailableError."""
        async with store_errors():
            await self._database.command("ping")

    def close(self) -> None:
        self._client.close()


def utcnow() -> datetime:
    """Now, cut to the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _timeouts(settings: MongoSettings, url: str) -> dict[str, int]:
    """Return the time limits of the settings, in milliseconds, except those that the URL sets itself."""
    limits = {
        "serverSelectionTimeoutMS": settings.server_selection_timeout_seconds,
        "connectTimeoutMS": settings.connect_timeout_seconds,
        "heartbeatFrequencyMS": settings.heartbeat_seconds,
        "socketTimeoutMS": settings.answer_timeout_seconds,
    }
    own = {name.lower() for name in _options_of(url)}
    return {name: int(seconds * 1000) for name, seconds in limits.items() if name.lower() not in own}


def _options_of(url: str) -> list[str]:
    """Return the names of the options in a URL; a name that DNS resolves to servers (mongodb+srv) is left alone."""
    if url.startswith("mongodb+srv://"):
        query = url.partition("?")[2]
        return [option.partition("=")[0] for option in query.replace(";", "&").split("&")]
    return list(parse_uri(url)["options"])

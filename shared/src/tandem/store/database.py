"""The connection to MongoDB, and what to expect of it when it is away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from tandem.settings import MongoSettings

Document = dict[str, Any]
Collection = AsyncIOMotorCollection[Document]
Filter = Mapping[str, Any]


class StoreUnavailableError(Exception):
    """MongoDB cannot be reached or has no primary. Nothing is known of the write's effect; writes are idempotent, so
    the same call may be made again."""


class NameTakenError(Exception):
    """A document of this name, or this version of it, exists already. Its text is the name."""


class StoreConflictError(StoreUnavailableError):
    """Another write got in the way of this one, which was taken back: look again, then try again after a short wait."""


_AWAY = (
    AutoReconnect,
    ConnectionFailure,
    ServerSelectionTimeoutError,
    NotPrimaryError,
    ExecutionTimeout,
    WTimeoutError,
)


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Turn the driver's ways of saying that MongoDB is away into StoreUnavailableError; let the rest pass."""
    try:
        yield
    except _AWAY as error:
        raise StoreUnavailableError(f"MongoDB cannot be reached: {type(error).__name__}") from error
    except PyMongoError as error:
        if error.has_error_label("TransientTransactionError"):
            raise StoreConflictError(f"another write got in the way: {type(error).__name__}") from error
        if error.has_error_label("RetryableWriteError"):
            raise StoreUnavailableError(f"MongoDB asks for a retry: {type(error).__name__}") from error
        raise


class Database:
    """A handle on one database. Reads and writes are majority-acknowledged, times come back as UTC."""

    def __init__(self, settings: MongoSettings) -> None:
        options: dict[str, Any] = {}
        if settings.tls_ca_file is not None:
            options |= {"tls": True, "tlsCAFile": str(settings.tls_ca_file)}
        if settings.tls_cert_key_file is not None:
            options |= {"tls": True, "tlsCertificateKeyFile": str(settings.tls_cert_key_file)}
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            settings.url.get_secret_value(),
            tz_aware=True,
            tzinfo=UTC,
            serverSelectionTimeoutMS=int(settings.server_selection_timeout_seconds * 1000),
            w="majority",
            readConcernLevel="majority",
            appname="tandem",
            **options,
        )
        self._database: AsyncIOMotorDatabase[Document] = self._client[settings.database]

    @property
    def raw(self) -> AsyncIOMotorDatabase[Document]:
        """The driver's own handle, for the store's modules and for tests."""
        return self._database

    def __getitem__(self, collection: str) -> Collection:
        return self._database[collection]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A multi-document transaction; yields the session to pass on. Raises StoreUnavailableError."""
        async with store_errors(), await self._client.start_session() as session, session.start_transaction():
            yield session

    async def ping(self) -> None:
        """Raises StoreUnavailableError."""
        async with store_errors():
            await self._database.command("ping")

    def close(self) -> None:
        self._client.close()


def utcnow() -> datetime:
    """Now, cut to the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)

"""Errors of the store, and the rule that tells which of MongoDB's errors may be retried.

Sources of the codes and labels:

- the drivers' specifications "Server Discovery And Monitoring" (not primary, node is recovering, node is shutting
  down), "Retryable Reads", "Retryable Writes" and "Transactions" (error labels);
- the server's `error_codes.yml`, categories NetworkError, NotPrimaryError, ShutdownError, Interruption,
  ExceededTimeLimitError, CursorInvalidatedError, SnapshotError, RetriableError and SystemOverloadedError.

Everything that is not listed here stays as the driver raised it and ends the process: a wrong query, missing rights, an
index that cannot be built.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pymongo.errors import (
    BulkWriteError,
    ClientBulkWriteException,
    ConnectionFailure,
    CursorNotFound,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

DUPLICATE_KEY = 11000


class StoreUnavailableError(Exception):
    """MongoDB did not carry out a call for a reason that passes: it is away, has no primary, or interrupted the call.

    The effect of a write is unknown. Writes are idempotent, so the same call may be made again.
    """


class StoreConflictError(StoreUnavailableError):
    """Another write got in the way of this one, which was undone: read again, then retry after a short wait."""


class NameTakenError(Exception):
    """A document of this name, or this version of it, exists already. Its text is the name."""


_NETWORK = {
    6: "HostUnreachable",
    7: "HostNotFound",
    89: "NetworkTimeout",
    202: "NetworkInterfaceExceededTimeLimit",
    407: "PooledConnectionAcquisitionExceededTimeLimit",
    9001: "SocketException",
}
_NOT_PRIMARY = {
    189: "PrimarySteppedDown",
    10058: "LegacyNotPrimary",
    10107: "NotWritablePrimary",
    11602: "InterruptedDueToReplStateChange",
    13435: "NotPrimaryNoSecondaryOk",
    13436: "NotPrimaryOrSecondary",
}
_SHUTDOWN = {91: "ShutdownInProgress", 11600: "InterruptedAtShutdown"}
_STARTING = {
    94: "NotYetInitialized",
    133: "FailedToSatisfyReadPreference",
    134: "ReadConcernMajorityNotAvailableYet",
    216: "ElectionInProgress",
}
_TIME = {50: "MaxTimeMSExpired", 64: "WriteConcernTimeout", 262: "ExceededTimeLimit"}
_INTERRUPTED = {
    24: "LockTimeout",
    46: "LockBusy",
    279: "ClientDisconnect",
    355: "InterruptedDueToStorageChange",
    11601: "Interrupted",
}
_CURSOR = {43: "CursorNotFound", 175: "QueryPlanKilled", 237: "CursorKilled"}
"""The server that held the cursor restarted, or gave it up: read again."""
_OVERLOADED = {
    365: "TemporarilyUnavailable",
    402: "ResourceExhausted",
    433: "AdmissionQueueOverflow",
    449: "RateLimitExceeded",
    462: "IngressRequestRateLimitExceeded",
}
_HISTORY = {217: "IncompleteTransactionHistory"}
"""The server cannot tell whether a retried write took effect the first time."""

UNAVAILABLE_CODES: Mapping[int, str] = {
    **_NETWORK,
    **_NOT_PRIMARY,
    **_SHUTDOWN,
    **_STARTING,
    **_TIME,
    **_INTERRUPTED,
    **_CURSOR,
    **_OVERLOADED,
    **_HISTORY,
}
CONFLICT_CODES: Mapping[int, str] = {
    112: "WriteConflict",
    239: "SnapshotTooOld",
    246: "SnapshotUnavailable",
    250: "StaleChunkHistory",
    251: "NoSuchTransaction",
    267: "PreparedTransactionInProgress",
    272: "MigrationConflict",
    290: "TransactionExceededLifetimeLimitSeconds",
    363: "RetryableTransactionInProgress",
}
"""The transaction, or the snapshot that it reads, was given up."""

UNAVAILABLE_LABELS = (
    "RetryableWriteError",
    "UnknownTransactionCommitResult",
    "RetryableError",
    "SystemOverloadedError",
)
CONFLICT_LABEL = "TransientTransactionError"

_PASSING = (ConnectionFailure, ExecutionTimeout, WTimeoutError, CursorNotFound)
"""AutoReconnect, NetworkTimeout, NotPrimaryError, ServerSelectionTimeoutError and WaitQueueTimeoutError are connection
failures."""
_RECOVERING_MESSAGES = ("not master", "not primary", "node is recovering")
"""Servers that send no code say so in words."""

Retryable = type[StoreUnavailableError]


def retryable(error: BaseException) -> Retryable | None:
    """Say as which error of the store `error` may be retried; None when it may not.

    A bulk result may be retried when each of its errors passes or is a duplicate key, and at least one of them passes.
    Example: nine documents inserted, one a duplicate, and the write concern interrupted by a step-down (11602) gives
    StoreUnavailableError. The retry then finds ten duplicates.
    """
    if isinstance(error, _PASSING):
        return StoreUnavailableError
    if not isinstance(error, PyMongoError):
        return None
    labeled = _by_labels(error.has_error_label)
    if not isinstance(error, OperationFailure):
        return labeled
    details = error.details if isinstance(error.details, Mapping) else {}
    if isinstance(error, BulkWriteError | ClientBulkWriteException):
        return _of_parts(details, labeled)
    return _of_single(error.code, str(error), details) or labeled


def reason(error: BaseException) -> str:
    """Describe a driver's error for a log line, e.g. `WriteConcernError (InterruptedDueToReplStateChange)`."""
    details = getattr(error, "details", None)
    documents = [details, *_parts(details)] if isinstance(details, Mapping) else []
    codes = [getattr(error, "code", None), *(document.get("code") for document in documents)]
    names = {**CONFLICT_CODES, **UNAVAILABLE_CODES}
    known = [names[code] for code in codes if isinstance(code, int) and code in names]
    return f"{type(error).__name__} ({known[0]})" if known else type(error).__name__


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Raise StoreUnavailableError in place of each error of the driver that may be retried; let the others pass."""
    try:
        yield
    except PyMongoError as error:
        kind = retryable(error)
        if kind is None:
            raise
        if kind is StoreConflictError:
            raise StoreConflictError(f"another write conflicted: {reason(error)}") from error
        if isinstance(error, ConnectionFailure):
            raise StoreUnavailableError(f"MongoDB cannot be reached: {reason(error)}") from error
        raise StoreUnavailableError(f"MongoDB interrupted the call: {reason(error)}") from error


def only_duplicates(error: BulkWriteError) -> set[int]:
    """Return the indexes of the documents that an insert found to exist already.

    Raises `error` itself when anything else went wrong, be it the write concern alone: then it is unknown what will
    last, and the caller inserts again.
    """
    failures = error.details["writeErrors"]
    if error.details.get("writeConcernErrors") or any(failure["code"] != DUPLICATE_KEY for failure in failures):
        raise error
    return {failure["index"] for failure in failures}


def _by_labels(has: Any) -> Retryable | None:
    if has(CONFLICT_LABEL):
        return StoreConflictError
    return StoreUnavailableError if any(map(has, UNAVAILABLE_LABELS)) else None


def _of_single(code: Any, message: str, details: Mapping[str, Any]) -> Retryable | None:
    """Judge one error document: by its code, its labels, its words, and the write concern error within it."""
    if isinstance(code, int):
        if code in CONFLICT_CODES:
            return StoreConflictError
        if code in UNAVAILABLE_CODES:
            return StoreUnavailableError
    if (kind := _by_labels(_labels(details).__contains__)) is not None:
        return kind
    if code is None and any(words in message for words in _RECOVERING_MESSAGES):
        return StoreUnavailableError
    info = details.get("errInfo")
    if isinstance(info, Mapping) and info.get("wtimeout"):
        return StoreUnavailableError
    nested = details.get("writeConcernError")
    return _of_document(nested) if isinstance(nested, Mapping) else None


def _of_document(part: Mapping[str, Any]) -> Retryable | None:
    return _of_single(part.get("code"), str(part.get("errmsg", "")), part)


def _of_parts(details: Mapping[str, Any], labeled: Retryable | None) -> Retryable | None:
    """Judge a bulk result by all the errors in it."""
    found = [labeled or _by_labels(_labels(details).__contains__)]
    cause = details.get("error")
    if isinstance(cause, BaseException):
        if (kind := retryable(cause)) is None:
            return None
        found.append(kind)
    for part in _parts(details):
        kind = _of_document(part)
        if kind is None and part.get("code") != DUPLICATE_KEY:
            return None
        found.append(kind)
    passing = [kind for kind in found if kind is not None]
    if StoreUnavailableError in passing:
        return StoreUnavailableError
    return passing[0] if passing else None


def _parts(details: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("writeErrors", "writeConcernErrors"):
        parts = details.get(name)
        if isinstance(parts, Sequence):
            yield from (part for part in parts if isinstance(part, Mapping))
    if isinstance(nested := details.get("writeConcernError"), Mapping):
        yield nested


def _labels(details: Mapping[str, Any]) -> Sequence[str]:
    labels = details.get("errorLabels")
    return labels if isinstance(labels, Sequence) else ()

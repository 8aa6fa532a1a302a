"""The shape of a dead letter in MongoDB. It is there for as long as its topic keeps the message."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypedDict

COLLECTION = "dead_letters"


class DeadLetterState(StrEnum):
    """What became of a dead letter."""

    OPEN = "open"
    """Nobody has decided about it."""
    REPLAYING = "replaying"
    """A person asked for it to be handled again; the dispatcher has not published it yet."""
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class DeadLetterDocument(TypedDict):
    _id: str
    """Partition, offset and time of the message in the topic of dead letters."""
    topic: str
    """Topic that it was read from, without the installation's prefix."""
    group: str
    """Consumer group that could not handle it, as the broker knows it."""
    reason: str
    detail: str
    key: str
    value: bytes
    """The message as it was; empty once it is discarded."""
    fixed: bytes | None
    """The message as a person changed it."""
    job_id: str | None
    """Of the content, as the next ones, where it can be read."""
    project_id: str | None
    seq: int | None
    record_id: str | None
    state: str
    result: str | None
    """One sentence on what became of it."""
    written_at: datetime
    handled_at: datetime | None
    handled_by_id: str | None
    """Who replayed, changed or discarded it last."""
    expires_at: datetime

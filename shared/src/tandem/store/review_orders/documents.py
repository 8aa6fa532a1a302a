"""The shape of an order of review in MongoDB."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict

import orjson

COLLECTION = "review_orders"


class OrderState(StrEnum):
    OPEN = "open"
    """Is walked, block by block."""
    DONE = "done"


class OrderCounts(TypedDict):
    """Records below the cursor. differing = queued + waiting + decided."""

    differing: int
    queued: int
    """Sent to a person by this order."""
    waiting: int
    """In the queue of one of the jobs for another reason, or by another order."""
    decided: int
    """A person decided on them, in one of the jobs."""


class OrderLeasePart(TypedDict):
    holder: str | None
    """None: nobody's, but let alone until then."""
    until: datetime
    """By the database's clock."""


class ReviewOrderDocument(TypedDict):
    _id: str
    """See `order_id`: the same order is one document, however often it is given."""
    project_id: str
    dataset_id: str
    jobs: list[str]
    """A record goes into the queue of the first of them that has an annotation of it."""
    task: str | None
    """None: any task that they have in common."""
    min_confidence: float | None
    """Only where every label of the task has at least this confidence."""
    from_seq: int
    below_seq: int
    state: str
    """An `OrderState`."""
    run: int
    """How often it was given; each time it is walked from the start."""
    cursor: int
    """Every differing record below it is in a queue or decided."""
    counts: OrderCounts
    queues: dict[str, int]
    """Job to how many of the queued are in its queue."""
    lease: OrderLeasePart | None
    stalled: int
    """How often in a row a block was not carried out in time."""
    walked_at: datetime
    """When a block of it was taken up last; the order that waited longest comes next."""
    created_at: datetime
    created_by: str
    """The person's name at that time; replicas of older versions read it."""
    created_by_id: NotRequired[str]
    """Who gave it; absent from orders of an older version until they are migrated."""
    finished_at: datetime | None


NO_COUNTS: OrderCounts = {"differing": 0, "queued": 0, "waiting": 0, "decided": 0}


def order_id(jobs: Sequence[str], task: str | None, min_confidence: float | None) -> str:
    return hashlib.sha256(orjson.dumps([list(jobs), task, min_confidence])).hexdigest()[:32]

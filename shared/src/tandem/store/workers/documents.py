"""The shape of a worker's last report in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

COLLECTION = "workers"

FRESH_SECONDS = 10
"""A worker that was not heard of for longer is gone."""
KEPT_SECONDS = 300


class WorkerDocument(TypedDict):
    _id: str
    """The worker's name."""
    report: dict[str, Any]
    """`WorkerReportedV1`."""
    heard_at: datetime
    """Time at which the last report was received, by the database's clock."""

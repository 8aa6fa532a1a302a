"""The shape of a report in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

COLLECTION = "reports"


class ReportDocument(TypedDict):
    _id: str
    """The job's id."""
    version: int
    """Of the report's shape; others are made again."""
    fingerprint: list[int]
    """Of the annotations that it was made from; where theirs differs, it is made again."""
    report: dict[str, Any]
    """As the API says it."""
    made_at: datetime

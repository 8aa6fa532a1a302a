"""The shape of a report in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

COLLECTION = "reports"


class ReportDocument(TypedDict):
    _id: str
    """The job's id."""
    version: int
    """Version of the report's shape; reports of other versions are made again."""
    fingerprint: list[int]
    """Fingerprint of the annotations that it was made from; when theirs differs, it is made again."""
    report: dict[str, Any]
    """Report as the API returns it."""
    made_at: datetime

"""The shape of a summary in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

COLLECTION = "summaries"


class SummaryDocument(TypedDict):
    _id: str
    """`"{subject}:{block}"`."""
    subject: str
    """A job's id; or those that are compared, joined by `|`."""
    block: int
    version: int
    """Version of the summary's shape; summaries of other versions are made again."""
    fingerprint: list[int]
    """Fingerprint of the annotations that it was made from; when theirs differs, it is made again."""
    data: bytes
    """JSON, deflated."""
    expires_at: NotRequired[datetime]
    """Time at which the summary of a comparison expires."""


def summary_id(subject: str, block: int) -> str:
    return f"{subject}:{block}"

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
    """Of what is summed up; others are made again."""
    fingerprint: list[int]
    """Of the annotations that it was made from; where theirs differs, it is made again."""
    data: bytes
    """JSON, deflated."""
    expires_at: NotRequired[datetime]
    """Of comparisons: when it goes by itself."""


def summary_id(subject: str, block: int) -> str:
    return f"{subject}:{block}"

"""The shape of a payment for a request that was handed back: beside the annotations, since its record may have none."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

COLLECTION = "handed_back"


class HandedBackDocument(TypedDict):
    _id: str
    """`"{job_id}:{seq}:{answer}"`, where `answer` names the asking that was paid as in a `SpendingPart`."""
    job_id: str
    seq: int
    attempt: int
    reason: str
    models: list[dict[str, Any]]
    """`ModelSpend`s, one for each model that was called."""
    at: datetime

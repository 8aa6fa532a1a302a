"""The shape of a subset in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from tandem.store.jobs.documents import SelectionPart

COLLECTION = "subsets"


class SubsetDocument(TypedDict):
    _id: str
    project_id: str
    dataset_id: str
    name: str
    """Unique in its data set."""
    selection: SelectionPart
    """Frozen when the subset was made."""
    definition: dict[str, Any]
    """Definition that it was made from, as the API takes it; it is not evaluated again."""
    created_at: datetime
    created_by: str
    created_by_id: str

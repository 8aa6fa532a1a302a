"""The shape of a project in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

COLLECTION = "projects"


class ProjectDocument(TypedDict):
    _id: str
    name: str
    """Unique in the installation."""
    description: str
    created_at: datetime
    created_by_id: NotRequired[str]
    """Id of the person who made it; absent from projects that an older version made."""

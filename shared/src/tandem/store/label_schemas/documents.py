"""The shape of a label schema's version in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from tandem.events import LabelSchemaSpec

COLLECTION = "label_schemas"


class LabelSchemaDocument(TypedDict):
    _id: str
    project_id: str
    name: str
    version: int
    """1, 2, ... within (project, name)."""
    tasks: list[dict[str, Any]]
    """`LabelTask`s; a document written before a field came lacks it."""
    created_at: datetime
    created_by_id: NotRequired[str]
    """Id of the person who made it; absent from versions that an older release made."""


def label_schema_spec(document: LabelSchemaDocument) -> LabelSchemaSpec:
    """Convert the version to the form that travels in events."""
    return LabelSchemaSpec.model_validate(
        {
            "label_schema_id": document["_id"],
            "version": document["version"],
            "name": document["name"],
            "tasks": document["tasks"],
        }
    )

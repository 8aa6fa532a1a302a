"""Deletions on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem.store.deletions.documents import DeletedKind
from tandem_api.views import Body, View


class DeletionOrder(Body):
    kind: DeletedKind
    id: str = Field(max_length=200, description="Id of the thing; of a record, its own id (`record_id`).")
    dataset_id: str | None = Field(default=None, max_length=200, description="Of a record: its data set.")
    confirm: str | None = Field(
        default=None,
        max_length=500,
        description="Left out: nothing is deleted, the answer says what would go. To delete, repeat the answer's "
        "`confirm`, which is the name of the thing.",
    )


class Deletion(View):
    """Counts of a deletion: what it takes, or took."""

    id: str | None = Field(description="Null: nothing was deleted yet.")
    kind: DeletedKind
    target_id: str
    name: str
    project_id: str | None
    counts: dict[str, int] = Field(description="Collection to documents that go; of a person, also that are changed.")
    confirm: str | None = Field(default=None, description="What to repeat in order to delete.")
    stays: list[str] = Field(default=[], description="What is kept elsewhere, and until when.")
    done: bool
    asked_at: datetime | None
    asked_by_id: str | None
    done_at: datetime | None


class DeletionList(View):
    items: list[Deletion]

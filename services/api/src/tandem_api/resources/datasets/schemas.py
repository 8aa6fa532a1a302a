"""Data sets, records and imports on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from tandem.events import LabelValue
from tandem_api.paging import Page
from tandem_api.views import Body, Name, View


class DatasetCreate(Body):
    name: Name


class Import(View):
    """A committed import."""

    import_id: str
    records: int
    skipped: int
    committed_at: datetime
    committed_by: str = Field(description="The name of the person who imported it.")
    committed_by_id: str | None = Field(default=None, description="Id of that person.")


class Dataset(View):
    id: str
    project_id: str
    name: str
    fields: list[str] = Field(description="Names of the records' text fields; empty before the first import.")
    ids_made: bool | None = Field(
        default=None, description="Whether the records' ids were made of their content; null before the first import."
    )
    gold_tasks: list[str] = Field(description="Tasks for which records carry values known to be right.")
    record_count: int
    imports: list[Import] = Field(description="The last ones, oldest first.")
    created_at: datetime


class DatasetPage(Page[Dataset]):
    pass


class ImportResult(View):
    import_id: str
    records: int = Field(description="Taken in and visible from now on.")
    skipped: int = Field(description="Rows left out because their id, or their content, was there already.")
    same_content: int = Field(
        default=0, description="Rows whose fields another record has; looked for unless on_same_content is keep."
    )
    duplicates: int = Field(description="Rows whose id was there already; with on_duplicate=skip all were skipped.")
    changed: int = Field(
        default=0,
        description="Number of skipped rows that differ from the record of their id, which stays unchanged.",
    )
    skipped_ids: list[str] = Field(description="The first twenty of the skipped.")
    id_column: str | None = Field(
        default=None, description="Where the records' ids come from; null when they were made of the content."
    )
    made_ids: list[str] = Field(default=[], description="The first twenty of the ids that were made.")
    repeated: int = Field(
        default=0, description="Rows equal to an earlier one of the file, whose made ids end with their number: -2, -3."
    )
    delimiter: str | None = Field(default=None, description="Delimiter of the file, if it is CSV.")
    visible_below: int


class Record(View):
    seq: int
    record_id: str
    fields: dict[str, str]
    metadata: dict[str, Any]
    gold: dict[str, LabelValue] | None = None
    content_hash: str


class RecordPage(Page[Record]):
    pass


class FileFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    ARROW = "arrow"


class OnDuplicate(StrEnum):
    ERROR = "error"
    SKIP = "skip"


class OnSameContent(StrEnum):
    KEEP = "keep"
    SKIP = "skip"
    ERROR = "error"

"""Data sets, records and imports on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from tandem.events import LabelValue
from tandem_api.paging import Page
from tandem_api.resources.datasets.parsing.recognising import FileFormat, Packing
from tandem_api.resources.datasets.parsing.tools.recognised import Tool
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
    file_format: FileFormat = Field(default=FileFormat.CSV, description="What the file was, by its content.")
    packing: Packing | None = Field(default=None, description="How the file was compressed.")
    empty: int = Field(default=0, description="Rows without text that were left out (skip_empty).")
    left_out: list[str] = Field(
        default=[], description="Columns that no part of the records comes from, the first thousand."
    )
    gold: dict[str, str] = Field(default={}, description="Task to the column that its gold values came from.")
    tool: Tool | None = Field(default=None, description="The annotation tool that wrote the file.")
    opinions: int = Field(default=0, description="What annotators of that tool said: the number of opinions kept.")
    disagreed: int = Field(default=0, description="Records without gold because they said different things.")
    visible_below: int


class ImportedOpinion(View):
    """An annotator's opinion from another tool, from before the import."""

    by: str | None = Field(description="As that tool names the annotator.")
    values: dict[str, Any]
    at: str | None
    counts: bool = Field(description="False: a suggestion, a draft or a rejected answer; never gold.")
    holds: bool = Field(default=False, description="True: the tool says that it is right.")


class Record(View):
    seq: int
    record_id: str
    fields: dict[str, str]
    metadata: dict[str, Any]
    gold: dict[str, LabelValue] | None = None
    imported_opinions: list[ImportedOpinion] | None = None
    content_hash: str


class PreviewColumn(View):
    name: str
    kind: str = Field(description="integer, number, boolean, text, list, object, mixed or empty.")
    filled: int = Field(description="Rows that have a value.")
    examples: list[Any]
    use: str = Field(description="id, text, gold, metadata or left out.")


class PreviewRecord(View):
    """A record as the import would make it."""

    record_id: str
    fields: dict[str, str]
    metadata: dict[str, Any]
    gold: dict[str, LabelValue] | None = None
    imported_opinions: list[ImportedOpinion] | None = None


class PreviewFault(View):
    row: int | None = None
    line: int | None = None
    column: str | None = None
    type: str
    detail: str
    cure: str


class ImportPreview(View):
    """Preview of an import by the first rows of its file. Whatever the request does not state is guessed."""

    file_format: FileFormat
    packing: Packing | None = None
    delimiter: str | None = None
    tool: Tool | None = Field(default=None, description="The annotation tool that wrote the file.")
    rows_seen: int
    is_whole: bool = Field(description="True: the file has no further rows.")
    columns: list[PreviewColumn]
    id_column: str | None = Field(description="Null: ids are made from the content.")
    text_columns: dict[str, str] = Field(description="Field to its column.")
    gold: dict[str, str] = Field(description="Task to the column of its right answers, asked for or guessed.")
    left_out: list[str]
    records: list[PreviewRecord] = Field(description="The first ten.")
    faults: list[PreviewFault] = Field(description="The first twenty among the rows seen.")
    fault_count: int


class RecordPage(Page[Record]):
    pass


class OnDuplicate(StrEnum):
    ERROR = "error"
    SKIP = "skip"


class OnSameContent(StrEnum):
    KEEP = "keep"
    SKIP = "skip"
    ERROR = "error"

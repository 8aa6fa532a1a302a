"""The shape of a data set in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, TypedDict

COLLECTION = "datasets"

KEPT_IMPORTS = 100
"""Number of past imports that a data set keeps."""


class ImportLeasePart(TypedDict):
    """Held by the one import that may write; prolonged while it runs, by the database's clock."""

    import_id: str
    until: datetime


class ImportPart(TypedDict):
    """A committed import; one that failed leaves nothing."""

    import_id: str
    records: int
    skipped: int
    """Rows whose id was there before, where the caller asked to skip them."""
    committed_at: datetime
    committed_by: str
    """The person's name at that time; replicas of older versions read it."""
    committed_by_id: NotRequired[str]
    """Id of the person who imported; absent from imports of an older version until they are migrated."""


class ColumnUsePart(TypedDict):
    """Use of a column of the data set's frame."""

    use: str
    """id, field or metadata."""
    key: str
    """Its name within the records."""
    categories: list[Any] | None
    """Values of a categorical column, in their order."""


class ColumnsPart(TypedDict):
    """The columns of the data set as a frame, with their types."""

    schema: bytes
    """An Arrow schema, as an IPC message."""
    uses: list[ColumnUsePart]
    """Uses of the columns, one for each field of the schema."""


class DatasetDocument(TypedDict):
    _id: str
    project_id: str
    name: str
    fields: list[str]
    """Names of the text fields, fixed by the first import; empty before."""
    ids_made: NotRequired[bool]
    """True: the records' ids are made of their content. The first import fixes it; absent before."""
    columns: NotRequired[ColumnsPart | None]
    """Types of its columns; absent before the first import. None: not known, or too many to keep."""
    gold_tasks: list[str]
    """Tasks for which an import brought values known to be right."""
    record_count: int
    """Visible records."""
    visible_below: int
    """A record is visible iff its seq is below this; the next import starts here."""
    import_lease: ImportLeasePart | None
    imports: list[ImportPart]
    """The last ones, oldest first."""
    created_at: datetime
    created_by_id: NotRequired[str]
    """Absent from data sets that an older version made."""

"""Which columns become what of a record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tandem.store.records.documents import RecordDocument, content_hash, record_document_id
from tandem_api.datasets.parsing.rows import FileFaultError, Limits, Row, place

MAX_ID_CHARACTERS = 500
ALL_OTHERS = ("*",)
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`metadata_columns` may be `("*",)`: all columns that are nothing else."""

    id_column: str
    text_columns: tuple[str, ...]
    gold_column: str | None = None
    gold_task: str | None = None
    metadata_columns: tuple[str, ...] = ()

    @property
    def gold_tasks(self) -> list[str]:
        return [self.gold_task or self.gold_column] if self.gold_column else []

    def check(self, columns: Sequence[str]) -> None:
        """Raises FileFaultError for the first column that the file does not have."""
        named = {"id_column": [self.id_column], "text_columns": self.text_columns}
        named["gold_column"] = [self.gold_column] if self.gold_column else []
        named["metadata_columns"] = () if self.metadata_columns == ALL_OTHERS else self.metadata_columns
        for parameter, wanted in named.items():
            for column in wanted:
                if column not in columns:
                    raise self._no_column(parameter, column, columns)

    def _no_column(self, parameter: str, column: str, columns: Sequence[str]) -> FileFaultError:
        hint = ""
        if len(columns) == 1 and (found := next((mark for mark in ";\t|" if mark in columns[0]), None)):
            hint = f" The header seems to be delimited by {found!r}: say so with `delimiter`."
        return FileFaultError(
            "no-such-column",
            f"The file has no column {column!r} ({parameter}); it has {', '.join(map(repr, columns[:30]))}.{hint}",
            cure=f"Name one of the file's columns in {parameter}, exactly as the header has it.",
            line=1,
            column=column,
        )


class RecordMaker:
    """Makes records of rows, without their seq's bound being known: it is given with each."""

    def __init__(
        self, mapping: ColumnMapping, limits: Limits, *, dataset_id: str, import_id: str, fields: Sequence[str]
    ) -> None:
        """`fields` is the order in which the text columns stand in the records."""
        self._mapping = mapping
        self._limits = limits
        self._dataset_id = dataset_id
        self._import_id = import_id
        self._fields = fields
        self._taken = {mapping.id_column, *mapping.text_columns, mapping.gold_column}

    def record_id(self, row: Row) -> str:
        """The row's key. Raises FileFaultError when it has none that can be one."""
        column = self._mapping.id_column
        value = self._value(row, column)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        key = value.strip() if isinstance(value, str) else ""
        if not key:
            raise self._fault("missing-id", row, column, "there is no id", "Give every row an id of its own.")
        if len(key) > MAX_ID_CHARACTERS:
            detail = f"the id has {len(key):,} characters"
            raise self._fault("id-too-long", row, column, detail, f"Use at most {MAX_ID_CHARACTERS}.")
        return key

    def record(self, row: Row, record_id: str, seq: int) -> RecordDocument:
        """Raises FileFaultError."""
        fields = {column: self._text(row, column) for column in self._fields}
        if not any(text.strip() for text in fields.values()):
            column = self._mapping.text_columns[0]
            raise self._fault("missing-text", row, column, "there is no text", "Fill it in or leave the row out.")
        document: RecordDocument = {
            "_id": record_document_id(self._dataset_id, seq),
            "dataset_id": self._dataset_id,
            "seq": seq,
            "record_id": record_id,
            "fields": fields,
            "metadata": self._metadata(row),
            "content_hash": content_hash(fields),
            "import_id": self._import_id,
        }
        gold_column = self._mapping.gold_column
        if gold_column and (gold := self._gold(row, gold_column)):
            document["gold"] = {self._mapping.gold_tasks[0]: gold}
        self._check_size(row, document)
        return document

    def _value(self, row: Row, column: str) -> Any:
        try:
            return row.values[column]
        except KeyError:
            detail = f"the object has no {column!r}; it has {', '.join(map(repr, list(row.values)[:30]))}"
            raise self._fault("no-such-column", row, column, detail, "Give every object the same keys.") from None

    def _text(self, row: Row, column: str) -> str:
        value = self._value(row, column)
        if value is None:
            return ""
        if not isinstance(value, str):
            detail = f"a text is wanted, this is a JSON {type(value).__name__}"
            raise self._fault("not-text", row, column, detail, "Write texts as JSON strings.")
        return value

    def _gold(self, row: Row, column: str) -> str:
        value = self._value(row, column)
        if value is None:
            return ""
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip()
        detail = f"a label is wanted, this is a JSON {type(value).__name__}"
        raise self._fault("not-text", row, column, detail, "Write labels as JSON strings.")

    def _metadata(self, row: Row) -> dict[str, Any]:
        if self._mapping.metadata_columns == ALL_OTHERS:
            return {column: _scalar(value) for column, value in row.values.items() if column not in self._taken}
        return {column: _scalar(self._value(row, column)) for column in self._mapping.metadata_columns}

    def _check_size(self, row: Row, document: RecordDocument) -> None:
        limit = self._limits.record_bytes
        sizes = {column: len(text) for column, text in document["fields"].items()}
        metadata = document["metadata"]
        if 4 * sum(sizes.values()) + 4 * sum(len(str(value)) for value in metadata.values()) <= limit:
            return  # no character takes more than four bytes
        sizes = {column: len(text.encode()) for column, text in document["fields"].items()}
        sizes |= {column: len(str(value).encode()) for column, value in metadata.items()}
        if (total := sum(sizes.values())) > limit:
            column = max(sizes, key=lambda name: sizes[name])
            detail = f"the record is {total:,} bytes long, {sizes[column]:,} of them here; the limit is {limit:,}"
            raise self._fault("record-too-large", row, column, detail, "Shorten or split the text.")

    def _fault(self, code: str, row: Row, column: str, detail: str, cure: str) -> FileFaultError:
        return FileFaultError(
            code,
            f"{place(row.number, row.line, column)}: {detail}.",
            cure=cure,
            row=row.number,
            line=row.line,
            column=column,
        )


def _scalar(value: Any) -> Any:
    """Scalars stay, what has parts becomes its JSON text, and so does what no database number holds."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return orjson.dumps(value).decode()

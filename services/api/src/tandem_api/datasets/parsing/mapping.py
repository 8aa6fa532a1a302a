"""Which columns become what of a record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tandem.events import LabelTask
from tandem.store.records.documents import RecordDocument, content_hash, record_document_id
from tandem_api.datasets.parsing.gold import GoldError, gold_value, untyped_gold
from tandem_api.datasets.parsing.rows import FileFaultError, Limits, Row, delimiter_hint, place

MAX_ID_CHARACTERS = 500
ALL_OTHERS = ("*",)
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`metadata_columns` may be `("*",)`: all columns that are nothing else.

    In JSONL a column is a key of the object, or a path of keys with dots between them.
    """

    id_column: str
    text_columns: tuple[str, ...]
    """Names of the records' fields."""
    text_sources: Mapping[str, str] = field(default_factory=dict)
    """Field to its column, where that has another name."""
    gold_columns: Mapping[str, str] = field(default_factory=dict)
    """Task to the column that holds its right value."""
    gold_kinds: Mapping[str, LabelTask] = field(default_factory=dict)
    """Task to what its values are; where a task is not here they are labels or texts, taken as they are."""
    gold_separator: str | None = None
    """Between the labels of a multiple choice, where they are not written as JSON."""
    metadata_columns: tuple[str, ...] = ()

    @property
    def gold_tasks(self) -> list[str]:
        return list(self.gold_columns)

    def check(self, columns: Sequence[str]) -> None:
        """Raises FileFaultError for the first column that the file does not have."""
        texts = tuple(self.column_of(name) for name in self.text_columns)
        named: dict[str, Sequence[str]] = {"id_column": [self.id_column], "text_columns": texts}
        named["gold_columns"] = tuple(self.gold_columns.values())
        named["metadata_columns"] = () if self.metadata_columns == ALL_OTHERS else self.metadata_columns
        for parameter, wanted in named.items():
            for column in wanted:
                if column not in columns:
                    raise self._no_column(parameter, column, columns)

    def column_of(self, text_field: str) -> str:
        return self.text_sources.get(text_field, text_field)

    def _no_column(self, parameter: str, column: str, columns: Sequence[str]) -> FileFaultError:
        usual = f"Name one of the file's columns in {parameter}, exactly as the header has it."
        return FileFaultError(
            "no-such-column",
            f"The file has no column {column!r} ({parameter}); it has {', '.join(map(repr, columns[:30]))}.",
            cure=delimiter_hint(columns) or usual,
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
        self._taken = {mapping.id_column, *map(mapping.column_of, fields), *mapping.gold_columns.values()}

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
        fields = {name: self._text(row, self._mapping.column_of(name)) for name in self._fields}
        if not any(text.strip() for text in fields.values()):
            column = self._mapping.column_of(self._mapping.text_columns[0])
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
        if gold := self._gold(row, fields):
            document["gold"] = gold
        self._check_size(row, document)
        return document

    def _value(self, row: Row, column: str) -> Any:
        try:
            return row.values[column] if column in row.values else _at_path(row.values, column)
        except KeyError:
            detail = f"the object has no {column!r}; it has {', '.join(map(repr, list(row.values)[:30]))}"
            cure = "Give every object the same keys."
            if column == self._mapping.id_column:
                cure = "Name the key that holds the rows' own ids in id_column (--id-column)."
            raise self._fault("no-such-column", row, column, detail, cure) from None

    def _text(self, row: Row, column: str) -> str:
        value = self._value(row, column)
        if value is None:
            return ""
        if not isinstance(value, str):
            detail = f"a text is wanted, this is a JSON {type(value).__name__}"
            raise self._fault("not-text", row, column, detail, "Write texts as JSON strings.")
        return value

    def _gold(self, row: Row, fields: Mapping[str, str]) -> dict[str, Any]:
        """Task to value, of the tasks that have one."""
        found: dict[str, Any] = {}
        for name, column in self._mapping.gold_columns.items():
            given, task = self._value(row, column), self._mapping.gold_kinds.get(name)
            try:
                if task is None:
                    value = untyped_gold(given)
                else:
                    value = gold_value(task, given, fields, separator=self._mapping.gold_separator)
            except GoldError as error:
                raise self._fault("bad-gold", row, column, f"{name}: {error}", error.cure) from error
            if value is not None:
                found[name] = value
        return found

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


def _at_path(values: Any, path: str) -> Any:
    """What stands at `final.topic` in nested objects; null where something on the way is null. Raises KeyError."""
    first, *rest = path.split(".")
    if not rest:
        raise KeyError(path)
    for key in (first, *rest):
        if values is None:
            return None
        if not isinstance(values, dict):
            raise KeyError(path)
        values = values[key]
    return values


def _scalar(value: Any) -> Any:
    """Scalars stay, what has parts becomes its JSON text, and so does what no database number holds."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return orjson.dumps(value).decode()

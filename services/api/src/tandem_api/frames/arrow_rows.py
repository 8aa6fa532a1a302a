"""Rows of an Arrow IPC stream, for imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds

from tandem.text.control_characters import has_control
from tandem_api.frames.arrow_values import UnsupportedTypeError, is_text, plain
from tandem_api.frames.columns import Columns, Use, frame_columns
from tandem_api.frames.framing import BadStreamError, IpcStream
from tandem_api.resources.datasets.parsing.mapping import ALL_OTHERS, ColumnMapping
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits

MESSAGE_BYTES = 32 * 1024 * 1024
"""Largest batch: its rows are plain values in memory while they are imported."""


class ArrowRows:
    """A `RowParser`. Give it the stream in pieces of any size."""

    delimiter: str | None = None
    is_spooled = False
    exact_ids = True
    """Ids are taken as they are, blanks around them included."""

    def __init__(self, limits: SizeLimits, mapping: ColumnMapping) -> None:
        self._stream = IpcStream(most_bytes=max(MESSAGE_BYTES, limits.row_bytes))
        self._asked = mapping
        self._row = 0
        self._categories: dict[str, dict[Any, None]] = {}
        self.columns: list[str] | None = None

    def feed(self, chunk: bytes) -> Iterator[Row]:
        try:
            for batch in self._stream.feed(chunk):
                yield from self._rows(batch)
            self._see_schema()
        except BadStreamError as error:
            raise _fault(error.code, error.detail, error.cure) from error

    def finish(self) -> Iterator[Row]:
        try:
            self._stream.finish()
        except BadStreamError as error:
            raise _fault(error.code, error.detail, error.cure) from error
        return iter(())

    def frame(self, mapping: ColumnMapping) -> Columns:
        """Return the columns that the import keeps, by the decided mapping, with the categories seen so far."""
        schema = self._stream.schema
        assert schema is not None  # noqa: S101 - there is no decided mapping before
        found = frame_columns(schema, _uses(mapping, schema.names))
        return found.with_categories({name: list(values) for name, values in self._categories.items()})

    def _rows(self, batch: pa.RecordBatch) -> Iterator[Row]:
        names = self._see_schema()
        columns = [plain(column) for column in batch.columns]
        for name, column in zip(names, batch.columns, strict=True):
            if kinds.is_dictionary(column.type):
                self._categories.setdefault(name, {}).update(dict.fromkeys(plain(column.dictionary)))
        for values in zip(*columns, strict=True) if columns else ():
            self._row += 1
            yield Row(self._row, None, dict(zip(names, values, strict=True)))

    def _see_schema(self) -> Sequence[str]:
        """Return the columns' names, checked once. Raises FileFaultError."""
        if self.columns is None and (schema := self._stream.schema) is not None:
            _check_names(schema.names)
            for field in schema:
                _check_type(field, self._asked)
            self.columns = list(schema.names)
        return self.columns or ()


def _uses(mapping: ColumnMapping, columns: Sequence[str]) -> Mapping[str, tuple[Use, str]]:
    """Return the use of each column that is kept, and its key within the records."""
    named = mapping.metadata_columns
    if isinstance(named, Mapping):
        uses = {column: (Use.METADATA, key) for key, column in named.items()}
    else:
        uses = {column: (Use.METADATA, column) for column in columns if column not in mapping.taken}
    uses |= {mapping.column_of(key): (Use.FIELD, key) for key in mapping.text_columns}
    if mapping.id_column is not None:
        uses[mapping.id_column] = (Use.ID, "record_id")
    return uses


def _check_names(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _fault("column-twice", f"The frame has two columns {twice!r}.", "Rename one.", twice)
    for name in names:
        if not name or has_control(name) or len(name) > 200:
            cure = "Give it one of 1 to 200 characters, without control characters."
            raise _fault("bad-column-name", f"A column is named {name[:200]!r}.", cure, name[:200])


def _check_type(field: pa.Field, mapping: ColumnMapping) -> None:
    """Check that the column can be what the mapping says. Raises FileFaultError."""
    name, kind = field.name, field.type
    values = kind.value_type if kinds.is_dictionary(kind) else kind
    if name in map(mapping.column_of, mapping.text_columns) and not (is_text(values) or kinds.is_null(values)):
        detail = f"Column {name!r} holds {kind}; a text column holds texts"
        raise _fault("not-text", f"{detail}.", f'Convert it, e.g. frame["{name}"].astype("string").', name)
    if name == mapping.id_column and not (is_text(values) or kinds.is_integer(values)):
        detail = f"Column {name!r} holds {kind}; ids are texts or whole numbers"
        cure = "Convert it"
        if kinds.is_floating(values):
            detail += " (pandas makes whole numbers with missing ones into floats)"
            cure += f', e.g. frame["{name}"] = frame["{name}"].astype("Int64")'
        raise _fault("bad-id", f"{detail}.", f"{cure}, or make ids from the content: make_ids=true.", name)
    try:
        frame_columns(pa.schema([field]), {name: (Use.METADATA, name)})
    except UnsupportedTypeError as error:
        is_kept = mapping.metadata_columns == ALL_OTHERS or name in mapping.metadata_columns
        if is_kept or name in mapping.taken:
            detail = f"Column {name!r} holds {error}, which cannot be kept."
            raise _fault("unsupported-type", detail, "Convert the column, or leave it out.", name) from error


def _fault(code: str, detail: str, cure: str, column: str | None = None) -> FileFaultError:
    return FileFaultError(code, detail, cure=cure, column=column)

"""Parquet, read a few hundred rows at a time, whatever the size of its row groups.

Texts are read as dictionaries: a page that repeats one huge text a million times is found by the text's length before
it is repeated. Values keep their digits: decimals and integers beyond 64 bits stay the text that stands for them.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as kinds

from tandem_api.resources.datasets.parsing.csv_rows import MAX_COLUMNS
from tandem_api.resources.datasets.parsing.exact_json import Constant, Digits
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row
from tandem_api.resources.datasets.parsing.spool import SpooledRows

BATCH_ROWS = 500
_INT64 = 2**63
_BUFFER_BYTES = 1024 * 1024


class ParquetRows(SpooledRows):
    def _rows(self, file: IO[bytes]) -> Iterator[Row]:
        try:
            with pq.ParquetFile(file) as first:
                schema = first.schema_arrow
            self.columns = self._checked(schema)
            texts = [field.name for field in schema if _is_text(field.type)]
            with pq.ParquetFile(
                file, read_dictionary=texts, pre_buffer=False, buffer_size=_BUFFER_BYTES, memory_map=False
            ) as table:
                number = 0
                for batch in table.iter_batches(BATCH_ROWS, use_threads=False):
                    columns = [self._values(batch, place, number) for place in range(batch.num_columns)]
                    for cells in zip(*columns, strict=True):
                        number += 1
                        yield Row(number, None, dict(zip(self.columns, cells, strict=True)))
        except pa.ArrowException as error:
            raise self._broken(error) from error
        except OSError as error:
            raise self._broken(error) from error
        if number == 0:
            raise FileFaultError("empty-file", "The file has no rows.", cure="Send at least one row.")

    def _checked(self, schema: pa.Schema) -> list[str]:
        if len(schema) > MAX_COLUMNS:
            raise FileFaultError(
                "bad-header", f"The file has {len(schema):,} columns.", cure=f"At most {MAX_COLUMNS:,}."
            )
        return self._checked_columns([name.strip() for name in schema.names])

    def _values(self, batch: pa.RecordBatch, place: int, before: int) -> list[Any]:
        array = batch.column(place)
        if kinds.is_dictionary(array.type):
            self._check_length(array, batch.schema.names[place], before)
            words = array.dictionary.to_pylist()
            if kinds.is_binary(array.type.value_type):
                words = [_as_text(word) for word in words]
            return [None if index is None else words[index] for index in array.indices.to_pylist()]
        if array.nbytes > BATCH_ROWS * self._limits.row_bytes // 8:
            raise self._too_large(batch.schema.names[place], before, array.nbytes)
        return [plain(value) for value in array.to_pylist()]

    def _check_length(self, array: pa.DictionaryArray, column: str, before: int) -> None:
        longest = pc.max(pc.binary_length(array.dictionary)).as_py()
        if longest is not None and longest > self._limits.row_bytes:
            raise self._too_large(column, before, longest)

    def _too_large(self, column: str, before: int, size: int) -> FileFaultError:
        return FileFaultError(
            "record-too-large",
            f"A cell of column {column!r} in the rows {before + 1:,} to {before + BATCH_ROWS:,} is too large: "
            f"{size:,} bytes.",
            cure="Shorten or split the text.",
            row=before + 1,
            column=column,
        )

    @staticmethod
    def _broken(error: Exception) -> FileFaultError:
        return FileFaultError(
            "broken-file",
            f"The Parquet file cannot be read: {str(error).splitlines()[0][:200]}",
            cure="Write it again, and send the whole file.",
        )


def plain(value: Any) -> Any:  # noqa: PLR0911 - one for each kind
    """Return a value of Python as one of JSON; numbers that JSON or 64 bits do not hold keep their digits."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -_INT64 <= value < _INT64 else Digits(str(value))
        case float():
            return value if math.isfinite(value) else Constant(repr(value))
        case decimal.Decimal():
            return Digits(f"{value:f}")
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return str(value)
        case bytes():
            return _as_text(value)
        case dict():
            return {str(name): plain(part) for name, part in value.items()}
        case list() | tuple():
            return [plain(part) for part in value]
    return str(value)


def _is_text(kind: pa.DataType) -> bool:
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_binary(kind))


def _as_text(value: bytes | None) -> str | None:
    """Return bytes as the text that they are, or else in hexadecimal digits."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()

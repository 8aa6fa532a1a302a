"""Record batches as files that are streamed: Parquet, Arrow, CSV, JSONL, and the layout that Hugging Face loads."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tandem_api.frames.sink import Sink
from tandem_api.resources.exports.cards import data_card

ROW_GROUP = 20_000
"""Rows that are held, and written as one row group of a Parquet file."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time of files in an archive: the same export gives the same bytes."""

Batches = AsyncIterator[pa.RecordBatch]


async def parquet(batches: Batches, schema: pa.Schema) -> AsyncIterator[bytes]:
    """Yield a Parquet file."""
    sink = Sink()
    async for _ in _written(batches, schema, sink):
        yield sink.taken()
    yield sink.taken()


async def hugging_face(batches: Batches, schema: pa.Schema, *, name: str) -> AsyncIterator[bytes]:
    """Yield a zip with `data/train-00000-of-00001.parquet` and a README that says its features: unpacked, it is what
    `datasets.load_dataset` takes."""
    sink = Sink()
    rows = size = 0
    with zipfile.ZipFile(pa.PythonFile(sink, "w"), "w", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo("data/train-00000-of-00001.parquet", _LONG_AGO)
        with archive.open(entry, "w", force_zip64=True) as file:
            inner = Sink()
            async for written in _written(batches, schema, inner):
                rows = written
                size += file.write(inner.taken())
                yield sink.taken()
            size += file.write(inner.taken())
        archive.writestr(zipfile.ZipInfo("README.md", _LONG_AGO), data_card(schema, name=name, rows=rows, size=size))
    yield sink.taken()


async def csv_of(batches: Batches, schema: pa.Schema) -> AsyncIterator[bytes]:
    """Yield a CSV file; lists and structs are cells of JSON."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(schema.names)
    yield buffer.getvalue().encode()
    async for batch in batches:
        buffer.seek(0)
        buffer.truncate()
        writer.writerows([_cell(value) for value in row.values()] for row in batch.to_pylist())
        yield buffer.getvalue().encode()


async def jsonl_of(batches: Batches) -> AsyncIterator[bytes]:
    """Yield a JSON object a row."""
    async for batch in batches:
        yield b"".join(orjson.dumps(row, default=str) + b"\n" for row in batch.to_pylist())


async def _written(batches: Batches, schema: pa.Schema, sink: Sink) -> AsyncIterator[int]:
    """Write the batches to the sink as Parquet; yield the number of rows so far whenever something was written."""
    held: list[pa.RecordBatch] = []
    rows = waiting = 0
    with pq.ParquetWriter(pa.PythonFile(sink, "w"), schema, compression="zstd") as writer:
        yield 0
        async for batch in batches:
            held.append(batch)
            waiting += batch.num_rows
            if waiting >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(held, schema))
                rows, waiting, held = rows + waiting, 0, []
                yield rows
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))
            rows += waiting
    yield rows


def _cell(value: Any) -> Any:
    match value:
        case list() | dict():
            return orjson.dumps(value, default=str).decode()
        case dt.datetime():
            return value.isoformat()
    return value

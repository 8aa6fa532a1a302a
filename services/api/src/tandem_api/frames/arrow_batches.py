"""Records and annotations as Arrow batches: the data set's columns as they came, then those of the labels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.types as kinds

from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.records.documents import RecordDocument
from tandem_api.frames.arrow_values import built
from tandem_api.frames.columns import Column, Columns, Use
from tandem_api.frames.labels import LabelColumn, Labeled
from tandem_api.frames.sink import Sink

Pairs = AsyncIterator[Sequence[tuple[RecordDocument, AnnotationDocument | None]]]


class FrameMaker:
    """Makes record batches of one schema."""

    def __init__(self, columns: Columns | None, fields: Sequence[str], labels: Sequence[LabelColumn] = ()) -> None:
        """`columns` None: their types are not known; ids and the texts of `fields` are text, metadata JSON text."""
        self._data = [_taker(column) for column in columns.columns] if columns else _untyped(fields)
        self._labels = labels
        metadata = columns.metadata if columns else None
        parts = [*(field for field, _ in self._data), *(label.field for label in labels)]
        self.schema = pa.schema(parts, metadata=metadata)

    def batch(self, pairs: Sequence[tuple[RecordDocument, AnnotationDocument | None]]) -> pa.RecordBatch:
        records = [record for record, _ in pairs]
        arrays = [take(records) for _, take in self._data]
        if self._labels:
            rows = Labeled(pairs)
            arrays += [pa.array(label.values(rows), label.field.type) for label in self._labels]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


async def arrow_stream(pairs: Pairs, maker: FrameMaker) -> AsyncIterator[bytes]:
    """Yield an Arrow IPC stream of these rows, a batch for each block of them."""
    sink = Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), maker.schema) as writer:
        yield sink.taken()
        async for block in pairs:
            writer.write_batch(maker.batch(block))
            yield sink.taken()
    yield sink.taken()


_Taker = tuple[pa.Field, Callable[[Sequence[RecordDocument]], pa.Array]]


def _taker(column: Column) -> _Taker:
    build, key = _builder(column), column.key
    match column.use:
        case Use.ID:
            return column.field, lambda records: build([record["record_id"] for record in records])
        case Use.FIELD:
            return column.field, lambda records: build([_text(record, key) for record in records])
        case Use.METADATA:
            return column.field, lambda records: build([record["metadata"].get(key) for record in records])


def _untyped(fields: Sequence[str]) -> list[_Taker]:
    text = pa.string()

    def metadata(records: Sequence[RecordDocument]) -> pa.Array:
        return pa.array([orjson.dumps(record["metadata"]).decode() for record in records], text)

    ids = _taker(Column(Use.ID, "record_id", pa.field("record_id", text)))
    return [
        ids,
        *(_taker(Column(Use.FIELD, name, pa.field(name, text))) for name in fields),
        (pa.field("metadata" if "metadata" not in fields else "metadata_", text), metadata),
    ]


def _text(record: RecordDocument, name: str) -> str | None:
    found = record["fields"].get(name)
    return found if found or name not in record.get("null_fields", ()) else None


def _builder(column: Column) -> Callable[[Sequence[Any]], pa.Array]:
    kind = column.field.type
    if not kinds.is_dictionary(kind):
        return lambda values: built(values, kind)
    known = column.categories or ()
    categories = built(known, kind.value_type)
    places = {value: place for place, value in enumerate(known)}

    def build(values: Sequence[Any]) -> pa.Array:
        indices = pa.array([None if value is None else places[value] for value in values], kind.index_type)
        return pa.DictionaryArray.from_arrays(indices, categories, ordered=kind.ordered)

    return build

"""Arrow streams of the server as frames of the library that a person uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tandem_client.errors import TandemError
from tandem_client.frames.extras import need
from tandem_client.transport import Transport

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_END = b"\xff\xff\xff\xff\0\0\0\0"
"""The last bytes of an Arrow stream that came whole."""


class FrameSource:
    """A stream of the server, read anew for each frame that is made of it."""

    def __init__(self, transport: Transport, path: str, **params: Any) -> None:
        self._http = transport
        self._path = path
        self._params = params

    def to_batches(self) -> pa.RecordBatchReader:
        """Return a reader that fetches batches as they are read: memory stays that of one batch."""
        arrow = need("pyarrow", "A frame")
        batches = self._batches()
        schema = next(batches)
        return arrow.RecordBatchReader.from_batches(schema, batches)

    def to_arrow(self) -> pa.Table:
        """Return everything as an Arrow table."""
        return self.to_batches().read_all()

    def to_polars(self) -> pl.DataFrame:
        """Return everything as a polars frame."""
        frame: pl.DataFrame = need("polars", "A polars frame").from_arrow(self.to_arrow())
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """Return everything as a pandas frame.

        Columns of a frame that came from pandas have the dtypes that they had, its index included. Whole numbers and
        truth values with missing ones become Int64 and boolean, never floats or objects.
        """
        return in_pandas(self.to_arrow())

    def to_datasets(self) -> datasets.Dataset:
        """Return everything as a Hugging Face data set; features such as ClassLabel are kept."""
        return in_datasets(self.to_arrow())

    def _batches(self) -> Iterator[Any]:
        """Yield the schema, then the batches."""
        with self._http.download(self._path, **self._params) as chunks:
            yield from batches_of(chunks)


def batches_of(chunks: Iterator[bytes]) -> Iterator[Any]:
    """Yield the schema of an Arrow stream, then its batches. Raises TandemError where the stream ends too early."""
    arrow = need("pyarrow", "A frame")
    file = Chunks(chunks)
    with arrow.ipc.open_stream(arrow.PythonFile(file, "r")) as reader:
        yield reader.schema
        yield from reader
    if file.last != _END:
        raise TandemError(
            "The frame is not whole",
            type="frame-cut",
            detail="The server's answer ended before the frame did",
            cure="Try again.",
        )


class Chunks:
    """A file over the chunks of an answer."""

    closed = False

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = memoryview(b"")
        self.last = b""
        """The last eight bytes that were read."""

    def read(self, size: int = -1) -> bytes:
        pieces: list[bytes | memoryview] = []
        wanted = size
        while wanted:
            if not self._held:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._held = memoryview(chunk)
                continue
            piece = self._held if wanted < 0 else self._held[:wanted]
            self._held = self._held[len(piece) :]
            pieces.append(piece)
            wanted -= len(piece) if wanted > 0 else 0
        found = b"".join(pieces)
        self.last = (self.last + found[-8:])[-8:]
        return found

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def in_pandas(table: pa.Table) -> pd.DataFrame:
    """Convert to pandas without turning whole numbers into floats."""
    pandas, arrow = need("pandas", "A pandas frame"), need("pyarrow", "A frame")
    kinds = arrow.types
    described = _described(table.schema)
    frame = table.to_pandas()
    nullable = {
        **{kind: getattr(pandas, f"{str(kind).title().replace('Ui', 'UI')}Dtype")() for kind in _integers(arrow)},
        arrow.bool_(): pandas.BooleanDtype(),
    }
    for name in table.column_names:
        column = table[name]
        if name in described or name not in frame.columns or not column.null_count:
            continue
        if kinds.is_integer(column.type) or kinds.is_boolean(column.type):
            frame[name] = column.to_pandas(types_mapper=nullable.get).set_axis(frame.index)
    return frame


def in_datasets(table: pa.Table) -> datasets.Dataset:
    """Convert to a Hugging Face data set with the features that the columns came with."""
    library = need("datasets", "A Hugging Face data set")
    metadata = {name: value for name, value in (table.schema.metadata or {}).items() if name != b"huggingface"}
    bare = table.replace_schema_metadata(metadata)
    features = library.Features.from_arrow_schema(bare.schema)
    if (table.schema.metadata or {}).get(b"huggingface"):
        import json  # noqa: PLC0415 - beside the only line that needs it

        known = json.loads(table.schema.metadata[b"huggingface"]).get("info", {}).get("features") or {}
        kept = library.Features.from_dict({name: known[name] for name in known if name in features})
        features = library.Features({name: kept.get(name, feature) for name, feature in features.items()})
    return library.Dataset(library.table.InMemoryTable(table.cast(features.arrow_schema)))


def _integers(arrow: Any) -> list[Any]:
    return [getattr(arrow, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)]


def _described(schema: pa.Schema) -> set[str]:
    """Return the columns whose dtype the frame's own pandas metadata tells."""
    found = schema.pandas_metadata
    return {column["field_name"] for column in found["columns"]} if found else set()

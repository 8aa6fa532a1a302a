"""Frames of any library as Arrow batches, and those as the bytes of an Arrow IPC stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tandem_client.errors import TandemError
from tandem_client.frames.extras import need

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 10_000
"""Rows of a batch that is sent."""
BATCH_BYTES = 4 * 1024 * 1024
"""Bytes that a batch has at most, about, where rows are long."""


def reader_of(frame: Any) -> pa.RecordBatchReader:  # noqa: PLR0911 - one for each kind of frame
    """Return a reader of the frame's batches, which converts them as they are read.

    Takes pandas and polars frames, Arrow tables and batches, anything else with `__arrow_c_stream__`, Hugging Face
    `datasets`, lists of mappings, and mappings of columns. Raises TandemError for others.
    """
    arrow = need("pyarrow", "Sending a frame")
    module = type(frame).__module__.partition(".")[0]
    if isinstance(frame, arrow.RecordBatchReader):
        return frame
    if isinstance(frame, arrow.RecordBatch):
        return arrow.RecordBatchReader.from_batches(frame.schema, [frame])
    if isinstance(frame, arrow.Table):
        return frame.to_reader(max_chunksize=ROWS)
    if module == "pandas" and hasattr(frame, "iloc"):
        return _of_pandas(arrow, frame)
    if module == "polars" and hasattr(frame, "collect"):
        return _of_stream(arrow, frame.collect())
    if module == "datasets" and hasattr(frame, "with_format"):
        return _of_datasets(arrow, frame)
    if hasattr(frame, "__arrow_c_stream__"):
        return _of_stream(arrow, frame)
    if isinstance(frame, Mapping):
        return reader_of(_converted(arrow.table, dict(frame)))
    if (
        isinstance(frame, Sequence)
        and not isinstance(frame, str | bytes)
        and all(isinstance(r, Mapping) for r in frame)
    ):
        return reader_of(_of_rows(arrow, frame))
    raise TandemError(
        "This is no frame",
        type="not-a-frame",
        detail=f"A {type(frame).__module__}.{type(frame).__qualname__} is no data frame",
        cure="Give a pandas or polars frame, an Arrow table, a Hugging Face data set, or a list of dicts.",
    )


def ipc_stream(reader: pa.RecordBatchReader, columns: Sequence[str] | None = None) -> Iterator[bytes]:
    """Yield the bytes of an Arrow IPC stream of the batches, cut into batches of bounded size.

    `columns`: only these are sent; None for all. Raises TandemError for a column that the frame does not have.
    """
    arrow = need("pyarrow", "Sending a frame")
    schema = reader.schema
    if columns is not None:
        check_columns(schema.names, columns)
        kept = [name for name in schema.names if name in set(columns)]
        schema = arrow.schema([schema.field(name) for name in kept], metadata=schema.metadata)
    sink = Sink()
    with arrow.ipc.new_stream(arrow.PythonFile(sink, "w"), schema) as writer:
        for batch in reader:
            chosen = batch if columns is None else batch.select(schema.names)
            for part in _cut(chosen):
                writer.write_batch(part)
                yield sink.taken()
    yield sink.taken()


class Sink:
    """A file whose content is taken away piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Do nothing: what was written is taken afterwards."""


def check_columns(names: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise TandemError for the first column that the frame does not have."""
    for column in wanted:
        if column not in names:
            raise TandemError(
                "No such column",
                type="no-such-column",
                detail=f"The frame has no column {column!r}; it has {', '.join(map(repr, list(names)[:30]))}",
                cure="Name one of these.",
                extras={"column": column},
            )


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = batch.num_rows
    step = max(1, min(ROWS, rows * BATCH_BYTES // max(1, batch.nbytes)))
    for start in range(0, rows, step):
        yield batch.slice(start, step)


def _of_stream(arrow: Any, frame: Any) -> pa.RecordBatchReader:
    return arrow.RecordBatchReader.from_stream(frame)


def _of_pandas(arrow: Any, frame: Any) -> pa.RecordBatchReader:
    if len(set(frame.columns)) < len(frame.columns):
        twice = next(name for name in frame.columns if list(frame.columns).count(name) > 1)
        raise TandemError(
            "A column stands twice",
            type="column-twice",
            detail=f"The frame has two columns {twice!r}",
            cure="Rename one of them.",
        )
    schema = _converted(arrow.Schema.from_pandas, frame)
    starts = range(0, len(frame), ROWS)
    # As tables: a column that `concat` made is kept in several pieces, of which one batch cannot be made.
    tables = (_converted(arrow.Table.from_pandas, frame.iloc[start : start + ROWS], schema=schema) for start in starts)
    parts = (batch for table in tables for batch in table.combine_chunks().to_batches())
    return arrow.RecordBatchReader.from_batches(schema, parts)


def _of_datasets(arrow: Any, frame: Any) -> pa.RecordBatchReader:
    if not hasattr(frame, "features") or hasattr(frame, "keys"):
        raise TandemError(
            "These are several data sets",
            type="not-a-frame",
            detail=f"A {type(frame).__name__} holds several data sets",
            cure='Give one of its splits, e.g. data["train"].',
        )
    tables = frame.with_format("arrow").iter(batch_size=ROWS)
    if frame.features is None:
        return arrow.Table.from_batches(batch for table in tables for batch in table.to_batches()).to_reader()
    schema = frame.features.arrow_schema
    batches = (batch for table in tables for batch in table.cast(schema).to_batches())
    return arrow.RecordBatchReader.from_batches(schema, batches)


def _of_rows(arrow: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    names = dict.fromkeys(name for row in rows for name in row)
    return _converted(arrow.table, {name: [row.get(name) for row in rows] for name in names})


def _converted(convert: Any, *given: Any, **more: Any) -> Any:
    """Convert to Arrow. Raises TandemError where a column holds values of several types."""
    arrow = need("pyarrow", "Sending a frame")
    try:
        return convert(*given, **more)
    except (arrow.ArrowException, TypeError) as error:
        reason = " ".join(str(part) for part in error.args)[:300]
        raise TandemError(
            "A column has no type",
            type="mixed-column",
            detail=f"A column of the frame holds values of several types ({reason})",
            cure='Give the column one type, e.g. frame["x"] = frame["x"].astype("string").',
        ) from error

"""Arrow streams of the server as frames, decoded in threads while the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from tandem_client.aio.transport import Transport
from tandem_client.frames.extras import need
from tandem_client.frames.giving import batches_of, in_datasets, in_pandas

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class FrameSource:
    """A stream of the server, read anew for each frame that is made of it."""

    def __init__(self, transport: Transport, path: str, **params: Any) -> None:
        self._http = transport
        self._path = path
        self._params = params

    async def to_batches(self) -> AsyncIterator[pa.RecordBatch]:
        """Iterate over batches, fetched as they are read: memory stays that of one batch."""
        schema_and_batches = self._schema_and_batches()
        await anext(schema_and_batches)
        async for batch in schema_and_batches:
            yield batch

    async def to_arrow(self) -> pa.Table:
        """Return everything as an Arrow table."""
        arrow = need("pyarrow", "A frame")
        schema, *batches = [each async for each in self._schema_and_batches()]
        return arrow.Table.from_batches(batches, schema)

    async def to_polars(self) -> pl.DataFrame:
        """Return everything as a polars frame."""
        frame: pl.DataFrame = need("polars", "A polars frame").from_arrow(await self.to_arrow())
        return frame

    async def to_pandas(self) -> pd.DataFrame:
        """Return everything as a pandas frame, as `tandem_client.frames.giving.FrameSource.to_pandas` does."""
        return await asyncio.to_thread(in_pandas, await self.to_arrow())

    async def to_datasets(self) -> datasets.Dataset:
        """Return everything as a Hugging Face data set; features such as ClassLabel are kept."""
        return await asyncio.to_thread(in_datasets, await self.to_arrow())

    async def _schema_and_batches(self) -> AsyncIterator[Any]:
        """Iterate over the schema, then the batches."""
        loop = asyncio.get_running_loop()
        async with self._http.download(self._path, **self._params) as chunks:

            def fetched() -> Iterator[bytes]:
                while (chunk := asyncio.run_coroutine_threadsafe(_next(chunks), loop).result()) is not None:
                    yield chunk

            decoded = batches_of(fetched())
            while (each := await asyncio.to_thread(next, decoded, None)) is not None:
                yield each


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)

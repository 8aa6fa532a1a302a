"""Frames of an object: `to_pandas()` and its like."""


# Written by `make async-client` from objects/framed.py: change that one.

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from tandem_client.aio.binding import Bound

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from tandem_client.aio.frames.giving import FrameSource


class Framed(Bound):
    """An object whose rows the server streams as Arrow batches."""

    id: str

    def _frame(self, **params: Any) -> FrameSource:
        raise NotImplementedError

    def to_batches(self, **params: Any) -> AsyncIterator[pa.RecordBatch]:
        """Iterate over Arrow batches, fetched as they are read: memory stays that of one batch."""
        return self._frame(**params).to_batches()

    async def to_arrow(self, **params: Any) -> pa.Table:
        """Return everything as an Arrow table."""
        return await self._frame(**params).to_arrow()

    async def to_pandas(self, **params: Any) -> pd.DataFrame:
        """Return everything as a pandas frame, with the dtypes that the data came with.

        Whole numbers with missing ones become Int64, never floats.
        """
        return await self._frame(**params).to_pandas()

    async def to_polars(self, **params: Any) -> pl.DataFrame:
        """Return everything as a polars frame."""
        return await self._frame(**params).to_polars()

    async def to_datasets(self, **params: Any) -> datasets.Dataset:
        """Return everything as a Hugging Face data set, with the features that the data came with."""
        return await self._frame(**params).to_datasets()

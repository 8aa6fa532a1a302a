"""A file on disk for formats whose contents stand at their end: Parquet and Excel."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits


class SpooledRows:
    """A `RowParser` that writes the file to disk first; `finish` reads it, which blocks: call it from a thread."""

    columns: list[str] | None = None
    delimiter: str | None = None
    is_spooled = True

    def __init__(self, limits: SizeLimits) -> None:
        self._limits = limits
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="tandem-import-")  # noqa: SIM115 - closed by finish

    def feed(self, chunk: bytes) -> Iterator[Row]:
        self._file.write(chunk)
        return iter(())

    def finish(self) -> Iterator[Row]:
        try:
            self._file.seek(0)
            yield from self._rows(self._file)
        finally:
            self._file.close()

    def close(self) -> None:
        """Give the disk's space back, whatever became of the import."""
        self._file.close()

    def _rows(self, file: IO[bytes]) -> Iterator[Row]:
        raise NotImplementedError

    def _checked_columns(self, names: list[str]) -> list[str]:
        for place, name in enumerate(names):
            if name and name in names[:place]:
                raise FileFaultError(
                    "bad-header",
                    f"The file names the column {name!r} twice.",
                    cure="Give every column a name of its own.",
                    column=name,
                )
        return names

"""Decompression of uploads as a stream, in pieces of bounded size."""

from __future__ import annotations

import sys
import zlib
from collections.abc import AsyncIterator
from typing import Protocol

from tandem_api.resources.datasets.parsing.recognising import Packing
from tandem_api.resources.datasets.parsing.rows import FileFaultError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE_BYTES = 256 * 1024
_GZIP_WINDOW = 31
"""zlib's way to say: a gzip header, the largest window."""


class _Decompressor(Protocol):
    def take(self, data: bytes) -> bytes:
        """Return up to PIECE_BYTES of what this data, and the data before it, unpacks to."""
        ...

    @property
    def rest(self) -> bytes | None:
        """Bytes behind the end of this member; None before the end."""
        ...

    @property
    def hungry(self) -> bool:
        """True: no more comes out without new data."""
        ...


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP_WINDOW)

    def take(self, data: bytes) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, PIECE_BYTES)

    @property
    def rest(self) -> bytes | None:
        return self._inner.unused_data if self._inner.eof else None

    @property
    def hungry(self) -> bool:
        return not self._inner.unconsumed_tail


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstd.ZstdDecompressor()

    def take(self, data: bytes) -> bytes:
        return self._inner.decompress(data, PIECE_BYTES)

    @property
    def rest(self) -> bytes | None:
        return self._inner.unused_data if self._inner.eof else None

    @property
    def hungry(self) -> bool:
        return self._inner.needs_input


async def unpacked(
    chunks: AsyncIterator[bytes], packing: Packing, *, most_bytes: int, cut: bool = False
) -> AsyncIterator[bytes]:
    """Yield the unpacked file in pieces; members that follow each other are one file.

    `most_bytes`: how large the file may become; `cut`: the end of the file is missing on purpose. Raises
    FileFaultError.
    """
    make = _Gzip if packing is Packing.GZIP else _Zstd
    current: _Decompressor | None = None
    total = 0
    async for chunk in chunks:
        data = chunk
        while True:
            if current is None:
                data = data.lstrip(b"\0") if total else data  # some archivers pad the end with zeros
                if not data:
                    break
                current = make()
            try:
                piece = current.take(data)
            except (zlib.error, zstd.ZstdError) as error:
                raise FileFaultError(
                    "broken-compression",
                    f"The file is compressed with {packing.value}, but damaged after {total:,} bytes of content.",
                    cure="Compress it again, or send it uncompressed.",
                ) from error
            data = b""
            total += len(piece)
            if total > most_bytes:
                raise FileFaultError(
                    "upload-too-large",
                    f"The file unpacks to more than {most_bytes:,} bytes.",
                    cure="Split it into several imports.",
                )
            if piece:
                yield piece
            if current.rest is not None:
                data, current = current.rest, None
            elif current.hungry and len(piece) < PIECE_BYTES:
                break
    if current is not None and not cut:
        raise FileFaultError(
            "broken-compression",
            f"The compressed file ends too early, after {total:,} bytes of content.",
            cure="Send the whole file.",
        )

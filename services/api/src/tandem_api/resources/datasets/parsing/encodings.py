"""Decoding of files in other encodings than UTF-8, as a stream of UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator
from enum import StrEnum

from tandem_api.resources.datasets.parsing.rows import FileFaultError


class Encoding(StrEnum):
    """The encodings. Latin-1 is iso-8859-1; what Windows calls ANSI in Western Europe is windows-1252."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    WINDOWS_1252 = "windows-1252"
    LATIN_1 = "iso-8859-1"
    LATIN_9 = "iso-8859-15"
    WINDOWS_1250 = "windows-1250"
    WINDOWS_1251 = "windows-1251"
    SHIFT_JIS = "shift_jis"
    GB_18030 = "gb18030"


async def in_utf8(chunks: AsyncIterator[bytes], encoding: Encoding) -> AsyncIterator[bytes]:
    """Yield the file in UTF-8, in pieces. Raises FileFaultError for the first byte that the encoding does not have."""
    if encoding is Encoding.UTF_8:
        async for chunk in chunks:
            yield chunk
        return
    decoder = codecs.getincrementaldecoder(encoding.value)()
    taken = 0
    async for chunk in chunks:
        held = len(decoder.getstate()[0])
        yield _decoded(decoder, chunk, encoding, before=taken - held, final=False)
        taken += len(chunk)
    yield _decoded(decoder, b"", encoding, before=taken - len(decoder.getstate()[0]), final=True)


def _decoded(
    decoder: codecs.IncrementalDecoder, chunk: bytes, encoding: Encoding, *, before: int, final: bool
) -> bytes:
    """Decode a piece. `before`: number of bytes of the file before this piece."""
    try:
        return decoder.decode(chunk, final).encode()
    except UnicodeDecodeError as error:
        byte = before + error.start
        raise FileFaultError(
            "not-in-encoding",
            f"Byte {byte:,} of the file is not {encoding.value}.",
            cure=f"Name the file's own encoding: one of {', '.join(Encoding)}.",
            byte=byte,
        ) from error

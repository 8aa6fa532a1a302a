"""Files in other encodings become UTF-8 as they stream in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tandem_api.resources.datasets.parsing.encodings import Encoding, in_utf8
from tandem_api.resources.datasets.parsing.rows import FileFaultError


async def read(data: bytes, encoding: Encoding, piece: int) -> str:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), piece):
            yield data[start : start + piece]

    return b"".join([chunk async for chunk in in_utf8(pieces(), encoding)]).decode()


@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        (Encoding.UTF_8, "größe €"),
        (Encoding.UTF_16, "größe € 😀"),
        (Encoding.WINDOWS_1252, "größe €"),
        (Encoding.LATIN_1, "größe"),
        (Encoding.LATIN_9, "größe €"),
        (Encoding.WINDOWS_1250, "žluťoučký"),
        (Encoding.WINDOWS_1251, "привет"),
        (Encoding.SHIFT_JIS, "日本語"),
        (Encoding.GB_18030, "中文 😀"),
    ],
)
async def test_whatever_the_pieces_the_text_is_the_same(encoding: Encoding, text: str, piece: int) -> None:
    assert await read(text.encode(encoding.value), encoding, piece) == text


@pytest.mark.parametrize("piece", [1, 2, 1000])
@pytest.mark.parametrize(
    ("data", "encoding", "byte"),
    [
        (b"abc\x81def", Encoding.WINDOWS_1252, 3),
        ("日本".encode("shift_jis") + b"\xff", Encoding.SHIFT_JIS, 4),
        ("ab".encode("utf-16") + b"x", Encoding.UTF_16, 6),
    ],
)
async def test_a_byte_that_the_encoding_does_not_have_is_told_with_its_position(
    data: bytes, encoding: Encoding, byte: int, piece: int
) -> None:
    with pytest.raises(FileFaultError) as caught:
        await read(data, encoding, piece)
    assert (caught.value.code, caught.value.byte) == ("not-in-encoding", byte)
    assert "windows-1252" in str(caught.value.cure)

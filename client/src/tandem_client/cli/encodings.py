"""The option `--encoding` of commands that read a file of text."""

from __future__ import annotations

import codecs
from enum import StrEnum
from typing import Annotated

import typer


class EncodingName(StrEnum):
    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    WINDOWS_1252 = "windows-1252"
    LATIN_1 = "iso-8859-1"
    LATIN_9 = "iso-8859-15"
    WINDOWS_1250 = "windows-1250"
    WINDOWS_1251 = "windows-1251"
    SHIFT_JIS = "shift_jis"
    GB_18030 = "gb18030"


def _encoding(given: str) -> EncodingName:
    """Return the encoding by any name that Python knows of it: latin-1, cp1252, UTF8."""
    try:
        codec = codecs.lookup(given)
    except (LookupError, ValueError):
        codec = None
    for each in EncodingName:
        if codecs.lookup(each.value) == codec:
            return each
    raise typer.BadParameter(f"{given!r} is no encoding that is read. Name one of {', '.join(EncodingName)}")


FileEncoding = Annotated[
    EncodingName | None,
    typer.Option(
        parser=_encoding,
        metavar="NAME",
        help="Of the file; UTF-8 when left out. windows-1252 and iso-8859-1 (Latin-1) are the usual others.",
    ),
]

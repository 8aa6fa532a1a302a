"""Files on their way to the server: what formats there are, and how one is read piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Literal

CHUNK_BYTES = 256 * 1024
Delimiter = Literal[",", ";", "\t", "|"]
FileFormat = Literal["csv", "jsonl", "json", "parquet", "xlsx"]
Encoding = Literal[
    "utf-8",
    "utf-16",
    "windows-1252",
    "iso-8859-1",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "shift_jis",
    "gb18030",
]
Tool = Literal["none", "label-studio", "argilla", "doccano", "prodigy", "potato"]
PREVIEW_BYTES = 1024 * 1024
NEEDED_WHOLE = (b"PAR1", b"PK\x03\x04")
"""First bytes of files whose contents stand at their end: Parquet and Excel."""
OnBytes = Callable[[int], None]
"""Called with the number of bytes sent so far."""


def pairs(gold_columns: Mapping[str, str] | None) -> str | None:
    """Return the parameter for gold columns: `task=column`, separated by commas."""
    return ",".join(f"{task}={column}" for task, column in (gold_columns or {}).items()) or None


def chunks(source: BinaryIO, on_bytes: OnBytes | None) -> Iterator[bytes]:
    """Yield the file piece by piece, and report the bytes sent after each."""
    sent = 0
    while chunk := source.read(CHUNK_BYTES):
        yield chunk
        sent += len(chunk)
        if on_bytes is not None:
            on_bytes(sent)

"""Opening of an upload: what it is, and the parser that reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import chain

from tandem_api.frames.arrow_rows import ArrowRows
from tandem_api.resources.datasets.parsing.csv_rows import CsvRows
from tandem_api.resources.datasets.parsing.encodings import Encoding, in_utf8
from tandem_api.resources.datasets.parsing.excel_rows import ExcelRows
from tandem_api.resources.datasets.parsing.json_rows import JsonRows
from tandem_api.resources.datasets.parsing.jsonl_rows import JsonlRows
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.parquet_rows import ParquetRows
from tandem_api.resources.datasets.parsing.recognising import (
    BINARY,
    HEAD_BYTES,
    FileFormat,
    Packing,
    format_of,
    packing_of,
)
from tandem_api.resources.datasets.parsing.rows import FileFaultError, RowParser, SizeLimits
from tandem_api.resources.datasets.parsing.unpacking import unpacked

_ENOUGH_BYTES = 512
"""Bytes of a file that are looked at, if a line ends in them."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options of a file, as the caller gave them; None: found out."""

    file_format: FileFormat | None = None
    encoding: Encoding = Encoding.UTF_8
    delimiter: str | None = None
    sheet: str | None = None
    """Name of the sheet of an Excel file; None: the first one."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file with its format known."""

    file_format: FileFormat
    packing: Packing | None
    parser: RowParser
    chunks: AsyncIterator[bytes]
    """The whole file, unpacked and, where it is text, in UTF-8."""


async def open_file(
    chunks: AsyncIterator[bytes],
    options: FileOptions,
    limits: SizeLimits,
    *,
    mapping: ColumnMapping,
    most_bytes: int,
    cut: bool = False,
) -> Opened:
    """Look at the first bytes and choose the parser.

    `mapping`: names columns, which a CSV's delimiter has to give; `most_bytes`: how large the file may
    unpack to; `cut`: the end of the file is missing on purpose. Raises FileFaultError.
    """
    head, chunks = await _peeked(chunks)
    if (packing := packing_of(head)) is not None:
        head, chunks = await _peeked(unpacked(chunks, packing, most_bytes=most_bytes, cut=cut))
    is_text = not head.startswith(tuple(BINARY))
    if is_text and options.encoding is not Encoding.UTF_8:
        head, chunks = await _peeked(in_utf8(chunks, options.encoding))
    found = format_of(head, options.file_format)
    if packing is not None and not is_text:
        raise FileFaultError(
            "unreadable-format",
            f"The file is {found.value} inside {packing.value}.",
            cure="Send it without further compression.",
        )
    return Opened(found, packing, _parser(found, options, limits, mapping), chunks)


def _parser(found: FileFormat, options: FileOptions, limits: SizeLimits, mapping: ColumnMapping) -> RowParser:
    match found:
        case FileFormat.CSV:
            wanted = list(chain.from_iterable(mapping.wanted().values()))
            return CsvRows(limits, delimiter=options.delimiter, wanted=wanted)
        case FileFormat.JSONL:
            return JsonlRows(limits)
        case FileFormat.JSON:
            return JsonRows(limits)
        case FileFormat.PARQUET:
            return ParquetRows(limits)
        case FileFormat.EXCEL:
            return ExcelRows(limits, sheet=options.sheet)
        case FileFormat.ARROW:
            return ArrowRows(limits, mapping)


async def _peeked(chunks: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """Return the beginning of the file, and the whole file once more."""
    held: list[bytes] = []
    size = 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= HEAD_BYTES or (size >= _ENOUGH_BYTES and b"\n" in chunk):
            break
    head = b"".join(held)

    async def whole() -> AsyncIterator[bytes]:
        if head:
            yield head
        async for chunk in chunks:
            yield chunk

    return head[:HEAD_BYTES], whole()

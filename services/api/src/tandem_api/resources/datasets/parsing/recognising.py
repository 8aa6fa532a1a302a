"""Recognition of a file by its first bytes, whatever its name and content type say."""

from __future__ import annotations

from enum import StrEnum

from tandem_api.resources.datasets.parsing import exact_json
from tandem_api.resources.datasets.parsing.lines import BOM
from tandem_api.resources.datasets.parsing.rows import FileFaultError


class FileFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"
    EXCEL = "xlsx"
    ARROW = "arrow"


class Packing(StrEnum):
    GZIP = "gzip"
    ZSTD = "zstd"


HEAD_BYTES = 64 * 1024
"""Bytes of a file that are looked at."""
_PACKINGS = {b"\x1f\x8b": Packing.GZIP, b"\x28\xb5\x2f\xfd": Packing.ZSTD}
BINARY = {b"PAR1": FileFormat.PARQUET, b"PK\x03\x04": FileFormat.EXCEL, b"\xff\xff\xff\xff": FileFormat.ARROW}
_REFUSED = {
    b"\xd0\xcf\x11\xe0": ("an Excel file of the old kind (.xls)", "Save it as .xlsx or as CSV."),
    b"BZh": ("compressed with bzip2", "Unpack it, or compress it with gzip or zstd."),
    b"\xfd7zXZ": ("compressed with xz", "Unpack it, or compress it with gzip or zstd."),
    b"7z\xbc\xaf": ("a 7z archive", "Unpack it and import the file inside."),
    b"ARROW1": ("an Arrow (Feather) file", "Save it as Parquet, or send an Arrow IPC stream."),
    b"SQLite format 3": ("an SQLite database", "Export the table as CSV."),
    b"%PDF": ("a PDF document", "Import a table: CSV, JSON, Parquet or Excel."),
    b"PK\x05\x06": ("an empty zip archive", "Import the file itself."),
}


def packing_of(head: bytes) -> Packing | None:
    """Return how the file is compressed, or None."""
    return next((packing for magic, packing in _PACKINGS.items() if head.startswith(magic)), None)


def format_of(head: bytes, stated: FileFormat | None) -> FileFormat:
    """Return the format of a file that begins like this.

    What the bytes say plainly wins over what is stated: Parquet is Parquet under any name. A text is CSV where that is
    stated, else what its first character says. Raises FileFaultError for formats that are not read.
    """
    for magic, found in BINARY.items():
        if head.startswith(magic):
            return found
    for magic, (name, cure) in _REFUSED.items():
        if head.startswith(magic):
            raise FileFaultError("unreadable-format", f"The file is {name}.", cure=cure)
    if stated in (FileFormat.PARQUET, FileFormat.EXCEL, FileFormat.ARROW):
        raise FileFaultError(
            "unreadable-format", f"The file is no {stated.value} file.", cure="Leave the format out: it is recognized."
        )
    if stated is FileFormat.CSV:
        return FileFormat.CSV
    text = head.removeprefix(BOM).lstrip()
    if text.startswith(b"["):
        return FileFormat.JSON
    if text.startswith(b"{"):
        return FileFormat.JSON if stated is FileFormat.JSON or _goes_on_below(text) else FileFormat.JSONL
    return stated if stated is FileFormat.JSONL else FileFormat.CSV


def _goes_on_below(text: bytes) -> bool:
    """Return whether the first object does not end with its line: `{` alone, as pretty-printed JSON begins."""
    line, ended, _ = text.partition(b"\n")
    if not ended:
        return False
    try:
        exact_json.loads(line.decode(errors="replace"))
    except exact_json.NotJsonError as error:
        return error.position >= len(line.decode(errors="replace").rstrip())
    return False

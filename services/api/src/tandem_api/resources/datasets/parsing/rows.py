"""Rows of a file, and the faults that a file can have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tandem_api.resources.datasets.parsing.tools.said import Said


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Sizes in bytes. `row_bytes` bounds what is held of a row that has not ended yet."""

    record_bytes: int

    @property
    def row_bytes(self) -> int:
        return 4 * self.record_bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` counts data rows from 1, `line` is where it begins in the file, headers and blanks counted, and
    None where the file has no lines."""

    number: int
    line: int | None
    values: dict[str, Any]
    """Column to value: text in a CSV or Excel file, any JSON in others."""
    said: tuple[Said, ...] | None = None
    """Opinions of another tool's annotators; None where the row is of no tool."""


class FileFaultError(Exception):
    """The file cannot be imported as it is. Nothing of it is imported."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        cure: str,
        row: int | None = None,
        line: int | None = None,
        column: str | None = None,
        byte: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.cure = cure
        self.row = row
        self.line = line
        self.column = column
        self.byte = byte
        self.all_faults: Sequence[FileFaultError] = (self,)
        """The faults of the file in the order of its rows, the first ones if there are many; this is the first."""
        self.count = 1
        """Number of faults in the file, as far as it was read."""


class RowParser(Protocol):
    """Takes a file in pieces. Memory is bounded by a row's limit, whatever comes."""

    columns: list[str] | None
    """The columns, known once the header was read; always None where rows name their own."""
    delimiter: str | None
    """The delimiter between cells, known once the header was read; None where there is none."""
    is_spooled: bool
    """True: rows come at `finish` alone, which blocks."""

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Yield the rows that this piece completes, before the fault if there is one. Raises FileFaultError."""
        ...

    def finish(self) -> Iterator[Row]:
        """Yield the rows left at the end of the file. Raises FileFaultError."""
        ...


def place(row: int | None, line: int | None, column: str | None = None) -> str:
    """Return the place for people: "Row 3 (line 5), column 'text'"."""
    words = f"Row {row}" if row else "The header"
    if line is not None:
        words += f" (line {line})"
    return f"{words}, column {column!r}" if column is not None else words

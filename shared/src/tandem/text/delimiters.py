"""Delimiters: what stands between the cells of a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Sequence

DELIMITERS = (",", ";", "\t", "|")
MOST_HEADER_LINES = 50
_STATED = re.compile(r'^"?sep=([,;\t|])"?\r?\n$', re.IGNORECASE)


def header_of(lines: Iterable[str]) -> str | None:
    """Return the header in these first lines: several where its quoted cells hold line ends; None where it needs
    more."""
    header = ""
    for number, line in enumerate(filter(str.strip, lines)):
        header += line
        if header.count('"') % 2 == 0:
            return header
        if number == MOST_HEADER_LINES:
            return header.partition("\n")[0]  # a quote within a cell, as in 5" screen
    return None


def stated_delimiter(line: str) -> str | None:
    """Return the delimiter that a spreadsheet's first line `sep=;` states; None for any other line."""
    said = _STATED.match(line)
    return said[1] if said else None


def delimiter_of(header: str, wanted: Collection[str] = ()) -> str:
    """Return the delimiter by which a header line has the wanted columns, or else the most;
    the comma where neither decides."""
    columns = {mark: _split(header, mark) for mark in DELIMITERS}
    fitting = (mark for mark in DELIMITERS if wanted and columns[mark].issuperset(wanted))
    return next(fitting, None) or max(DELIMITERS, key=lambda mark: len(columns[mark]))


def _split(header: str, delimiter: str) -> set[str]:
    try:
        return {cell.strip() for cell in next(csv.reader(header.splitlines(keepends=True), delimiter=delimiter), [])}
    except csv.Error:
        return set()


def delimiter_hint(columns: Sequence[str]) -> str | None:
    """Return a hint in one sentence, where all of the header was read as one column."""
    found = next((mark for mark in ";\t|," if mark in columns[0]), None) if len(columns) == 1 else None
    return (
        found
        and f"The header seems to be delimited by {found!r}: say so with `delimiter` (--delimiter), or leave it out."
    )

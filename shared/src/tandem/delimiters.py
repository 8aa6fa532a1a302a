"""What stands between the cells of a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence

DELIMITERS = (",", ";", "\t", "|")
_STATED = re.compile(r'^"?sep=([,;\t|])"?\r?\n$', re.IGNORECASE)


def stated_delimiter(line: str) -> str | None:
    """What a spreadsheet's first line `sep=;` says; None for any other line."""
    said = _STATED.match(line)
    return said[1] if said else None


def delimiter_of(header: str, wanted: Collection[str] = ()) -> str:
    """By which a header line has the wanted columns, or else the most; the comma where there is no telling."""
    columns = {mark: _split(header, mark) for mark in DELIMITERS}
    fitting = (mark for mark in DELIMITERS if wanted and columns[mark].issuperset(wanted))
    return next(fitting, None) or max(DELIMITERS, key=lambda mark: len(columns[mark]))


def _split(line: str, delimiter: str) -> set[str]:
    try:
        return {cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])}
    except csv.Error:
        return set()


def delimiter_hint(columns: Sequence[str]) -> str | None:
    """A sentence, where all of the header was taken for one column."""
    found = next((mark for mark in ";\t|," if mark in columns[0]), None) if len(columns) == 1 else None
    return (
        found
        and f"The header seems to be delimited by {found!r}: say so with `delimiter` (--delimiter), or leave it out."
    )

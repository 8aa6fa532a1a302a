"""CSV with a header line, as RFC 4180 has it: cells in quotes may hold delimiters, line ends and doubled quotes.

Taken as spreadsheets and data frames write it: a first line `sep=;`, columns without a name (they are left out), and
rows whose cells are all blank (they are passed over as blank lines are).
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator

from tandem.text.control_characters import has_control
from tandem.text.delimiters import delimiter_hint, delimiter_of, header_of, stated_delimiter
from tandem_api.resources.datasets.parsing.lines import Utf8Lines
from tandem_api.resources.datasets.parsing.mapping import OBVIOUS_ID_COLUMNS
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits, place

MAX_COLUMNS = 1000


class _NeedMore(Exception):  # noqa: N818 - control flow, not an error
    """The lines at hand end inside a record."""


class CsvRows:
    """A `RowParser`. Give it the file in pieces of any size.

    Without a `delimiter` it is the one that makes the `wanted` columns of the header, or else the most columns. A
    column whose name the header repeats is refused where it is wanted; else its name gets a number: `comment (2)`.
    """

    is_spooled = False

    def __init__(self, limits: SizeLimits, *, delimiter: str | None = None, wanted: Collection[str] = ()) -> None:
        self._limits = limits
        self.delimiter = delimiter
        self._wanted = set(wanted)
        self._lines = Utf8Lines(max_line_bytes=limits.row_bytes)
        self._queue: list[str] = []
        self._taken = 0
        self._ended = False
        self._reader = csv.reader(self, delimiter=delimiter or ",", strict=True)
        csv.field_size_limit(limits.record_bytes)  # the module's own state; in characters, hence never above the bytes
        self._row = 0
        self._line = 1
        self.columns: list[str] | None = None
        self._header: list[str] = []
        """The header's names, columns without a name included."""

    def feed(self, chunk: bytes) -> Iterator[Row]:
        self._queue += self._lines.feed(chunk)
        if self._knows_delimiter():
            yield from self._complete_rows()
        if sum(map(len, self._queue)) > self._limits.row_bytes or self._lines.too_long:
            raise self._endless_row()

    def finish(self) -> Iterator[Row]:
        self._queue += self._lines.finish()
        self._ended = True
        self._knows_delimiter()
        yield from self._complete_rows()
        if self.columns is None:
            raise FileFaultError(
                "empty-file", "The file is empty.", cure="Send a CSV file with a header line and rows below it."
            )

    # --- the lines, as csv.reader takes them

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._taken < len(self._queue):
            self._taken += 1
            return self._queue[self._taken - 1]
        if self._ended:
            raise StopIteration
        raise _NeedMore

    # --- the records

    def _knows_delimiter(self) -> bool:
        """Return whether the delimiter is known, or can be determined by now."""
        if self.delimiter is not None:
            return True
        header = header_of(self._queue)
        if header is None and (self._ended or self._lines.fault is not None):
            header = next(filter(str.strip, self._queue), None)
        if header is None:
            return self._lines.fault is not None
        self.delimiter = stated_delimiter(header)
        if self.delimiter is not None:
            self._queue[self._queue.index(header)] = "\n"
        else:
            self.delimiter = delimiter_of(header, self._wanted)
        self._reader = csv.reader(self, delimiter=self.delimiter, strict=True)
        return True

    def _complete_rows(self) -> Iterator[Row]:
        while True:
            start = self._taken
            try:
                cells = next(self._reader)
            except _NeedMore:
                self._taken = start  # read again from its first line once there is more
                break
            except StopIteration:
                break
            except csv.Error as error:
                if self._lines.fault is not None and "unexpected end" in str(error):
                    break
                raise self._syntax_fault(str(error), "".join(self._queue[start : self._taken])) from None
            line, self._line = self._line, self._line + self._taken - start
            if cells:
                yield from self._row_of(cells, line)
        del self._queue[: self._taken]
        self._taken = 0
        if self._lines.fault is not None:
            raise self._not_utf8(self._lines.fault)

    def _row_of(self, cells: list[str], line: int) -> Iterator[Row]:
        if not any(map(str.strip, cells)):
            return
        if self.columns is None:
            self.columns = self._checked_header(cells, line)
            return
        self._row += 1
        if len(cells) != len(self._header):
            raise self._wrong_width(cells, line)
        row = Row(self._row, line, dict(zip(self._header, cells, strict=True)))
        row.values.pop("", None)
        yield row

    def _checked_header(self, cells: list[str], line: int) -> list[str]:
        columns = [cell.strip() for cell in cells]
        self._header = list(columns)
        cure = "Give every column of the header a name of its own."
        if len(columns) > MAX_COLUMNS:
            raise FileFaultError(
                "bad-header", f"The header has {len(columns):,} columns.", cure=f"At most {MAX_COLUMNS:,}.", line=line
            )
        for position, column in enumerate(columns):
            if column and column in columns[:position]:
                detail = f"The header names the column {column!r} twice."
                if column not in self._wanted and column.casefold() not in OBVIOUS_ID_COLUMNS:
                    self._header[position] = self._numbered(column, position)
                    continue
                raise FileFaultError("bad-header", detail, cure=cure, line=line, column=column)
            if has_control(column):
                detail = f"The header's column {column[:100]!r} has a control character in its name."
                cure = "Take it out."
                if "\0" in column:
                    cure = "The file seems to be in UTF-16: say so with `encoding` (--encoding utf-16)."
                raise FileFaultError("bad-header", detail, cure=cure, line=line, column=column[:100])
        return list(filter(None, self._header))

    def _numbered(self, column: str, position: int) -> str:
        """Return a name of its own for a column whose name stood before."""
        number = 1 + self._header[:position].count(column)
        while (name := f"{column} ({number})") in self._header:
            number += 1
        return name

    # --- the faults

    def _wrong_width(self, cells: list[str], line: int) -> FileFaultError:
        assert self.columns is not None  # noqa: S101 - narrows the type
        wanted = len(self._header)
        if len(cells) < wanted:
            column, hint = self._header[len(cells)], "A cell is missing"
        else:
            column, hint = self._header[-1], "Put cells that hold the delimiter into double quotes"
        return FileFaultError(
            "wrong-cell-count",
            f"{place(self._row, line)} has {len(cells)} cells, the header has {wanted} columns.",
            cure=delimiter_hint(self.columns) or f"{hint}; the columns are {', '.join(self.columns[:20])}.",
            row=self._row,
            line=line,
            column=column,
        )

    def _syntax_fault(self, message: str, text: str) -> FileFaultError:
        position, kind = _fault_position(text, self.delimiter or ",", self._limits.record_bytes)
        column = self._column_name(position)
        row = None if self.columns is None else self._row + 1
        where = place(row, self._line, column)
        if "field larger" in message:
            unclosed = " The quote that opens it is perhaps never closed." if kind == "quoted" else ""
            return self._too_large("The cell", column, unclosed)
        if "new-line character" in message:
            detail = f"{where}: a carriage return stands alone outside of quotes."
            cure = "End lines with LF or CRLF, and put cells that hold line ends into double quotes."
        elif "unexpected end" in message:
            detail = f"{where}: the file ends inside a quoted cell; its opening quote is never closed."
            cure = "Close the quote; a quote inside a quoted cell is written twice."
        else:
            detail = f"{where}: something stands between a closing quote and the next delimiter."
            cure = 'Write a quote inside a quoted cell twice: "he said ""yes""".'
        return FileFaultError("broken-quoting", detail, cure=cure, row=row, line=self._line, column=column)

    def _too_large(self, what: str, column: str | None, hint: str = "") -> FileFaultError:
        row = None if self.columns is None else self._row + 1
        limit = self._limits.record_bytes if column is not None else self._limits.row_bytes
        return FileFaultError(
            "record-too-large",
            f"{place(row, self._line, column)}: {what.lower()} is larger than {limit:,} bytes.{hint}",
            cure="Shorten or split the text, or mend the quoting around it.",
            row=row,
            line=self._line,
            column=column,
        )

    def _endless_row(self) -> FileFaultError:
        """Name the cell because of which the row at hand runs past the limit with no end in sight."""
        position, kind = _fault_position(
            "".join(self._queue) + self._lines.held_text(), self.delimiter or ",", self._limits.record_bytes
        )
        if kind == "short":
            return self._too_large("The row", None)
        return self._too_large("The cell", self._column_name(position))

    def _not_utf8(self, byte: int) -> FileFaultError:
        row = None if self.columns is None else self._row + 1
        seems, name = "perhaps it is Windows-1252 or Latin-1", "windows-1252"
        if self._lines.is_utf16:
            seems, name = "it seems to be UTF-16", "utf-16"
        return FileFaultError(
            "not-utf-8",
            f"{place(row, self._line)}: byte {byte:,} of the file is not UTF-8; {seems}.",
            cure=f"Say in which encoding the file is: encoding={name} (--encoding {name}). Or save it in UTF-8.",
            row=row,
            line=self._line,
            byte=byte,
        )

    def _column_name(self, position: int) -> str:
        return (self._header[position : position + 1] or [""])[0] or str(position + 1)


def _fault_position(text: str, delimiter: str, limit: int) -> tuple[int, str]:
    """Return the cell (from 0) in which csv.reader gave up on this text, and whether that one is quoted, plain or just
    short."""
    cell, start, state = 0, 0, "start"
    for index, character in enumerate(text):
        if state == "start":
            start = index
            state = "quoted" if character == '"' else "plain"
            if state == "quoted":
                continue
        if state == "quoted":
            if character == '"':
                state = "closed"
        elif state == "closed" and character == '"':
            state = "quoted"
        elif character == delimiter:
            cell, state = cell + 1, "start"
        elif state == "closed" and character not in "\r\n":
            return cell, "quoted"
        if index - start > limit:
            return cell, "plain" if state == "plain" else "quoted"
    return cell, "quoted" if state in ("quoted", "closed") else "short"

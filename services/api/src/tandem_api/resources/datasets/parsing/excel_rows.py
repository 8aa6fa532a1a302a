"""Excel (.xlsx), a sheet at a time and row by row; its cells are the texts that a CSV of the sheet would have.

An .xlsx is a zip of XML: what it would unpack to is bounded before it is read, and a cell while it is read.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from typing import IO, Any, Self, cast

from openpyxl.reader.excel import ExcelReader

from tandem_api.resources.datasets.parsing.csv_rows import MAX_COLUMNS
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits
from tandem_api.resources.datasets.parsing.spool import SpooledRows

MOST_SHEET_BYTES = 2 * 1024**3
"""Limit of a sheet, unpacked; it is read as a stream."""
MOST_SHARED_BYTES = 64 * 1024**2
"""Limit of all else that is read, such as the texts that cells share; memory holds it about three times over."""
_MOST_MEMBERS = 10_000
_MOST_LINES = 1_048_576
_EXACT = 2**53


class ExcelRows(SpooledRows):
    def __init__(self, limits: SizeLimits, *, sheet: str | None) -> None:
        super().__init__(limits)
        self._sheet = sheet

    def _rows(self, file: IO[bytes]) -> Iterator[Row]:
        self._check_archive(file)
        try:
            reader = _Reader(file, self._limits.row_bytes)
            reader.read()
            book = reader.wb
        except FileFaultError:
            raise
        except Exception as error:
            raise self._broken(error) from error
        try:
            sheet = self._chosen(book)
            sheet.reset_dimensions()
            yield from self._rows_of(sheet)
        except (FileFaultError, GeneratorExit):
            raise
        except Exception as error:
            raise self._broken(error) from error
        finally:
            book.close()

    def _rows_of(self, sheet: Any) -> Iterator[Row]:
        number = 0
        for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            if line > _MOST_LINES:
                raise self._broken(ValueError(f"it has more than {_MOST_LINES:,} rows"))
            texts = [_text(cell) for cell in cells]
            if not any(text.strip() for text in texts):
                continue
            if self.columns is None:
                self.columns = self._header(texts)
                continue
            number += 1
            if any(text.strip() for text in texts[len(self.columns) :]):
                raise FileFaultError(
                    "wrong-cell-count",
                    f"Row {number} (line {line}) has cells to the right of the header's {len(self.columns)} columns.",
                    cure="Give every column a name in the first row.",
                    row=number,
                    line=line,
                )
            texts += [""] * (len(self.columns) - len(texts))
            values = dict(zip(self.columns, texts, strict=False))
            values.pop("", None)
            yield Row(number, line, values)
        if number == 0:
            raise FileFaultError(
                "empty-file", "The sheet has no rows.", cure="Put a header into its first row and data below it."
            )
        self.columns = [name for name in self.columns or () if name]

    def _header(self, texts: list[str]) -> list[str]:
        names = [text.strip() for text in texts]
        while names and not names[-1]:
            names.pop()
        if len(names) > MAX_COLUMNS:
            raise FileFaultError(
                "bad-header", f"The sheet has {len(names):,} columns.", cure=f"At most {MAX_COLUMNS:,}.", line=1
            )
        return self._checked_columns(names)

    def _chosen(self, book: Any) -> Any:
        names = [sheet.title for sheet in book.worksheets]
        if self._sheet is None and names:
            return book.worksheets[0]
        for sheet in book.worksheets:
            if sheet.title == self._sheet:
                return sheet
        raise FileFaultError(
            "no-such-sheet",
            f"The workbook has no sheet {self._sheet!r}; it has {', '.join(map(repr, names[:20])) or 'none'}.",
            cure="Name one of them: sheet=NAME (--sheet NAME), or leave it out for the first one.",
        )

    def _check_archive(self, file: IO[bytes]) -> None:
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise self._broken(error) from error
        names = {member.filename for member in members[:_MOST_MEMBERS]}
        if "xl/workbook.xml" not in names:
            raise FileFaultError(
                "unreadable-format",
                "The file is a zip archive, and no Excel workbook.",
                cure="Unpack it and import the file inside; a text may be compressed with gzip or zstd.",
            )
        sheets = [each.file_size for each in members if each.filename.startswith("xl/worksheets/")]
        others = sum(
            each.file_size
            for each in members
            if each.filename.endswith((".xml", ".rels")) and not each.filename.startswith("xl/worksheets/")
        )
        if max(sheets, default=0) > MOST_SHEET_BYTES or others > MOST_SHARED_BYTES or len(members) > _MOST_MEMBERS:
            raise FileFaultError(
                "upload-too-large",
                f"The workbook unpacks to {max(sheets, default=0) + others:,} bytes, more than is read of one.",
                cure="Save the sheet as CSV.",
            )

    @staticmethod
    def _broken(error: Exception) -> FileFaultError:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return FileFaultError(
            "broken-file", f"The Excel file cannot be read: {reason}", cure="Save it again as .xlsx, or as CSV."
        )


class _Reader(ExcelReader):  # type: ignore[misc] # openpyxl has no types
    """Reads a workbook whose XML has no text longer than a cell may be."""

    def __init__(self, file: IO[bytes], most_bytes: int) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.archive = _BoundedZip(file, most_bytes)


class _BoundedZip(zipfile.ZipFile):
    def __init__(self, file: IO[bytes], most_bytes: int) -> None:
        super().__init__(file)
        self._most_bytes = most_bytes

    def open(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        return cast("IO[bytes]", _BoundedTexts(super().open(*args, **kwargs), self._most_bytes))


class _BoundedTexts:
    """XML as it is read, up to the first text that is too long for a cell."""

    def __init__(self, inner: IO[bytes], most_bytes: int) -> None:
        self._inner = inner
        self._most_bytes = most_bytes
        self._since_tag = 0

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size)
        tag = data.rfind(b"<")
        self._since_tag = self._since_tag + len(data) if tag < 0 else len(data) - tag
        if self._since_tag > self._most_bytes:
            raise FileFaultError(
                "record-too-large",
                f"A cell of the workbook is larger than {self._most_bytes:,} bytes.",
                cure="Shorten or split the text.",
            )
        return data

    def close(self) -> None:
        self._inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _text(cell: Any) -> str:  # noqa: PLR0911 - one for each kind
    """Return the cell as the text that a CSV of the sheet has."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            return str(int(cell))
        case dt.datetime() if (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0):
            return cell.date().isoformat()
        case dt.datetime() | dt.date() | dt.time():
            return cell.isoformat()
    return str(cell)

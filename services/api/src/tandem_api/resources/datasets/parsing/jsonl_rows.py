"""JSONL: one JSON object a line; blank lines are passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tandem_api.resources.datasets.parsing import exact_json
from tandem_api.resources.datasets.parsing.lines import Utf8Lines
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits, place


class JsonlRows:
    """A `RowParser`. Give it the file in pieces of any size."""

    columns: list[str] | None = None
    delimiter: str | None = None
    is_spooled = False

    def __init__(self, limits: SizeLimits) -> None:
        self._limits = limits
        self._lines = Utf8Lines(max_line_bytes=limits.row_bytes)
        self._row = 0
        self._line = 0

    def feed(self, chunk: bytes) -> Iterator[Row]:
        yield from self._rows(self._lines.feed(chunk))
        if self._lines.too_long:
            raise self._too_large()

    def finish(self) -> Iterator[Row]:
        yield from self._rows(self._lines.finish())
        if self._line == 0:
            raise FileFaultError("empty-file", "The file is empty.", cure="Send one JSON object a line.")

    def _rows(self, lines: list[str]) -> Iterator[Row]:
        for text in lines:
            self._line += 1
            if text.strip():
                self._row += 1
                yield Row(self._row, self._line, self._object(text))
        if self._lines.fault is not None:
            self._row, self._line = self._row + 1, self._line + 1
            seems, name = ("; it seems to be UTF-16", "utf-16") if self._lines.is_utf16 else ("", "windows-1252")
            raise FileFaultError(
                "not-utf-8",
                f"{place(self._row, self._line)}: byte {self._lines.fault:,} of the file is not UTF-8{seems}.",
                cure=f"Say in which encoding the file is: encoding={name} (--encoding {name}). Or save it in UTF-8.",
                row=self._row,
                line=self._line,
                byte=self._lines.fault,
            )

    def _object(self, text: str) -> dict[str, Any]:
        if len(text) > self._limits.row_bytes:
            self._row, self._line = self._row - 1, self._line - 1
            raise self._too_large()
        try:
            value = exact_json.loads(text)
        except exact_json.NotJsonError as error:
            raise FileFaultError(
                "not-json",
                f"{place(self._row, self._line)} is not JSON: {error.message} at character {error.position + 1}.",
                cure="Write one JSON object a line, without line ends inside it.",
                row=self._row,
                line=self._line,
            ) from error
        if not isinstance(value, dict):
            raise FileFaultError(
                "not-json",
                f"{place(self._row, self._line)} is JSON, but not an object.",
                cure='Write one object a line: {"id": "1", "text": "..."}.',
                row=self._row,
                line=self._line,
            )
        return value

    def _too_large(self) -> FileFaultError:
        row, line = self._row + 1, self._line + 1
        return FileFaultError(
            "record-too-large",
            f"{place(row, line)}: the line is longer than {self._limits.row_bytes:,} bytes.",
            cure="Shorten or split the text.",
            row=row,
            line=line,
        )

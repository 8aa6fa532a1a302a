"""JSON objects one after another, over any number of lines: an array of them, or objects without anything around.

An array is what most annotation tools write (`[{"id": 1}, {"id": 2}]`), objects one below the other are what a pretty
printer makes of JSONL.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from tandem_api.resources.datasets.parsing import exact_json
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits, place

_BLANK = re.compile(r"[ \t\r\n]*")
_LONGEST_WORD = len("-Infinity")
_MORE = 64 * 1024
"""Characters that an unfinished value must have grown by before it is read again."""


class JsonRows:
    """A `RowParser`. Give it the file in pieces of any size."""

    columns: list[str] | None = None
    delimiter: str | None = None
    is_spooled = False

    def __init__(self, limits: SizeLimits) -> None:
        self._limits = limits
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._taken_bytes = 0
        self._text = ""
        self._at = 0
        self._tried = 0
        """Length of the text when its last value was found to be unfinished."""
        self._row = 0
        self._line = 1
        self._in_array: bool | None = None
        self._after_value = False
        self._closed = False

    def feed(self, chunk: bytes) -> Iterator[Row]:
        self._text = self._text[self._at :] + self._decoded(chunk, final=False)
        self._at = 0
        if len(self._text) >= self._tried + _MORE or self._tried == 0:
            yield from self._rows(is_all=False)

    def finish(self) -> Iterator[Row]:
        self._text = self._text[self._at :] + self._decoded(b"", final=True)
        self._at = 0
        yield from self._rows(is_all=True)
        if self._in_array is None:
            raise FileFaultError("empty-file", "The file is empty.", cure="Send JSON objects.")
        if self._in_array and not self._closed:
            raise self._fault("the file ends before the array does", "Send the whole file: it ends with ].")

    def _rows(self, *, is_all: bool) -> Iterator[Row]:
        while self._goes_on():
            value, end = self._value(is_all=is_all)
            if end is None:
                self._tried = len(self._text) - self._at
                return
            self._tried = 0
            self._row += 1
            if not isinstance(value, dict):
                raise self._fault("this is JSON, but not an object", 'Write objects: {"id": "1", "text": "..."}.', 0)
            yield Row(self._row, self._line, value)
            self._pass_over(end)
            self._after_value = True

    def _goes_on(self) -> bool:
        """Move to the beginning of the next value; False where none has begun yet. Raises FileFaultError."""
        while True:
            self._pass_over(_end_of_blanks(self._text, self._at))
            if self._at == len(self._text):
                return False
            character = self._text[self._at]
            if self._closed:
                raise self._fault("something stands behind the end of the array", "End the file with the array.")
            if self._in_array is None:
                self._in_array = character == "["
                if self._in_array:
                    self._pass_over(self._at + 1)
                    continue
            if self._in_array and character == "]":
                self._closed = True
            elif self._in_array and character == "," and self._after_value:
                self._after_value = False
            elif self._in_array and self._after_value:
                raise self._fault("a comma is missing between two objects", "Separate objects by commas.")
            else:
                return True
            self._pass_over(self._at + 1)

    def _value(self, *, is_all: bool) -> tuple[Any, int | None]:
        """Return the value that begins here and where it ends; None where more of it is to come."""
        is_long = len(self._text) - self._at > self._limits.row_bytes
        try:
            value, end = exact_json.raw_decode(self._text, self._at)
        except exact_json.NotJsonError as error:
            if is_long and _is_unfinished(error, len(self._text)):
                raise FileFaultError(
                    "record-too-large",
                    f"{place(self._row + 1, self._line)}: the object is longer than {self._limits.row_bytes:,} bytes, "
                    "or is never closed.",
                    cure="Shorten or split the text. Where the file is one object around a list, save the list alone.",
                    row=self._row + 1,
                    line=self._line,
                ) from error
            if not is_all and _is_unfinished(error, len(self._text)):
                return None, None
            line = self._line + self._text.count("\n", self._at, error.position)
            raise self._fault(f"it is not JSON: {error.message}", "Mend it there.", line=line) from error
        if end == len(self._text) and not is_all and not isinstance(value, dict | list | str):
            return None, None  # 12 may be the beginning of 123
        return value, end

    def _pass_over(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _decoded(self, chunk: bytes, *, final: bool) -> str:
        held = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            byte = self._taken_bytes - held + error.start
            raise FileFaultError(
                "not-utf-8",
                f"Byte {byte:,} of the file is not UTF-8.",
                cure="Say in which encoding the file is: encoding=utf-16 (--encoding utf-16). Or save it in UTF-8.",
                byte=byte,
            ) from error
        self._taken_bytes += len(chunk)
        return text

    def _fault(self, detail: str, cure: str, more: int = 1, line: int | None = None) -> FileFaultError:
        row, line = self._row + more, line or self._line
        return FileFaultError("not-json", f"{place(row, line)}: {detail}.", cure=cure, row=row, line=line)


def _end_of_blanks(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    return start if found is None else found.end()


def _is_unfinished(error: exact_json.NotJsonError, length: int) -> bool:
    """Return whether the text may be whole once more of it is there."""
    return error.message.startswith("Unterminated string") or error.position >= length - _LONGEST_WORD

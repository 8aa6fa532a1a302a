"""Lines of text, split from pieces of bytes, counting both."""

from __future__ import annotations

BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Utf8Lines:
    """Splits at `\\n` alone and keeps it. Bytes that are no UTF-8 become `fault` behind the lines before them."""

    def __init__(self, *, max_line_bytes: int) -> None:
        self._max = max_line_bytes
        self._pieces: list[bytes] = []
        self._held = 0
        self._offset = 0
        self._begun = False
        self.fault: int | None = None
        """Position of the first byte that is not UTF-8."""
        self.is_utf16 = False
        self.too_long = False
        """The line that begins here runs past the limit."""

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that this piece completes."""
        if not self._begun:
            chunk = b"".join((*self._pieces, chunk))
            self._pieces, self._held = [], 0
            if len(chunk) < len(BOM):
                self._hold(chunk)
                return []
            self._begun = True
            if chunk.startswith(BOM):
                chunk, self._offset = chunk[len(BOM) :], len(BOM)
            self.is_utf16 = chunk.startswith(_UTF16)
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            self._hold(chunk)
            self.too_long = self._held > self._max
            return []
        block = b"".join((*self._pieces, chunk[:end]))
        self._pieces, self._held = [], 0
        self._hold(chunk[end:])
        self.too_long = self._held > self._max
        return self._decode(block)

    def finish(self) -> list[str]:
        """Return the last line, if it has no line end."""
        block = b"".join(self._pieces)
        self._pieces, self._held = [], 0
        if not self._begun and block.startswith(_UTF16):
            self.is_utf16 = True
        return self._decode(block) if block else []

    def held_text(self) -> str:
        """Return the part of the unfinished line that has arrived."""
        return b"".join(self._pieces).decode(errors="replace")

    def _hold(self, rest: bytes) -> None:
        if rest:
            self._pieces.append(rest)
            self._held += len(rest)

    def _decode(self, block: bytes) -> list[str]:
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            self.fault = self._offset + error.start
            text = block[: error.start].decode()
            text = text[: text.rfind("\n") + 1]
        self._offset += len(block)
        lines = [line + "\n" for line in text.split("\n")]
        last = lines.pop()[:-1]
        return [*lines, last] if last else lines

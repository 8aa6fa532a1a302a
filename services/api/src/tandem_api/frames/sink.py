"""A file whose content is taken away piece by piece, for writers that want one."""

from __future__ import annotations

from typing import Any


class Sink:
    """Wrap it into `pyarrow.PythonFile(sink, "w")`."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Do nothing: what was written is taken afterwards."""

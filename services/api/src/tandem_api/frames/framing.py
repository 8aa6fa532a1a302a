"""The Arrow IPC stream as it comes over the network: whole messages out of pieces of any size.

pyarrow reads a stream from a file. Here the file is what came so far, and a batch is read once all its bytes are there.
An encapsulated message is 0xFFFFFFFF, the size of its metadata (int32), the metadata (a flatbuffer, table `Message`),
and the body, whose size the metadata name: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pyarrow as pa

_CONTINUATION = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _RECORD_BATCH = 1, 2, 3
_HEADER_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3
_COMPRESSION = 3
_DICTIONARY_DATA = 1


class BadStreamError(Exception):
    """The bytes are no Arrow IPC stream, or not one that is taken. The message says why."""

    def __init__(self, code: str, detail: str, cure: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.cure = cure


class IpcStream:
    """Takes a stream in pieces. At most one message of `most_bytes` is held."""

    def __init__(self, *, most_bytes: int) -> None:
        self._most = most_bytes
        self._file = _Pieces()
        self._unseen = bytearray()
        """Bytes behind the last whole message."""
        self._reader: pa.RecordBatchStreamReader | None = None
        self.ended = False
        """True: the mark of the stream's end came."""

    @property
    def schema(self) -> pa.Schema | None:
        return None if self._reader is None else self._reader.schema

    def feed(self, chunk: bytes) -> Iterator[pa.RecordBatch]:
        """Yield the batches that this piece completes. Raises BadStreamError."""
        self._unseen += chunk
        while (kind := self._next_message()) is not None:
            try:
                if kind == _SCHEMA and self._reader is None:
                    self._reader = pa.ipc.open_stream(pa.PythonFile(self._file, "r"))
                elif kind == _RECORD_BATCH and self._reader is not None:
                    batch = self._reader.read_next_batch()
                    batch.validate(full=True)
                    yield batch
            except (pa.ArrowException, ValueError) as error:
                raise _not_arrow(str(error)) from error

    def finish(self) -> None:
        """Check that the stream ended where it should. Raises BadStreamError."""
        if self._reader is None or self._unseen or not self.ended:
            raise BadStreamError(
                "arrow-cut", "The Arrow stream ends before its end mark.", "Close the stream writer, then send it all."
            )

    def _next_message(self) -> int | None:
        """Move the next whole message to where the reader finds it; return its kind, None where it is not whole yet."""
        held = self._unseen
        if len(held) < 8 or self.ended:
            if self.ended and held:
                raise _not_arrow("bytes come after its end")
            return None
        if held[:4] != _CONTINUATION:
            raise _not_arrow("a message begins with other bytes than FF FF FF FF")
        (size,) = struct.unpack_from("<i", held, 4)
        if size == 0:
            self.ended = True
            del held[:8]
            return self._next_message()
        if size < 0 or size > self._most:
            raise self._too_large(size)
        if len(held) < 8 + size:
            return None
        message = _Table.root(bytes(held[8 : 8 + size]))
        body = message.number(_BODY_LENGTH, "<q")
        if body < 0 or size + body > self._most:
            raise self._too_large(size + body)
        whole = 8 + size + body
        if len(held) < whole:
            return None
        kind = message.number(_HEADER_TYPE, "<b")
        self._refuse_compressed(kind, message)
        self._file.give(bytes(held[:whole]))
        del held[:whole]
        return kind

    def _refuse_compressed(self, kind: int, message: _Table) -> None:
        """Refuse a compressed body: a small one can unpack to any size. Raises BadStreamError."""
        batch = message.table(_HEADER) if kind in (_RECORD_BATCH, _DICTIONARY) else None
        if kind == _DICTIONARY and batch is not None:
            batch = batch.table(_DICTIONARY_DATA)
        if batch is not None and batch.table(_COMPRESSION) is not None:
            raise BadStreamError(
                "arrow-compressed", "The Arrow batches are compressed.", "Write the stream without compression."
            )

    def _too_large(self, size: int) -> BadStreamError:
        return BadStreamError(
            "arrow-batch-too-large",
            f"An Arrow message of {size:,} bytes is larger than {self._most:,}.",
            "Send smaller batches, of 10,000 rows or fewer.",
        )


class _Table:
    """A table of a flatbuffer: https://flatbuffers.dev/internals/. Raises BadStreamError for places outside it."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place
        self._vtable = place - self._read("<i", place)

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, _unpacked("<I", data, 0))

    def number(self, field: int, form: str) -> int:
        """Return the number in this field, 0 where it is left out."""
        offset = self._offset(field)
        return self._read(form, self._place + offset) if offset else 0

    def table(self, field: int) -> _Table | None:
        offset = self._offset(field)
        if not offset:
            return None
        place = self._place + offset
        return _Table(self._data, place + self._read("<I", place))

    def _offset(self, field: int) -> int:
        place = 4 + 2 * field
        return self._read("<H", self._vtable + place) if place < self._read("<H", self._vtable) else 0

    def _read(self, form: str, place: int) -> int:
        return _unpacked(form, self._data, place)


def _unpacked(form: str, data: bytes, place: int) -> int:
    if place < 0 or place + struct.calcsize(form) > len(data):
        raise _not_arrow("its metadata are damaged")
    return int(struct.unpack_from(form, data, place)[0])


def _not_arrow(reason: str) -> BadStreamError:
    return BadStreamError(
        "not-arrow", f"This is no Arrow IPC stream: {reason[:300]}.", "Send what pyarrow.ipc.new_stream writes."
    )


class _Pieces:
    """A file of the messages that were given and not read yet."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.closed = False

    def give(self, message: bytes) -> None:
        self._held += message

    def read(self, size: int = -1) -> bytes:
        size = len(self._held) if size < 0 else size
        piece = bytes(self._held[:size])
        del self._held[:size]
        return piece

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True

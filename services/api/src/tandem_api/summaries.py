"""Sums over many records, made block by block and kept, so that only blocks that changed are read again.

A block is made in three steps: two queries, the summing up in a thread, a write. Nothing grows with the data set but
the number of blocks, and the event loop is never held up.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from tandem.quality.additive import Additive
from tandem.store.database import utcnow
from tandem.store.summaries.documents import SummaryDocument, summary_id
from tandem.store.summaries.reader import SummaryReader
from tandem.store.summaries.writer import SummaryWriter

BLOCK = 5000
"""Records, by seq, that are summed up at once."""
PATIENCE_SECONDS = 15.0
"""How long a caller waits before it gets what is there so far."""
KEPT = 20
_REST = 3.0
"""A sum that took long is good for so many times its making."""
_LONG_SECONDS = 0.5

S = TypeVar("S", bound=Additive)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """What is summed up. Raise `version` when the sums mean something else than before."""

    version: int
    adapter: TypeAdapter[S]
    lifetime: timedelta | None = None
    """After it, a kept sum goes by itself."""


@dataclass(slots=True)
class Wanted(Generic[S]):
    """The sums over a subject: which blocks there are, and how each is made."""

    subject: str
    kind: Kind[S]
    fingerprints: Mapping[int, tuple[int, ...]]
    """Of each block that holds anything: what differs when its annotations do."""
    empty: Callable[[], S]
    make: Callable[[int], Awaitable[S]]


@dataclass(slots=True)
class Progress(Generic[S]):
    """The sums so far; `share` of the blocks is in them."""

    sums: S
    blocks: int
    done: int = 0
    fingerprint: list[int] = field(default_factory=list)
    """Of all blocks together."""

    @property
    def share(self) -> float:
        return self.done / self.blocks if self.blocks else 1.0


@dataclass(slots=True)
class _Making(Generic[S]):
    progress: Progress[S]
    task: asyncio.Task[None]
    took: float | None = None
    ended: float = 0.0


class Summaries:
    """Makes what is wanted, once for all who want it at the same time."""

    def __init__(self, reader: SummaryReader, writer: SummaryWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._makings: OrderedDict[str, _Making[Additive]] = OrderedDict()

    async def sums(
        self, subject: str, want: Callable[[], Awaitable[Wanted[S]]], *, patience: float | None = PATIENCE_SECONDS
    ) -> Progress[S]:
        """The sums over the subject, or what there is of them when that takes longer than `patience` seconds (None:
        however long it takes).

        They are not to be changed. Raises StoreUnavailableError.
        """
        making = self._makings.get(subject)
        if making is None or self._is_old(making):
            making = await self._start(subject, want)
        done, _ = await asyncio.wait((making.task,), timeout=patience)
        if done:
            making.task.result()
        return making.progress  # type: ignore[return-value]  # a subject has one kind of sums

    def _is_old(self, making: _Making[Additive]) -> bool:
        if not making.task.done():
            return False
        if making.took is None:
            return True
        rest = _REST * making.took if making.took > _LONG_SECONDS else 0.0
        return time.monotonic() > making.ended + rest

    async def _start(self, subject: str, want: Callable[[], Awaitable[Wanted[S]]]) -> _Making[Additive]:
        started = time.monotonic()
        wanted = await want()
        if (other := self._makings.get(subject)) is not None and not other.task.done():
            return other
        progress = Progress(wanted.empty(), len(wanted.fingerprints), fingerprint=total(wanted.fingerprints))
        making: _Making[S] = _Making(progress, asyncio.create_task(self._make(wanted, progress)))
        making.task.add_done_callback(lambda task: self._note(making, task, started))
        self._makings[subject] = making  # type: ignore[assignment]  # one kind of sums a subject
        self._makings.move_to_end(subject)
        while len(self._makings) > KEPT:
            self._makings.popitem(last=False)
        return making  # type: ignore[return-value]  # as above

    @staticmethod
    def _note(making: _Making[S], task: asyncio.Task[None], started: float) -> None:
        making.ended = time.monotonic()
        if not task.cancelled() and task.exception() is None:
            making.took = making.ended - started

    async def _make(self, wanted: Wanted[S], progress: Progress[S]) -> None:
        kind = wanted.kind
        missing = dict(wanted.fingerprints)
        async for kept in self._reader.of(wanted.subject):
            if kept["version"] == kind.version and missing.get(kept["block"]) == tuple(kept["fingerprint"]):
                del missing[kept["block"]]
                self._count(progress, await asyncio.to_thread(_inflated, kind, kept["data"]))
        for block, fingerprint in sorted(missing.items()):
            sums = await wanted.make(block)
            data = await asyncio.to_thread(_deflated, kind, sums)
            document: SummaryDocument = {
                "_id": summary_id(wanted.subject, block),
                "subject": wanted.subject,
                "block": block,
                "version": kind.version,
                "fingerprint": list(fingerprint),
                "data": data,
            }
            if kind.lifetime is not None:
                document["expires_at"] = utcnow() + kind.lifetime
            await self._writer.save(document)
            self._count(progress, sums)

    @staticmethod
    def _count(progress: Progress[S], sums: S) -> None:
        progress.sums.add(sums)
        progress.done += 1


def total(fingerprints: Mapping[int, tuple[int, ...]]) -> list[int]:
    """Of all blocks together: their number and sums, which rise with every change of one of them."""
    return [len(fingerprints), *(sum(each) for each in zip(*fingerprints.values(), strict=True))]


def _deflated(kind: Kind[S], sums: S) -> bytes:
    return zlib.compress(kind.adapter.dump_json(sums), 1)


def _inflated(kind: Kind[S], data: bytes) -> S:
    return kind.adapter.validate_json(zlib.decompress(data))

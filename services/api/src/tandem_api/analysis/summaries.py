"""Sums over many records, made block by block and kept, so that only blocks that changed are read again.

A block is made in three steps: two queries, the summing up in a thread, a write. Nothing grows with the data set but
the number of blocks, and the event loop is never held up.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from tandem.quality.additive import Additive
from tandem.store.database import utcnow
from tandem.store.summaries.documents import SummaryDocument, summary_id
from tandem.store.summaries.reader import SummaryReader
from tandem.store.summaries.writer import SummaryWriter

BLOCK = 5000
"""Records, by seq, that are summed at once."""
PATIENCE_SECONDS = 15.0
"""Seconds that a caller waits before it gets the sums made so far."""
MOST_BYTES = 15 * 1024 * 1024
"""A document of MongoDB holds 16 MiB."""
KEPT = 20
"""Sums that are kept in memory, so that those that did not change need not be read again."""

S = TypeVar("S", bound=Additive)


@dataclass(frozen=True, slots=True)
class SumsKind(Generic[S]):
    """The kind of sums. Raise `version` when the sums mean something else than before."""

    version: int
    adapter: TypeAdapter[S]
    lifetime: timedelta | None = None
    """After this time, the database deletes a kept sum."""


@dataclass(slots=True)
class WantedSums(Generic[S]):
    """The sums over a subject: which blocks there are, and how each is made."""

    subject: str
    kind: SumsKind[S]
    fingerprints: Mapping[int, tuple[int, ...]]
    """For each block that holds anything: numbers that change when its annotations do."""
    empty: Callable[[], S]
    make: Callable[[int], Awaitable[S]]


@dataclass(slots=True)
class SumsProgress(Generic[S]):
    """The sums so far; `share` of the blocks is in them."""

    sums: S
    blocks: int
    done: int = 0
    fingerprint: list[int] = field(default_factory=list)
    """Fingerprint of all blocks together."""

    @property
    def share(self) -> float:
        return self.done / self.blocks if self.blocks else 1.0


@dataclass(slots=True)
class _Base(Generic[S]):
    """The sums over the blocks that did not change lately, so that those need not be read at every look."""

    fingerprints: Mapping[int, tuple[int, ...]]
    data: bytes

    def holds(self, fingerprints: Mapping[int, tuple[int, ...]]) -> bool:
        return all(fingerprints.get(block) == each for block, each in self.fingerprints.items())


@dataclass(slots=True)
class _Computation(Generic[S]):
    fingerprints: Mapping[int, tuple[int, ...]]
    progress: SumsProgress[S]
    task: asyncio.Task[_Base[S] | None]

    @property
    def is_good(self) -> bool:
        """Return whether the computation is still running, or ended well."""
        return not self.task.done() or (not self.task.cancelled() and self.task.exception() is None)


class Summaries:
    """Computes sums, once for all callers that want the same sums at the same time."""

    def __init__(self, reader: SummaryReader, writer: SummaryWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._computations: OrderedDict[str, _Computation[Additive]] = OrderedDict()

    async def sums(
        self, subject: str, want: Callable[[], Awaitable[WantedSums[S]]], *, patience: float | None = PATIENCE_SECONDS
    ) -> SumsProgress[S]:
        """Return the sums over the subject, or those made so far when that takes longer than `patience` seconds (None:
        however long it takes). Where nothing changed since the last call, the same sums are returned.

        They are not to be changed. Raises StoreUnavailableError.
        """
        computation = self._computations.get(subject)
        if computation is None or computation.task.done():
            computation = self._started(subject, await want())
        done, _ = await asyncio.wait((computation.task,), timeout=patience)
        if done:
            computation.task.result()
        return computation.progress  # type: ignore[return-value]  # a subject has one kind of sums

    def _started(self, subject: str, wanted: WantedSums[S]) -> _Computation[Additive]:
        known = self._computations.get(subject)
        if known is not None and known.is_good and (not known.task.done() or known.fingerprints == wanted.fingerprints):
            self._computations.move_to_end(subject)
            return known
        progress = SumsProgress(wanted.empty(), len(wanted.fingerprints), fingerprint=total(wanted.fingerprints))
        base = known.task.result() if known is not None and known.is_good else None
        if base is not None and not base.holds(wanted.fingerprints):
            base = None
        task = asyncio.create_task(self._make(wanted, progress, base))
        computation: _Computation[Any] = _Computation(wanted.fingerprints, progress, task)
        self._computations[subject] = computation
        self._computations.move_to_end(subject)
        while len(self._computations) > KEPT:
            self._computations.popitem(last=False)
        return computation

    async def _make(self, wanted: WantedSums[S], progress: SumsProgress[S], base: _Base[S] | None) -> _Base[S] | None:
        """Sum up the blocks, reusing the last sums and the kept ones where annotations did not change; return the base
        to start with next time."""
        kind = wanted.kind
        done = {} if base is None else dict(base.fingerprints)
        if base is not None:
            self._count(progress, await asyncio.to_thread(_inflated, kind, base.data), blocks=len(done))
        missing = {block: each for block, each in wanted.fingerprints.items() if block not in done}
        async for kept in self._reader.of(wanted.subject, missing):
            if kept["version"] == kind.version and missing.get(kept["block"]) == tuple(kept["fingerprint"]):
                done[kept["block"]] = missing.pop(kept["block"])
                self._count(progress, await asyncio.to_thread(_inflated, kind, kept["data"]))
        if done and (base is None or len(done) > len(base.fingerprints)):
            base = _Base(done, await asyncio.to_thread(_deflated, kind, progress.sums))
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
            if len(data) <= MOST_BYTES:  # else it is made again when it is wanted again
                await self._writer.save(document)
            self._count(progress, sums)
        return base

    @staticmethod
    def _count(progress: SumsProgress[S], sums: S, *, blocks: int = 1) -> None:
        progress.sums.add(sums)
        progress.done += blocks


def total(fingerprints: Mapping[int, tuple[int, ...]]) -> list[int]:
    """Return the fingerprint of all blocks together: their number and sums, which rise with every change of one of
    them."""
    return [len(fingerprints), *(sum(each) for each in zip(*fingerprints.values(), strict=True))]


def _deflated(kind: SumsKind[S], sums: S) -> bytes:
    return zlib.compress(kind.adapter.dump_json(sums), 1)


def _inflated(kind: SumsKind[S], data: bytes) -> S:
    return kind.adapter.validate_json(zlib.decompress(data))

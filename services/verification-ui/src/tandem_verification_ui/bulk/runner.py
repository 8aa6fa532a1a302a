"""Carries out bulk acts and their undo in the background, block by block, whoever asked for them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from tandem.observability.logs import get_logger
from tandem.people import Caller, Role
from tandem.store.bulk_acts.documents import NO_COUNTS, UNDO, ActCounts, ActState, BulkActDocument
from tandem.store.bulk_acts.writer import BulkActWriter
from tandem.store.conflicts import again_on_conflict
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.documents import selection_of
from tandem.web import Problem
from tandem_verification_ui.bulk.blocks import BlockReader, OpenedBlock, seqs_of
from tandem_verification_ui.bulk.deciding import Decided, Give, Other, Skip
from tandem_verification_ui.bulk.schemas import added
from tandem_verification_ui.opinions.opened import OpenedSubject
from tandem_verification_ui.opinions.schemas import Remarks
from tandem_verification_ui.review import giving
from tandem_verification_ui.review.giving import OpinionGiver, newest_of
from tandem_verification_ui.review.jobs import ReviewJob
from tandem_verification_ui.review.shown import ShownItems

BLOCK = 100
AT_ONCE = 6
"""Opinions that are written at a time."""
LEASE_SECONDS = 30.0
IDLE_SECONDS = 5.0
"""Between two looks for acts that another replica left."""
RETRY_SECONDS = (1.0, 3.0)

_log = get_logger(__name__)


class LeaseOverError(Exception):
    """The lease of an act may run out before the write is done: somebody else goes on with it."""


@dataclass(frozen=True, slots=True)
class _Work:
    act: BulkActDocument
    job: ReviewJob
    caller: Caller
    until: float
    """By this time, of the clock, nothing is written any more."""

    @property
    def undoes(self) -> bool:
        return self.act["state"] == ActState.UNDOING


class BulkRunner:
    """Runner of bulk acts. Every opinion carries the id of its act, so that a block may be carried out twice."""

    def __init__(
        self,
        *,
        writer: BulkActWriter,
        blocks: BlockReader,
        shown: ShownItems,
        giver: OpinionGiver,
        lease_seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._writer = writer
        self._blocks = blocks
        self._shown = shown
        self._giver = giver
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._holder = uuid4().hex
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look for work at once."""
        self._wake.set()

    async def run(self) -> None:
        """Carry out what is asked for, until cancelled. What fails is tried again."""
        while True:
            self._wake.clear()
            try:
                if await self.run_next():
                    continue
            except StoreUnavailableError as error:
                _log.warning("bulk.delayed", error=str(error))
                await asyncio.sleep(random.uniform(*RETRY_SECONDS))  # noqa: S311 - jitter, not a secret
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)

    async def run_next(self) -> bool:
        """Carry out one act to its end, or until somebody else takes it. False: there was none."""
        begun = self._clock()
        act = await self._writer.claim(self._holder, seconds=self._lease_seconds)
        if act is None:
            return False
        act_id = act["_id"]
        try:
            while act is not None and act["state"] in (ActState.RUNNING, ActState.UNDOING):
                act = await self._run_block(act, until=begun + self._lease_seconds / 2)
                begun = self._clock()
        except LeaseOverError:
            _log.warning("bulk.lease_over", act_id=act_id)
        finally:
            await self._writer.release(act_id, self._holder)
        return True

    async def _run_block(self, act: BulkActDocument, *, until: float) -> BulkActDocument | None:
        selection = selection_of(act["selection"])
        block = next(selection.blocks(BLOCK, start=act["cursor"]), None)
        counts = act.get("undo_counts", NO_COUNTS) if act["state"] == ActState.UNDOING else act["counts"]
        cursor = selection.below_seq
        if block is not None:
            seqs = seqs_of(block)
            caller = _caller_of(act)
            try:
                job = await self._shown.job(caller, act["job_id"])
                more = await self._carry_out(_Work(act, job, caller, until), seqs)
            except Problem:  # the job was deleted meanwhile
                more = _counted([Skip.NOT_RUN] * len(seqs))
            counts, cursor = added(counts, more), block.below_seq
        ended = selection.next_after(cursor - 1) is None
        return await self._writer.advance(
            act, self._holder, cursor=cursor, counts=counts, ended=ended, seconds=self._lease_seconds
        )

    async def _carry_out(self, work: _Work, seqs: Sequence[int]) -> ActCounts:
        block = await self._blocks.read(work.job, work.caller, seqs)
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(seq: int) -> Decided:
            async with slots:
                return await self._one(work, seq, block)

        # All have ended before the lease is given up, also where one failed.
        results = await asyncio.gather(*map(one, seqs), return_exceptions=True)
        decided = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            decided.append(result)
        return _counted(decided)

    async def _one(self, work: _Work, seq: int, block: OpenedBlock) -> Decided:
        """Write the act's opinion on one record. Where somebody wrote at the same moment, the record is read again."""
        known: OpenedBlock | None = block
        decided: Decided = Skip.NOT_RUN
        async for attempt in again_on_conflict(tries=giving.TRIES):
            with attempt:
                now = known or await self._blocks.read(work.job, work.caller, [seq])
                known = None
                opened = now.opened.get(seq)
                if opened is None:
                    return Skip.NOT_RUN
                decided = (
                    now.undo(work.act, work.caller, seq) if work.undoes else now.decide(work.act, work.caller, seq)
                )
                if self._clock() >= work.until:
                    raise LeaseOverError(work.act["_id"])
                await self._write(work.act, work.caller, opened, decided)
        return decided

    async def _write(self, act: BulkActDocument, caller: Caller, opened: OpenedSubject, decided: Decided) -> None:
        subject = opened.subject_for(caller)
        mark = act["_id"] + UNDO if act["state"] == ActState.UNDOING else act["_id"]
        mine = newest_of(opened.history, caller)
        match decided:
            case Give():
                earlier = decided.restored
                waits = opened.item is not None and opened.item.waits_for_adjudicator
                remarks = Remarks() if earlier is None else Remarks(comment=earlier.comment, flags=list(earlier.flags))
                outranks = act["overrule"] or (waits and caller.role.includes(Role.ADMIN))
                await self._giver.give(
                    caller,
                    subject,
                    decided.values,
                    remarks,
                    history=opened.history,
                    item=opened.item,
                    outranks=outranks if earlier is None else earlier.outranks,
                    from_queue=False,
                    act_id=mark,
                )
            case Other.WITHDRAW if mine is not None:
                await self._giver.withdraw(
                    caller, subject, mine, history=opened.history, item=opened.item, hold=False, act_id=mark
                )
            case _:
                pass


def _caller_of(act: BulkActDocument) -> Caller:
    """Return the person who asked for the act, as they were then."""
    return Caller(
        key_id="",
        parent_id=None,
        name=act["created_by"],
        role=Role(act["role"]),
        project_ids=frozenset({act["project_id"]}),
        person_id=act["created_by_id"],
        root_hash="",
    )


def _counted(decided: Sequence[Decided]) -> ActCounts:
    skipped = Counter(each.value for each in decided if isinstance(each, Skip))
    unchanged = sum(each is Other.UNCHANGED for each in decided)
    return {"given": len(decided) - unchanged - skipped.total(), "unchanged": unchanged, "skipped": dict(skipped)}

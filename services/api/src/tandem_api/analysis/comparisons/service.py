"""Compares jobs over the same records."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from tandem.events.schema import LabelTask
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.quality import comparing
from tandem.quality.summary import Ended
from tandem.store.annotations.ended import EndedReader, Fingerprint
from tandem.store.database import utcnow
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.analysis.comparisons.schemas import Comparison, Difference, DifferencePage, Order, Said
from tandem_api.analysis.comparisons.subject import ComparedJobs, subject_of
from tandem_api.analysis.comparisons.views import comparison_of
from tandem_api.analysis.summaries import BLOCK, PATIENCE_SECONDS, Summaries, SumsKind, SumsProgress, WantedSums
from tandem_api.excerpts import excerpt
from tandem_api.paging import decode_cursor, encode_cursor
from tandem_api.resources.jobs.service import JobService

VERSION = 2
"""Version of the sums: sums kept by another version are computed again."""
KEPT = timedelta(days=7)
BLOCKS_A_PAGE = 20
"""Blocks that are searched for one page of differences ordered by seq."""

_KIND = SumsKind(VERSION, TypeAdapter(comparing.Comparison), KEPT)


class ComparisonService:
    def __init__(
        self,
        *,
        annotations: EndedReader,
        records: RecordReader,
        review_items: ReviewItemReader,
        summaries: Summaries,
        jobs: JobService,
    ) -> None:
        self._annotations = annotations
        self._records = records
        self._review_items = review_items
        self._summaries = summaries
        self._jobs = jobs

    async def compare(self, job_ids: Sequence[str], caller: Caller) -> Comparison:
        subject = await subject_of(self._jobs, job_ids, caller)
        progress = await self._sums(subject)
        view = partial(
            comparison_of,
            subject.jobs,
            await asyncio.gather(*(self._jobs.cost_of(job) for job in subject.jobs)),
            progress.sums,
            subject.tasks,
            ended=[(await self._jobs.ended(job)).ended for job in subject.jobs],
            skipped=subject.skipped,
            now=utcnow(),
        )
        if progress.share < 1:
            return view(share_made=progress.share)  # what is still summed up is not to be looked at from elsewhere
        return await asyncio.to_thread(view, share_made=1.0)

    async def differences(
        self,
        job_ids: Sequence[str],
        caller: Caller,
        *,
        task: str | None,
        order: Order,
        after: str | None,
        limit: int,
    ) -> DifferencePage:
        """Return a page of the records to which two of the agents gave different labels of the task.

        Records that the caller is still to read blind are left out: being listed here says something of their labels.
        """
        subject = await subject_of(self._jobs, job_ids, caller)
        chosen = subject.task(task)
        if order is Order.USEFULNESS:
            (start,) = decode_cursor(after, int) if after else (0,)
            best = await self._best(subject, chosen)
            seqs, following = best[start : start + limit], start + limit
            more = following < len(best)
        else:
            (start,) = decode_cursor(after, int) if after else (subject.selection.from_seq,)
            seqs, following = await self._walk(subject, chosen, start, limit)
            more = following < subject.selection.below_seq
        hidden = await self._review_items.blind_for(caller.person_id, subject.dataset_id, Selection.of(seqs))
        items = await self._differences_at(subject, chosen, [seq for seq in seqs if seq not in hidden])
        return DifferencePage(items=items, next=encode_cursor(following) if more else None)

    async def _sums(self, subject: ComparedJobs) -> SumsProgress[comparing.Comparison]:
        key = "|".join(subject.job_ids)
        return await self._summaries.sums(key, lambda: self._wanted(subject, key), patience=PATIENCE_SECONDS)

    async def _wanted(self, subject: ComparedJobs, key: str) -> WantedSums[comparing.Comparison]:
        of_jobs = [await self._annotations.fingerprints(job_id, BLOCK) for job_id in subject.job_ids]
        first, last = subject.selection.from_seq // BLOCK, (subject.selection.below_seq - 1) // BLOCK
        blocks = sorted({block for of_job in of_jobs for block in of_job if first <= block <= last})
        nothing = Fingerprint()

        async def make(block: int) -> comparing.Comparison:
            stretch = subject.selection.between(block * BLOCK, (block + 1) * BLOCK)
            ended = await self._annotations.ended(subject.job_ids, stretch)
            gold = await self._records.gold(subject.dataset_id, stretch)
            jobs = [ended[job_id] for job_id in subject.job_ids]
            return await asyncio.to_thread(comparing.compare, jobs, gold, subject.tasks)

        return WantedSums(
            key,
            _KIND,
            {block: tuple(n for of_job in of_jobs for n in of_job.get(block, nothing)) for block in blocks},
            lambda: comparing.Comparison.empty(len(subject.jobs), subject.tasks),
            make,
        )

    async def _best(self, subject: ComparedJobs, task: LabelTask) -> list[int]:
        sums = (await self._sums(subject)).sums
        best = sorted(sums.tasks[task.name].differences.best, key=lambda each: (-each[0], each[1]))
        return [seq for _, seq in best[: comparing.Differences.KEPT]]

    async def _walk(self, subject: ComparedJobs, task: LabelTask, start: int, limit: int) -> tuple[list[int], int]:
        """Return up to `limit` differing seqs from `start` on, and the seq to continue from."""
        found: list[int] = []
        for _ in range(BLOCKS_A_PAGE):
            if start >= subject.selection.below_seq:
                break
            block = next(subject.selection.blocks(BLOCK, start=start))
            high = block.below_seq
            ended = await self._annotations.ended(subject.job_ids, subject.selection.between(start, high))
            jobs = [ended[job_id] for job_id in subject.job_ids]
            for seq in await asyncio.to_thread(_differing, jobs, task):
                found.append(seq)
                if len(found) == limit:
                    return found, seq + 1
            start = high
        return found, start

    async def _differences_at(self, subject: ComparedJobs, task: LabelTask, seqs: Sequence[int]) -> list[Difference]:
        ended = await self._annotations.ended(subject.job_ids, Selection.of(seqs))
        records = await self._records.get_many(subject.dataset_id, seqs)
        return [
            _difference(task, seq, {job_id: ended[job_id].get(seq) for job_id in subject.job_ids}, records.get(seq))
            for seq in seqs
        ]


def _differing(jobs: Sequence[Mapping[int, Ended]], task: LabelTask) -> list[int]:
    return [
        seq
        for seq in sorted(set().union(*jobs))
        if comparing.differ(task, (comparing.given(job.get(seq), task) for job in jobs))
    ]


def _difference(
    task: LabelTask, seq: int, ended: Mapping[str, Ended | None], record: RecordDocument | None
) -> Difference:
    verified, _ = comparing.decided(ended.values())
    gold: Mapping[str, Any] = (record.get("gold") if record else None) or {}
    return Difference(
        seq=seq,
        record_id=record["record_id"] if record else "",
        excerpt=excerpt(record),
        usefulness=comparing.usefulness(comparing.given(each, task) for each in ended.values()),
        said=[_said(job_id, each, task) for job_id, each in ended.items()],
        gold=gold.get(task.name),
        verified=verified.get(task.name),
    )


def _said(job_id: str, each: Ended | None, task: LabelTask) -> Said:
    label = next((label for label in each["labels"] if label["task"] == task.name), None) if each else None
    if each is None or label is None or comparing.given(each, task) is None:
        return Said(job_id=job_id, outcome=each["outcome"] if each else None, value=None, confidence=None)
    return Said(job_id=job_id, outcome=each["outcome"], value=label["value"], confidence=label.get("confidence"))

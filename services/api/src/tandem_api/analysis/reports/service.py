"""Makes reports, and keeps those of jobs that have ended."""

from __future__ import annotations

import asyncio
from functools import partial

from pydantic import TypeAdapter

from tandem.events import JobState, LabelSchemaSpec
from tandem.events.schema import LabelTask
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.quality.summary import JobSummary, summarize
from tandem.store.annotations.ended import EndedReader
from tandem.store.database import utcnow
from tandem.store.datasets.reader import DatasetReader
from tandem.store.jobs.documents import JobDocument
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.store.reports.documents import ReportDocument
from tandem.store.reports.reader import ReportReader
from tandem.store.reports.writer import ReportWriter
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.analysis.reports.anchoring import person_ids, with_names
from tandem_api.analysis.reports.blind import without_quotes
from tandem_api.analysis.reports.schemas import JobReport
from tandem_api.analysis.reports.views import report_of
from tandem_api.analysis.summaries import BLOCK, PATIENCE_SECONDS, Summaries, SumsKind, SumsProgress, WantedSums, total
from tandem_api.resources.jobs.schemas import JobCost
from tandem_api.resources.jobs.service import JobService

VERSION = 6
"""Version of the sums and of the report's shape: reports kept by another version are made again."""

_KIND = SumsKind(VERSION, TypeAdapter(JobSummary))


class ReportService:
    def __init__(
        self,
        *,
        annotations: EndedReader,
        records: RecordReader,
        review_items: ReviewItemReader,
        datasets: DatasetReader,
        summaries: Summaries,
        reader: ReportReader,
        writer: ReportWriter,
        jobs: JobService,
        people: PersonReader,
    ) -> None:
        self._annotations = annotations
        self._records = records
        self._review_items = review_items
        self._datasets = datasets
        self._summaries = summaries
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._people = people

    async def report(self, job_id: str, caller: Caller) -> JobReport:
        """Return the job's report. For a job that has ended it is the kept one, unless annotations changed since, by a
        person's decision or by another attempt. The cost is always the current one."""
        job = await self._jobs.reachable(job_id, caller)
        cost = await self._jobs.cost_of(job)
        if not JobState(job["state"]).is_live and (kept := await self._kept(job)) is not None:
            report = JobReport.model_validate({**kept["report"], "cost": cost})
        else:
            report = await self._made(job, cost)
        report = with_names(report, await self._people.names(person_ids(report)))
        hidden = await self._review_items.blind_for(caller.person_id, job["dataset_id"])
        return without_quotes(report, hidden) if hidden else report

    async def sums(self, job: JobDocument) -> JobSummary:
        """Return the sums over all records of the job, however long it takes. They are not to be changed."""
        return (await self._summaries.sums(job["_id"], lambda: self._wanted(job), patience=None)).sums

    async def keep(self, job: JobDocument) -> None:
        """Make and keep the report of a job that has ended, however long it takes."""
        if await self._kept(job) is None:
            await self._made(job, await self._jobs.cost_of(job), patience=None)

    async def _made(self, job: JobDocument, cost: JobCost, *, patience: float | None = PATIENCE_SECONDS) -> JobReport:
        progress = await self._summaries.sums(job["_id"], lambda: self._wanted(job), patience=patience)
        made = partial(report_of, job, progress.sums, cost, share_made=progress.share, now=utcnow())
        # What is still summed up must not be read from another thread.
        report = made() if progress.share < 1 else await asyncio.to_thread(made)
        if report.final:
            await self._writer.save(_document(report, progress))
        return report

    async def _kept(self, job: JobDocument) -> ReportDocument | None:
        """Return the kept report, if it matches the annotations as they are now."""
        kept = await self._reader.get(job["_id"])
        if kept is None or kept["version"] != VERSION or kept["report"]["state"] != job["state"]:
            return None
        fingerprints = await self._annotations.fingerprints(job["_id"], BLOCK)
        return kept if kept["fingerprint"] == total(fingerprints) else None

    async def _wanted(self, job: JobDocument) -> WantedSums[JobSummary]:
        tasks = LabelSchemaSpec.model_validate(job["published"]["label_schema"]).tasks
        dataset = await self._datasets.get(job["dataset_id"])
        has_gold = dataset is not None and bool({task.name for task in tasks} & set(dataset["gold_tasks"]))

        async def make(block: int) -> JobSummary:
            return await self._summarize(job, block, tasks, has_gold=has_gold)

        fingerprints = await self._annotations.fingerprints(job["_id"], BLOCK)
        return WantedSums(job["_id"], _KIND, fingerprints, JobSummary, make)

    async def _summarize(
        self, job: JobDocument, block: int, tasks: tuple[LabelTask, ...], *, has_gold: bool
    ) -> JobSummary:
        # Annotations of the job are of its selection alone, so the whole block may be read.
        stretch = Selection.range(block * BLOCK, (block + 1) * BLOCK)
        ended = await self._annotations.ended((job["_id"],), stretch)
        gold = await self._records.gold(job["dataset_id"], stretch) if has_gold else {}
        return await asyncio.to_thread(summarize, ended[job["_id"]].values(), gold, tasks)


def _document(report: JobReport, progress: SumsProgress[JobSummary]) -> ReportDocument:
    return {
        "_id": report.job_id,
        "version": VERSION,
        "fingerprint": progress.fingerprint,
        "report": report.model_dump(mode="json"),
        "made_at": report.made_at,
    }

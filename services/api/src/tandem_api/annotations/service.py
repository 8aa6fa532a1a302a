"""Reading what a job gave."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator

from tandem.access import Caller
from tandem.events import Outcome
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.datasets.reader import DatasetReader
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.web import Problem
from tandem_api.annotations.schemas import Annotation, AnnotationDetail, AnnotationPage, JobReport
from tandem_api.jobs.service import JobService

GOLD_BLOCK = 5000
"""Records compared with their gold values at once."""
EXPORT_CHUNK = 1000
KEPT_REPORTS = 100
EXCERPT_LENGTH = 160


class AnnotationService:
    def __init__(
        self, reader: AnnotationReader, records: RecordReader, datasets: DatasetReader, jobs: JobService
    ) -> None:
        self._reader = reader
        self._records = records
        self._datasets = datasets
        self._jobs = jobs
        self._reports: OrderedDict[str, tuple[int, asyncio.Task[JobReport]]] = OrderedDict()

    async def get(self, job_id: str, seq: int, caller: Caller) -> AnnotationDetail:
        job = await self._jobs.reachable(job_id, caller)
        found = await self._reader.get(job_id, seq)
        if found is None:
            selection = job["selection"]
            inside = selection["from_seq"] <= seq < selection["below_seq"]
            detail = f"The record {seq} has no annotation yet." if inside else f"The job has no record {seq}."
            raise Problem(404, "not-found", detail, cure="Look again when it was run." if inside else None)
        record = await self._records.get(job["dataset_id"], seq)
        return AnnotationDetail.model_validate({**found, "record": record, "history": found.get("history", [])})

    async def report(self, job_id: str, caller: Caller) -> JobReport:
        """Made once for a number of ended records; whoever asks meanwhile waits for the same."""
        job = await self._jobs.reachable(job_id, caller)
        ended = (await self._jobs.ended(job)).ended
        known = self._reports.get(job_id)
        if known is None or (known[0] != ended and known[1].done()) or (known[1].done() and known[1].exception()):
            known = (ended, asyncio.create_task(self._make_report(job)))
            self._reports[job_id] = known
            while len(self._reports) > KEPT_REPORTS:
                self._reports.popitem(last=False)
        return await asyncio.shield(known[1])

    async def _make_report(self, job: JobDocument) -> JobReport:
        report = await self._reader.report(job["_id"])
        compared, right = await self._compare_with_gold(job)
        return JobReport(
            labels={task: dict(counts) for task, counts in report.labels.items()},
            reasons=dict(report.reasons),
            rules=dict(report.rules),
            accuracy=right / compared if compared else None,
            gold_compared=compared,
            confidence_histogram=list(report.confidence_histogram),
            without_confidence=report.without_confidence,
        )

    async def _compare_with_gold(self, job: JobDocument) -> tuple[int, int]:
        """How many labels have a gold value beside them, and how many equal it."""
        dataset = await self._datasets.get(job["dataset_id"])
        tasks = {task["name"] for task in job["published"]["label_schema"]["tasks"]}
        if dataset is None or not tasks & set(dataset["gold_tasks"]):
            return 0, 0
        compared = right = 0
        selection = job["selection"]
        for low in range(selection["from_seq"], selection["below_seq"], GOLD_BLOCK):
            high = min(low + GOLD_BLOCK, selection["below_seq"])
            values = await self._reader.values(job["_id"], low, high)
            gold = await self._records.gold(job["dataset_id"], low, high) if values else {}
            for seq, known in gold.items():
                for task, value in values.get(seq, {}).items():
                    if task in known:
                        compared += 1
                        right += known[task] == value
        return compared, right

    async def walk(self, job: JobDocument) -> AsyncIterator[list[tuple[RecordDocument, AnnotationDocument | None]]]:
        """Every record of the job with its annotation, in chunks, in constant memory."""
        selection = job["selection"]
        chunks = self._records.stream(
            job["dataset_id"], selection["from_seq"], selection["below_seq"], chunk=EXPORT_CHUNK
        )
        async for records in chunks:
            first, last = records[0]["seq"], records[-1]["seq"]
            found = {item["seq"]: item async for item in self._reader.stream(job["_id"], first, last + 1)}
            yield [(record, found.get(record["seq"])) for record in records]

    async def list(
        self,
        job_id: str,
        caller: Caller,
        *,
        after: int,
        limit: int,
        outcome: Outcome | None,
        needs_review: bool | None,
        excerpts: bool = False,
    ) -> AnnotationPage:
        job = await self._jobs.reachable(job_id, caller)
        found = await self._reader.page(
            job_id, after_seq=after, limit=limit + 1, outcome=outcome, needs_review=needs_review
        )
        following = str(found[limit - 1]["seq"]) if len(found) > limit else None
        items = [Annotation.model_validate(item) for item in found[:limit]]
        if excerpts:
            records = await self._records.get_many(job["dataset_id"], [item.seq for item in items])
            items = [item.model_copy(update={"excerpt": _excerpt(records.get(item.seq))}) for item in items]
        return AnnotationPage(items=items, next=following)


def _excerpt(record: RecordDocument | None) -> str | None:
    """The beginning of the record's fields, on one line."""
    if record is None:
        return None
    text = " · ".join(" ".join(value[: 2 * EXCERPT_LENGTH].split()) for value in record["fields"].values())
    return text if len(text) <= EXCERPT_LENGTH else text[: EXCERPT_LENGTH - 1].rstrip() + "…"

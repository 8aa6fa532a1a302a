"""Data sets and jobs as Arrow streams, in constant memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from tandem.jobs import Selection
from tandem.people import Caller
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.people.reader import PersonReader
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.frames.arrow_batches import FrameMaker, arrow_stream
from tandem_api.frames.columns import Columns
from tandem_api.frames.labels import FIELDS, label_columns
from tandem_api.resources.annotations.blind import blinded
from tandem_api.resources.annotations.deciders import Deciders
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.jobs.service import JobService

BLOCK = 2000
"""Records in a batch; fewer where they are long."""

T = TypeVar("T")


class FrameService:
    def __init__(
        self,
        records: RecordReader,
        annotations: AnnotationReader,
        people: PersonReader,
        review_items: ReviewItemReader,
        *,
        datasets: DatasetService,
        jobs: JobService,
    ) -> None:
        self._records = records
        self._annotations = annotations
        self._people = people
        self._review_items = review_items
        self._datasets = datasets
        self._jobs = jobs

    async def dataset(self, dataset_id: str, caller: Caller) -> AsyncIterator[bytes]:
        """Return the stream of a data set's records. Raises Problem before the stream begins."""
        dataset = await self._datasets.reachable(dataset_id, caller)
        maker = FrameMaker(_columns(dataset), dataset["fields"])
        return arrow_stream(ahead(self._bare(dataset)), maker)

    async def job(self, job_id: str, caller: Caller, *, provenance: bool) -> AsyncIterator[bytes]:
        """Return the stream of a job's records with their labels. Raises Problem before the stream begins."""
        job = await self._jobs.reachable(job_id, caller)
        dataset = await self._datasets.reachable(job["dataset_id"], caller)
        columns = _columns(dataset)
        taken = (
            [column.name for column in columns.columns] if columns else ["record_id", "metadata", *dataset["fields"]]
        )
        labels = label_columns(
            job["published"]["label_schema"]["tasks"],
            gold_tasks=dataset["gold_tasks"],
            provenance=provenance,
            taken=taken,
        )
        return arrow_stream(ahead(self._labeled(job, caller)), FrameMaker(columns, dataset["fields"], labels))

    async def _bare(self, dataset: DatasetDocument) -> AsyncIterator[Sequence[tuple[RecordDocument, None]]]:
        async for records in self._records.stream(
            dataset["_id"], Selection.range(0, dataset["visible_below"]), chunk=BLOCK
        ):
            yield [(record, None) for record in records]

    async def _labeled(
        self, job: JobDocument, caller: Caller
    ) -> AsyncIterator[Sequence[tuple[RecordDocument, AnnotationDocument | None]]]:
        deciders = Deciders(self._people)
        blocks = self._records.stream(job["dataset_id"], selected(job), chunk=BLOCK)
        async for records in blocks:
            stretch = Selection.range(records[0]["seq"], records[-1]["seq"] + 1)
            stored = await self._annotations.block(job["_id"], stretch, FIELDS)
            hidden = await self._review_items.blind_for(caller.person_id, job["dataset_id"], stretch)
            found = {each["seq"]: each for each in await deciders.name(list(blinded(stored, hidden)))}
            yield [(record, found.get(record["seq"])) for record in records]


def _columns(dataset: DatasetDocument) -> Columns | None:
    part = dataset.get("columns")
    return None if part is None else Columns.of(part)


async def ahead(items: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yield the items, the next one fetched while the caller works on the last."""

    async def following() -> T | None:
        return await anext(items, None)

    coming = asyncio.create_task(following())
    try:
        while (item := await coming) is not None:
            coming = asyncio.create_task(following())
            yield item
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)

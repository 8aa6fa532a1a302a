"""Reads the annotations of a job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from tandem.events import Outcome
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.pricing import ModelSpend, add_up
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.people.reader import PersonReader
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.store.verifications.reader import VerificationReader
from tandem.web import Problem
from tandem_api.excerpts import excerpt
from tandem_api.resources.annotations.deciders import Deciders
from tandem_api.resources.annotations.schemas import Annotation, AnnotationDetail, AnnotationPage
from tandem_api.resources.jobs.schemas import ModelCost
from tandem_api.resources.jobs.service import JobService

EXPORT_CHUNK = 1000


class AnnotationService:
    def __init__(
        self,
        reader: AnnotationReader,
        records: RecordReader,
        verifications: VerificationReader,
        jobs: JobService,
        people: PersonReader,
    ) -> None:
        self._reader = reader
        self._records = records
        self._verifications = verifications
        self._jobs = jobs
        self._people = people

    async def get(self, job_id: str, seq: int, caller: Caller) -> AnnotationDetail:
        job = await self._jobs.reachable(job_id, caller)
        found = await self._reader.get(job_id, seq)
        if found is None:
            inside = seq in selected(job)
            detail = f"The record {seq} has no annotation yet." if inside else f"The job has no record {seq}."
            raise Problem(404, "not-found", detail, cure="Look again when it was run." if inside else None)
        decisions = await self._verifications.history(job_id, seq)
        deciders = Deciders(self._people)
        [named] = await deciders.name([found])
        return AnnotationDetail.model_validate(
            {
                **named,
                "record": await self._records.get(job["dataset_id"], seq),
                "history": found.get("history", []),
                "paid": [ModelCost.made_of(row) for row in add_up(_spent(found))],
                "decisions": await deciders.of_decisions(decisions),
            }
        )

    async def find(self, job_id: str, record_id: str, caller: Caller) -> AnnotationDetail:
        """Return the annotation of a record, found by the user's own record id."""
        job = await self._jobs.reachable(job_id, caller)
        seq = await self._records.find(job["dataset_id"], record_id)
        if seq is None or seq not in selected(job):
            detail = f"The job has no record {record_id!r}."
            raise Problem(404, "not-found", detail, field="record_id", cure="Ids are matched to the letter.")
        return await self.get(job_id, seq, caller)

    async def walk(self, job: JobDocument) -> AsyncIterator[list[tuple[RecordDocument, AnnotationDocument | None]]]:
        """Yield every record of the job with its annotation, in chunks, in constant memory."""
        chunks = self._records.stream(job["dataset_id"], selected(job), chunk=EXPORT_CHUNK)
        deciders = Deciders(self._people)
        async for records in chunks:
            stretch = Selection.range(records[0]["seq"], records[-1]["seq"] + 1)
            stored = [item async for item in self._reader.stream(job["_id"], stretch)]
            found = {item["seq"]: item for item in await deciders.name(stored)}
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
        items = [Annotation.model_validate(item) for item in await Deciders(self._people).name(found[:limit])]
        if excerpts:
            records = await self._records.get_many(job["dataset_id"], [item.seq for item in items])
            items = [item.model_copy(update={"excerpt": excerpt(records.get(item.seq))}) for item in items]
        return AnnotationPage(items=items, next=following)


def _spent(annotation: AnnotationDocument) -> Iterator[ModelSpend]:
    parts = [annotation["spending"]] if "spending" in annotation else []
    for part in [*parts, *annotation.get("more_spending", ())]:
        yield from (ModelSpend.of(row) for row in part["models"])

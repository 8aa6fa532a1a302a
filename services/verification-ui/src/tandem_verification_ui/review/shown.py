"""Items as a caller may see them: within their projects, with the record and the question beside the model's label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.events import LabelValue, Outcome
from tandem.people import Caller
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.reader import JobReader
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.documents import ReviewItem
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web import not_found
from tandem_verification_ui.review.decided_values import checked
from tandem_verification_ui.review.jobs import ReviewJob, ReviewJobs
from tandem_verification_ui.review.schemas import ReviewItemView


class ShownItems:
    """Raises Problem 404 for what does not exist or lies outside the caller's projects."""

    def __init__(
        self,
        *,
        items: ReviewItemReader,
        records: RecordReader,
        annotations: AnnotationReader,
        jobs: JobReader,
        people: PersonReader,
    ) -> None:
        self._items = items
        self._records = records
        self._annotations = annotations
        self._jobs = ReviewJobs(jobs)
        self._people = people

    async def job(self, caller: Caller, job_id: str) -> ReviewJob:
        return await self._jobs.get(caller, job_id)

    async def item(self, caller: Caller, item_id: str) -> ReviewItem:
        item = await self._items.get(item_id)
        if item is None or not caller.reaches(item.project_id):
            raise not_found("review item", item_id)
        return item

    async def sealed(self, dataset_id: str, seqs: Sequence[int]) -> set[int]:
        """Return which of these records nobody may see the labels of."""
        return await self._items.sealed(dataset_id, seqs) if seqs else set()

    async def decided_by(self, item: ReviewItem) -> str:
        """Return the name of the person who decided on the item."""
        return await self._people.name(item.decided_by_id, item.decided_by or "Somebody")

    async def view(self, caller: Caller, item: ReviewItem) -> ReviewItemView:
        """Return an item that the caller holds, as the page shows it."""
        return (await self.views(caller, await self.job(caller, item.job_id), [item]))[0]

    async def fields(self, job: ReviewJob, seqs: Sequence[int]) -> dict[int, dict[str, str]]:
        """Return the records' fields by seq, in one query; records that do not exist are left out."""
        records = await self._records.get_many(job.dataset_id, sorted(set(seqs)))
        return {seq: record["fields"] for seq, record in records.items()}

    async def checked_values(self, job: ReviewJob, seq: int, values: Mapping[str, LabelValue]) -> dict[str, LabelValue]:
        """Return the values as they are kept. Raises Problem 422 where they do not fit the job's label schema."""
        needs_text = any(task.traits.lies_in_record for task in job.schema.tasks)
        fields = await self.fields(job, [seq]) if needs_text else {}
        return checked(job.schema.tasks, values, fields.get(seq, {}))

    async def views(self, caller: Caller, job: ReviewJob, items: Sequence[ReviewItem]) -> list[ReviewItemView]:
        """Return items of one job as the page shows them; two queries at most, however many there are."""
        fields = await self.fields(job, [item.seq for item in items])
        unlabeled = [item.item_id for item in items if item.outcome is not Outcome.LABELED]
        answers = await self._annotations.get_many(unlabeled)
        sealed = await self.sealed(job.dataset_id, [item.seq for item in items])
        views = []
        for item in items:
            answer = answers.get(item.item_id)
            views.append(
                ReviewItemView.of(
                    item,
                    person_id=caller.person_id,
                    fields=fields.get(item.seq, {}),
                    tasks=job.schema.tasks,
                    detail=answer["detail"] if answer else None,
                    raw=answer["raw"] if answer else None,
                    sealed=item.seq in sealed,
                )
            )
        return views

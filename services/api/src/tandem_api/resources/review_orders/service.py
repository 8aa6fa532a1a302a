"""Operations on orders of review: place them and report their progress."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import JobState
from tandem.people import Caller
from tandem.store.database import utcnow
from tandem.store.people.reader import PersonReader
from tandem.store.review_orders.documents import NO_COUNTS, OrderState, ReviewOrderDocument, order_id
from tandem.store.review_orders.reader import ReviewOrderReader
from tandem.store.review_orders.writer import ReviewOrderWriter
from tandem.web import Problem, not_found
from tandem_api.analysis.comparisons.subject import Subject, subject_of
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.review_orders.schemas import ReviewOrder, ReviewOrderCreate, ReviewOrderList


class ReviewOrderService:
    def __init__(
        self, *, reader: ReviewOrderReader, writer: ReviewOrderWriter, jobs: JobService, people: PersonReader
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._people = people

    async def place(self, body: ReviewOrderCreate, caller: Caller) -> ReviewOrder:
        """Place the order. The same order placed again finds what is new, and sends nothing twice."""
        subject = await subject_of(self._jobs, body.jobs, caller, field="jobs")
        _check_ended(subject)
        if body.task is not None:
            subject.task(body.task)
        now = utcnow()
        order: ReviewOrderDocument = {
            "_id": order_id(subject.job_ids, body.task, body.min_confidence),
            "project_id": subject.jobs[0]["project_id"],
            "dataset_id": subject.dataset_id,
            "jobs": list(subject.job_ids),
            "task": body.task,
            "min_confidence": body.min_confidence,
            "from_seq": subject.selection.from_seq,
            "below_seq": subject.selection.below_seq,
            "state": OrderState.OPEN.value,
            "run": 1,
            "cursor": subject.selection.from_seq,
            "counts": NO_COUNTS,
            "queues": {},
            "lease": None,
            "stalled": 0,
            "walked_at": now,
            "created_at": now,
            "created_by": caller.name,
            "created_by_id": caller.person_id,
            "finished_at": None,
        }
        return await self._shown(await self._writer.place(order))

    async def find(
        self, job_ids: Sequence[str], caller: Caller, *, task: str | None, min_confidence: float | None
    ) -> ReviewOrderList:
        subject = await subject_of(self._jobs, job_ids, caller)
        order = await self._reader.get(order_id(subject.job_ids, task, min_confidence))
        return ReviewOrderList(items=[] if order is None else [await self._shown(order)])

    async def get(self, order_id: str, caller: Caller) -> ReviewOrder:
        order = await self._reader.get(order_id)
        if order is None or not caller.reaches(order["project_id"]):
            raise not_found("order of review", order_id)
        return await self._shown(order)

    async def _shown(self, order: ReviewOrderDocument) -> ReviewOrder:
        return ReviewOrder.shown(order, await self._people.name(order.get("created_by_id"), order["created_by"]))


def _check_ended(subject: Subject) -> None:
    """Check that the jobs have ended. Raises a Problem."""
    if live := [job["name"] for job in subject.jobs if JobState(job["state"]).is_live]:
        raise Problem(
            409,
            "wrong-state",
            f"{', '.join(live)} {'have' if len(live) > 1 else 'has'} not ended.",
            field="jobs",
            cure="Wait until all jobs are over: where they differ is not known before.",
        )

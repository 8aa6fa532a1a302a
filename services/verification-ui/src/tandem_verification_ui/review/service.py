"""Review service: what a person may do with an item short of deciding on it."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import JobState
from tandem.people import Caller, Role
from tandem.review import OpinionPolicy
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.documents import ItemState, ReviewItem
from tandem.store.review_items.writer import Claims, ReviewItemWriter
from tandem_verification_ui.review import problems
from tandem_verification_ui.review.counts import QueueCounter
from tandem_verification_ui.review.giving import reviewer
from tandem_verification_ui.review.schemas import Released, Renewed, Reserved, ReviewQueue, ReviewQueueList, Skipped
from tandem_verification_ui.review.shown import ShownItems

QUEUES = 500
"""Number of newest jobs whose queues are listed."""


class ReviewService:
    """Lists, reserves and releases items.

    All methods raise Problem for what a caller can fix, and StoreUnavailableError when MongoDB is away.

    A person is known by `caller.person_id`; names are for people to read, and two people may have the same.
    """

    def __init__(
        self,
        *,
        queue: ReviewItemWriter,
        jobs: JobReader,
        campaigns: CampaignReader,
        shown: ShownItems,
        counter: QueueCounter,
        reservation_seconds: float,
    ) -> None:
        self._queue = queue
        self._jobs = jobs
        self._campaigns = campaigns
        self._shown = shown
        self._counter = counter
        self._seconds = reservation_seconds

    async def queues(self, caller: Caller) -> ReviewQueueList:
        jobs = await self._jobs.list(caller.project_ids, limit=QUEUES)
        ids = [job["_id"] for job in jobs]
        counts = await self._counter.of_all(ids)
        return ReviewQueueList(
            items=[
                ReviewQueue(
                    job_id=job["_id"],
                    project_id=job["project_id"],
                    name=job["name"],
                    state=JobState(job["state"]),
                    open=counts[job["_id"]].queue.open,
                    decided=counts[job["_id"]].queue.decided,
                    needs_review=counts[job["_id"]].needs_review,
                )
                for job in jobs
            ]
        )

    async def reserve(self, caller: Caller, job_id: str, *, limit: int, exclude: Sequence[str]) -> Reserved:
        """Reserve up to `limit` items: what the caller holds already (renewed), then the next free ones."""
        job = await self._shown.job(caller, job_id)
        excluded = set(exclude)
        held: list[ReviewItem] = []
        for item in await self._queue.held(job_id, caller.person_id):
            if item.item_id not in excluded and item.reservation is not None and len(held) < limit:
                renewed = await self._queue.renew(
                    item.item_id, item.reservation, person_id=caller.person_id, seconds=self._seconds
                )
                held += [] if renewed is None else [renewed]
        excluded |= {item.item_id for item in held}
        if len(held) < limit:
            held += await self._queue.claim(
                job_id,
                reviewer(caller),
                limit=limit - len(held),
                seconds=self._seconds,
                exclude=excluded,
                claims=_claims(caller, job.policy),
                campaigns=await self._campaigns.served_to(job_id, caller.person_id),
            )
        return Reserved(
            items=await self._shown.views(caller, job, held),
            open=(await self._counter.of(job_id)).open,
            reservation_seconds=self._seconds,
        )

    async def renew(self, caller: Caller, item_id: str, reservation: str) -> Renewed:
        item = await self._shown.item(caller, item_id)
        renewed = await self._queue.renew(item_id, reservation, person_id=caller.person_id, seconds=self._seconds)
        if renewed is None or renewed.reserved_until is None:
            raise await self._why_not_held(caller, item)
        return Renewed(item_id=item_id, reserved_until=renewed.reserved_until)

    async def release(self, caller: Caller, item_id: str, reservation: str) -> Released:
        await self._shown.item(caller, item_id)
        released = await self._queue.release(item_id, reservation, person_id=caller.person_id)
        return Released(item_id=item_id, released=released)

    async def skip(self, caller: Caller, item_id: str, reservation: str) -> Skipped:
        item = await self._shown.item(caller, item_id)
        skipped = await self._queue.skip(item_id, reservation, person_id=caller.person_id)
        if skipped is None and item.skipped_reservation != reservation:  # else: the same skip again
            raise await self._why_not_held(caller, item)
        return Skipped(item_id=item_id, open=(await self._counter.of(item.job_id)).open)

    async def _why_not_held(self, caller: Caller, item: ReviewItem) -> Exception:
        if item.state is ItemState.DECIDED:
            return problems.already_decided(
                item, await self._shown.decided_by(item), by_caller=caller.is_person(item.decided_by_id)
            )
        return problems.reservation_lost(item)


def _claims(caller: Caller, policy: OpinionPolicy) -> Claims:
    if policy == OpinionPolicy():
        return Claims.ANY
    return Claims.ADJUDICATED if caller.role.includes(Role.ADMIN) else Claims.UNREAD

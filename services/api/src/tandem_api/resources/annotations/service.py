"""Reads the annotations of a job."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence

from tandem.events import Outcome
from tandem.jobs import Selection
from tandem.people import Caller, Role
from tandem.pricing import ModelSpend, add_up
from tandem.review import may_see_others
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.opinions import opinions_of
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.documents import JobDocument, opinion_policy, selected
from tandem.store.opinions.documents import OpinionDocument, settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web import Problem
from tandem_api.excerpts import excerpt
from tandem_api.resources.annotations.blind import blinded, is_blind
from tandem_api.resources.annotations.deciders import Deciders
from tandem_api.resources.annotations.schemas import Annotation, AnnotationDetail, AnnotationPage
from tandem_api.resources.jobs.schemas import ModelCost
from tandem_api.resources.jobs.service import JobService


class AnnotationService:
    def __init__(
        self,
        *,
        reader: AnnotationReader,
        records: RecordReader,
        opinions: OpinionReader,
        review_items: ReviewItemReader,
        jobs: JobService,
        people: PersonReader,
    ) -> None:
        self._reader = reader
        self._records = records
        self._opinions = opinions
        self._review_items = review_items
        self._jobs = jobs
        self._people = people

    async def get(self, job_id: str, seq: int, caller: Caller) -> AnnotationDetail:
        job = await self._jobs.reachable(job_id, caller)
        found = await self._reader.get(job_id, seq)
        if found is None:
            inside = seq in selected(job)
            detail = f"The record {seq} has no annotation yet." if inside else f"The job has no record {seq}."
            raise Problem(404, "not-found", detail, cure="Look again when it was run." if inside else None)
        [found] = await self._shown_to(caller, job, [found])
        decisions = [] if is_blind(found) else await self._opinions_for(caller, job, seq)
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
        shown = await self._shown_to(caller, job, found[:limit])
        items = [Annotation.model_validate(item) for item in await Deciders(self._people).name(shown)]
        if excerpts:
            records = await self._records.get_many(job["dataset_id"], [item.seq for item in items])
            items = [item.model_copy(update={"excerpt": excerpt(records.get(item.seq))}) for item in items]
        return AnnotationPage(items=items, next=following)

    async def views(
        self, job_id: str, caller: Caller, annotations: Sequence[AnnotationDocument]
    ) -> dict[int, Annotation]:
        """Return annotations of the job as the caller may see them, by seq."""
        shown = await self._shown_to(caller, await self._jobs.reachable(job_id, caller), annotations)
        return {each["seq"]: Annotation.model_validate(each) for each in await Deciders(self._people).name(shown)}

    async def _opinions_for(self, caller: Caller, job: JobDocument, seq: int) -> builtins.list[OpinionDocument]:
        """Return the opinions on the record that the caller may see: their own alone while they can be a reader."""
        opinions = await self._opinions.history(job["_id"], seq)
        mine = [each for each in opinions if caller.is_person(each.decided_by_id)]
        policy = opinion_policy(job)
        settlement = settlement_of(opinions, policy)
        is_admin = caller.role.includes(Role.ADMIN)
        return opinions if may_see_others(settlement, policy, has_given=bool(mine), is_admin=is_admin) else mine

    async def _shown_to(
        self, caller: Caller, job: JobDocument, annotations: Sequence[AnnotationDocument]
    ) -> builtins.list[AnnotationDocument]:
        """Return the annotations as the caller may see them: of a blind item without values until they have read it."""
        page = Selection.of(each["seq"] for each in annotations)
        hidden = await self._review_items.blind_for(caller.person_id, job["dataset_id"], page)
        shown = blinded(annotations, hidden)
        return [{**each, "opinions": part} if (part := opinions_of(each)) else each for each in shown]


def _spent(annotation: AnnotationDocument) -> Iterator[ModelSpend]:
    parts = [annotation["spending"]] if "spending" in annotation else []
    for part in [*parts, *annotation.get("more_spending", ())]:
        yield from (ModelSpend.of(row) for row in part["models"])

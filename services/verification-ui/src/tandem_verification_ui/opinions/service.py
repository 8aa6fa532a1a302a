"""OpinionService of a job, opened whether or not a person was asked for, and the opinions on them with history."""

from __future__ import annotations

from tandem.events import Outcome
from tandem.people import Caller, Role
from tandem.review import current, may_see_others, needs_adjudicator
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.conflicts import again_on_conflict
from tandem.store.opinions.documents import OpinionDocument, settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.documents import ItemState, ReviewItem
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web import not_found
from tandem_verification_ui.opinions.opened import OpenedSubject
from tandem_verification_ui.opinions.schemas import (
    OpenedRecord,
    OpinionRequest,
    OpinionView,
    RecordOpinions,
    SettledView,
    TaskState,
)
from tandem_verification_ui.review import giving, problems
from tandem_verification_ui.review.decided_values import same_values
from tandem_verification_ui.review.giving import OpinionGiver, newest_of
from tandem_verification_ui.review.shown import ShownItems
from tandem_verification_ui.review.suggestions import Suggestion


class OpinionService:
    """Opens records, takes opinions on them, and lists these.

    All methods raise Problem for what a caller can fix, and StoreUnavailableError when MongoDB is away.
    """

    def __init__(
        self,
        *,
        annotations: AnnotationReader,
        records: RecordReader,
        items: ReviewItemReader,
        opinions: OpinionReader,
        people: PersonReader,
        shown: ShownItems,
        giver: OpinionGiver,
    ) -> None:
        self._annotations = annotations
        self._records = records
        self._items = items
        self._opinions = opinions
        self._people = people
        self._shown = shown
        self._giver = giver

    async def open(self, caller: Caller, job_id: str, seq: int) -> OpenedRecord:
        """Return the record with what the caller may see of the model's labels and of people's opinions."""
        opened = await self._open(caller, job_id, seq)
        revealed = opened.revealed_to(caller)
        annotation = opened.annotation
        unlabeled = revealed and annotation["outcome"] != Outcome.LABELED
        fields = await self._shown.fields(opened.job, [seq])
        told = await self._view(caller, opened)
        return OpenedRecord(
            **dict(told),
            fields=fields.get(seq, {}),
            tasks=list(opened.job.schema.tasks),
            attempt=annotation["attempt"],
            blind=not revealed,
            outcome=Outcome(annotation["outcome"]) if revealed else None,
            suggestions=[Suggestion.of(label) for label in opened.labels] if revealed else [],
            detail=annotation["detail"] if unlabeled else None,
            raw=annotation["raw"] if unlabeled else None,
            queue=None if opened.item is None else opened.item.state,
        )

    async def find(self, caller: Caller, job_id: str, record_id: str) -> OpenedRecord:
        """Open the record with the user's own id."""
        job = await self._shown.job(caller, job_id)
        seq = await self._records.find(job.dataset_id, record_id)
        if seq is None or seq not in job.selection:
            raise not_found("record", record_id)
        return await self.open(caller, job_id, seq)

    async def opinions(self, caller: Caller, job_id: str, seq: int) -> RecordOpinions:
        """Return the record's opinions with history, as far as the caller may see them."""
        return await self._view(caller, await self._open(caller, job_id, seq))

    async def give(self, caller: Caller, job_id: str, seq: int, request: OpinionRequest) -> RecordOpinions:
        """Record the caller's opinion. The same one again has no second effect. An admin may overrule."""
        if request.overrule:
            caller.require(Role.ADMIN)
        async for attempt in again_on_conflict(tries=giving.TRIES, or_unavailable=True):
            with attempt:
                await self._give(caller, await self._open(caller, job_id, seq), request)
        return await self.opinions(caller, job_id, seq)

    async def _give(self, caller: Caller, opened: OpenedSubject, request: OpinionRequest) -> None:
        job, item, annotation = opened.job, opened.item, opened.annotation
        values = await self._shown.checked_values(job, annotation["seq"], request.values)
        mine = newest_of(opened.history, caller)
        if mine is not None and _is_same(mine, request, same_values(mine.values or {}, values)):
            self._giver.publish_again(opened.history, settlement_of(opened.history, job.policy))
            return
        if request.attempt not in (None, annotation["attempt"]):
            raise problems.attempt_changed(annotation["attempt"])
        await self._refuse_reserved(caller, item, overrule=request.overrule)
        waits = item is not None and item.waits_for_adjudicator and caller.role.includes(Role.ADMIN)
        await self._giver.give(
            caller,
            opened.subject_for(caller),
            values,
            request,
            history=opened.history,
            item=item,
            outranks=request.overrule or waits,
            from_queue=False,
        )

    async def withdraw(self, caller: Caller, job_id: str, seq: int) -> RecordOpinions:
        """Withdraw the caller's opinion; nothing happens where none stands."""
        async for attempt in again_on_conflict(tries=giving.TRIES, or_unavailable=True):
            with attempt:
                opened = await self._open(caller, job_id, seq)
                mine = newest_of(opened.history, caller)
                if mine is not None and mine.values is not None:
                    subject = opened.subject_for(caller)
                    await self._giver.withdraw(
                        caller, subject, mine, history=opened.history, item=opened.item, hold=False
                    )
        return await self.opinions(caller, job_id, seq)

    async def _refuse_reserved(self, caller: Caller, item: ReviewItem | None, *, overrule: bool) -> None:
        """Raise a Problem where somebody else is reading the record: their work would be in vain."""
        if overrule or item is None or item.state is ItemState.DECIDED:
            return
        if item.reserved_by_id in (None, caller.person_id) or not await self._items.is_reserved(item.item_id):
            return
        name = await self._people.name(item.reserved_by_id, item.reserved_by or "Somebody")
        raise problems.record_reserved(item, name)

    async def _open(self, caller: Caller, job_id: str, seq: int) -> OpenedSubject:
        job = await self._shown.job(caller, job_id)
        if seq not in job.selection:
            raise not_found("record", str(seq))
        annotation = await self._annotations.get(job_id, seq)
        if annotation is None:
            raise problems.not_run_yet(job_id, seq)
        item = await self._items.get(annotation["_id"])
        sealed = bool(await self._shown.sealed(job.dataset_id, [seq]))
        return OpenedSubject(job, annotation, item, await self._opinions.history(job_id, seq), sealed)

    async def _view(self, caller: Caller, opened: OpenedSubject) -> RecordOpinions:
        settlement = settlement_of(opened.history, opened.job.policy)
        sees_others = may_see_others(
            settlement,
            opened.job.policy,
            has_given=newest_of(opened.history, caller) is not None,
            is_admin=caller.role.includes(Role.ADMIN),
        )
        hidden = not (sees_others and opened.revealed_to(caller))
        mine = [each for each in opened.history if caller.is_person(each.decided_by_id)]
        told = mine if hidden else opened.history
        names = await self._people.names({each.person for each in told})
        standing = {each.revision for each in current(each.for_rule() for each in opened.history)}
        settled = SettledView(
            state=settlement.state,
            opinions=settlement.opinions,
            values=settlement.values,
            settled_by=list(settlement.by),
            waits_for_adjudicator=needs_adjudicator(settlement, opened.job.policy),
            tasks={
                name: TaskState(state=task.state, why=task.why, value=task.value, by=list(task.by))
                for name, task in settlement.tasks.items()
            },
        )
        return RecordOpinions(
            job_id=opened.job.job_id,
            seq=opened.annotation["seq"],
            record_id=opened.annotation["record_id"],
            policy=opened.job.policy,
            hidden=hidden,
            settled=None if hidden else settled,
            opinions=[_view(each, names, stands=each.revision in standing) for each in told],
        )


def _is_same(mine: OpinionDocument, request: OpinionRequest, same: bool) -> bool:
    """Say whether the opinion is the caller's newest one already."""
    if mine.values is None or not same or (request.overrule and not mine.outranks):
        return False
    remarks = (request.comment, set(request.flags)) == (mine.comment, set(mine.flags))
    return remarks and request.attempt in (None, mine.attempt)


def _view(opinion: OpinionDocument, names: dict[str, str], *, stands: bool) -> OpinionView:
    return OpinionView(
        **opinion.model_dump(include=set(OpinionView.model_fields) - {"person_id", "person", "stands", "shown"}),
        person_id=opinion.person,
        person=names.get(opinion.person, opinion.decided_by),
        stands=stands,
        shown=opinion.was_shown,
    )

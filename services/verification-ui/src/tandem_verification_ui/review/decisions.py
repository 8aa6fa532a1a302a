"""Decisions: deciding on items of the queue, undoing, and what a person decided lately."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tandem.events import LabelValue
from tandem.people import Caller, Role
from tandem.review import Settlement
from tandem.store.conflicts import again_on_conflict
from tandem.store.opinions.documents import DecisionKind, OpinionDocument, settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem.store.review_items.documents import ItemState, ReviewItem
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web import Problem, not_found
from tandem_verification_ui.review import giving, problems
from tandem_verification_ui.review.counts import QueueCounter
from tandem_verification_ui.review.decided_values import same_values
from tandem_verification_ui.review.giving import OpinionGiver, ShownRecord, newest_of
from tandem_verification_ui.review.jobs import ReviewJob
from tandem_verification_ui.review.schemas import (
    DecisionOf,
    DecisionOutcome,
    DecisionOutcomes,
    DecisionRequest,
    DecisionResult,
    History,
    PastDecision,
    ReviewItemView,
)
from tandem_verification_ui.review.shown import ShownItems


class Decisions:
    """Decides and undoes.

    All methods raise Problem for what a caller can fix, and StoreUnavailableError when MongoDB is away.

    An opinion and what becomes of its item are one transaction; the event follows from it and may be made again.
    """

    def __init__(
        self,
        *,
        items: ReviewItemReader,
        opinions: OpinionReader,
        shown: ShownItems,
        counter: QueueCounter,
        giver: OpinionGiver,
    ) -> None:
        self._items = items
        self._opinions = opinions
        self._shown = shown
        self._counter = counter
        self._giver = giver

    async def decide(self, caller: Caller, item_id: str, request: DecisionRequest) -> DecisionResult:
        """Record a decision on the item that was shown, and publish it. The same request again has no second effect."""
        async for attempt in again_on_conflict(tries=giving.TRIES, or_unavailable=True):
            with attempt:
                return await self._decide(caller, await self._shown.item(caller, item_id), request)
        raise AssertionError("unreachable: the last try returns or raises")

    async def decide_many(self, caller: Caller, job_id: str, decisions: Sequence[DecisionOf]) -> DecisionOutcomes:
        """Record decisions on items of one job. Each stands or falls for itself. Raises Problem 404 for the job."""
        await self._shown.job(caller, job_id)

        async def outcome(decision: DecisionOf) -> DecisionOutcome:
            try:
                if not decision.item_id.startswith(f"{job_id}:"):
                    raise not_found("review item", decision.item_id)
                result = await self.decide(caller, decision.item_id, decision)
            except Problem as problem:
                return DecisionOutcome(item_id=decision.item_id, problem=problem.body)
            return DecisionOutcome(item_id=decision.item_id, result=result)

        return DecisionOutcomes(items=list(await asyncio.gather(*map(outcome, decisions))))

    async def _decide(self, caller: Caller, item: ReviewItem, request: DecisionRequest) -> DecisionResult:
        job = await self._shown.job(caller, item.job_id)
        values = await self._shown.checked_values(job, item.seq, request.values)
        history = await self._opinions.history(item.job_id, item.seq)
        mine = newest_of(history, caller)
        if mine is not None and mine.values is not None and mine.reservation == request.reservation:
            return await self._same_decision(item, mine, history, job, values)
        if item.state is ItemState.DECIDED:
            by_caller = caller.is_person(item.decided_by_id)
            raise problems.already_decided(item, await self._shown.decided_by(item), by_caller=by_caller)
        if item.reservation != request.reservation or not caller.is_person(item.reserved_by_id):
            raise problems.reservation_lost(item)
        subject = await self._subject(caller, job, item)
        if request.attempt not in (None, item.attempt) or not _was_shown(subject, request):
            raise problems.item_changed(item)
        written = await self._giver.give(
            caller,
            subject,
            values,
            request,
            history=history,
            item=item,
            reservation=request.reservation,
            outranks=item.waits_for_adjudicator and caller.role.includes(Role.ADMIN),
        )
        return await self._result(written.opinion, written.settlement)

    async def _same_decision(
        self,
        item: ReviewItem,
        mine: OpinionDocument,
        history: Sequence[OpinionDocument],
        job: ReviewJob,
        values: dict[str, LabelValue],
    ) -> DecisionResult:
        """Return the answer to a request that came twice; raises Problem 409 when it is another decision."""
        if not same_values(mine.values or {}, values):
            raise problems.already_decided(item, mine.decided_by, by_caller=True)
        settlement = settlement_of(history, job.policy)
        self._giver.publish_again(history, settlement)
        return await self._result(mine, settlement)

    async def undo(self, caller: Caller, item_id: str) -> ReviewItemView:
        """Withdraw the caller's opinion on the item. An item that is open then is reserved to the caller, unless
        somebody else holds it."""
        async for attempt in again_on_conflict(tries=giving.TRIES, or_unavailable=True):
            with attempt:
                return await self._undo(caller, await self._shown.item(caller, item_id))
        raise AssertionError("unreachable: the last try returns or raises")

    async def _undo(self, caller: Caller, item: ReviewItem) -> ReviewItemView:
        job = await self._shown.job(caller, item.job_id)
        history = await self._opinions.history(item.job_id, item.seq)
        mine = newest_of(history, caller)
        if mine is None or mine.values is None:
            return await self._nothing_stands(caller, item, mine, history, job)
        held_by_other = item.reserved_by_id not in (None, caller.person_id)
        hold = not (held_by_other and await self._items.is_reserved(item.item_id))
        subject = await self._subject(caller, job, item)
        written = await self._giver.withdraw(caller, subject, mine, history=history, item=item, hold=hold)
        return await self._shown.view(caller, written.item or item)

    async def _nothing_stands(
        self,
        caller: Caller,
        item: ReviewItem,
        mine: OpinionDocument | None,
        history: Sequence[OpinionDocument],
        job: ReviewJob,
    ) -> ReviewItemView:
        """Return the answer to an undo that came twice; raises Problem 409 when there is nothing to undo."""
        if item.state is ItemState.DECIDED:
            raise problems.not_your_decision(item, await self._shown.decided_by(item), caller.name)
        if mine is None or not caller.is_person(item.reserved_by_id):
            raise problems.nothing_to_undo(item)
        self._giver.publish_again(history, settlement_of(history, job.policy))
        return await self._shown.view(caller, item)

    async def history(self, caller: Caller, job_id: str, *, limit: int) -> History:
        job = await self._shown.job(caller, job_id)
        past = await self._opinions.last_of(caller.person_id, job_ids=[job_id], limit=limit)
        items = await self._items.get_many(sorted({decision.item_id for decision in past}))
        fields = await self._shown.fields(job, [decision.seq for decision in past])
        newest: dict[str, int] = {}
        for decision in past:
            newest[decision.item_id] = max(decision.revision, newest.get(decision.item_id, 0))

        def stands(decision: OpinionDocument) -> bool:
            is_newest = newest[decision.item_id] == decision.revision
            return is_newest and decision.kind is not DecisionKind.UNDONE and decision.item_id in items

        return History(
            items=[
                PastDecision(
                    **decision.model_dump(
                        include={"job_id", "seq", "record_id", "revision", "kind", "values", "shown_values"}
                    ),
                    item_id=decision.item_id,
                    fields=fields.get(decision.seq, {}),
                    decided_at=decision.decided_at,
                    undoable=stands(decision),
                )
                for decision in past
            ]
        )

    async def _subject(self, caller: Caller, job: ReviewJob, item: ReviewItem) -> ShownRecord:
        """Return the record with what the service showed this person. A reservation ends when the item's content
        changes: whoever holds it was served what the item says."""
        sealed = await self._shown.sealed(item.dataset_id, [item.seq])
        revealed = item.reveals_to(caller.person_id) and not sealed
        return ShownRecord(
            job=job,
            seq=item.seq,
            record_id=item.record_id,
            attempt=item.attempt,
            proposal=item.suggested_values if revealed else {},
            blind=not revealed,
            campaign_id=item.campaign_id,
        )

    async def _result(self, opinion: OpinionDocument, settlement: Settlement) -> DecisionResult:
        counts = await self._counter.of(opinion.job_id)
        return DecisionResult(
            item_id=opinion.item_id,
            revision=opinion.revision,
            kind=opinion.kind,
            values=opinion.values or {},
            state=settlement.state,
            opinions=settlement.opinions,
            open=counts.open,
            decided=counts.decided,
        )


def _was_shown(subject: ShownRecord, request: DecisionRequest) -> bool:
    """Say whether the item still is what was on the screen; without a suggestion on it nothing contradicts."""
    return not request.shown_values or same_values(request.shown_values, subject.proposal)

"""Decisions: deciding, undoing, and what a person decided lately."""

from __future__ import annotations

from tandem.events import LabelValue, SpanTask
from tandem.observability.metrics import DECISIONS
from tandem.people import Caller
from tandem.store.conflicts import again_on_conflict
from tandem.store.database import Database, StoreConflictError, utcnow
from tandem.store.review_items.documents import ItemState, ReviewItem
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.review_items.writer import ItemMovedOnError, ReviewItemWriter
from tandem.store.verifications.documents import DecisionKind, Verification
from tandem.store.verifications.reader import VerificationReader
from tandem.store.verifications.writer import RevisionTakenError, VerificationWriter
from tandem_verification_ui.review import problems
from tandem_verification_ui.review.counts import QueueCounter
from tandem_verification_ui.review.publisher import DecisionPublisher
from tandem_verification_ui.review.schemas import DecisionRequest, DecisionResult, History, PastDecision, ReviewItemView
from tandem_verification_ui.review.service import reviewer
from tandem_verification_ui.review.shown import ShownItems
from tandem_verification_ui.review.values import checked, same_values

TRIES = 30
"""Limit of tries of a write that met another one or a change of the primary; each try reads the item again."""


class Decisions:
    """Decides and undoes.

    All methods raise Problem for what a caller can fix, and StoreUnavailableError when MongoDB is away.

    A decision and the closing of its item are one transaction; the event follows from it and may be made again.
    """

    def __init__(
        self,
        *,
        database: Database,
        items: ReviewItemReader,
        queue: ReviewItemWriter,
        verifications: VerificationReader,
        writer: VerificationWriter,
        shown: ShownItems,
        counter: QueueCounter,
        publisher: DecisionPublisher,
        reservation_seconds: float,
    ) -> None:
        self._database = database
        self._items = items
        self._queue = queue
        self._verifications = verifications
        self._writer = writer
        self._shown = shown
        self._counter = counter
        self._publisher = publisher
        self._seconds = reservation_seconds

    async def decide(self, caller: Caller, item_id: str, request: DecisionRequest) -> DecisionResult:
        """Record a decision on the item that was shown, and publish it. The same request again has no second effect."""
        async for attempt in again_on_conflict(tries=TRIES, or_unavailable=True):
            with attempt:
                return await self._decide(caller, await self._shown.item(caller, item_id), request)
        raise AssertionError("unreachable: the last try returns or raises")

    async def _decide(self, caller: Caller, item: ReviewItem, request: DecisionRequest) -> DecisionResult:
        values = await self._checked(caller, item, request)
        if item.state is ItemState.DECIDED:
            return await self._same_decision(caller, item, request, values)
        if item.reservation != request.reservation or not caller.is_person(item.reserved_by_id):
            raise problems.reservation_lost(item)
        if item.attempt != request.attempt or not self._was_shown(item, request):
            raise problems.item_changed(item)
        verification = await self._decision(caller, item, request, values)
        await self._close(caller, item, verification)
        DECISIONS.labels(verification.kind).inc()
        self._counter.closed(item.job_id, item.item_id)
        self._publisher.publish(verification)
        return await self._result(verification, values)

    async def undo(self, caller: Caller, item_id: str) -> ReviewItemView:
        """Take back the caller's decision; it must be the one that holds."""
        async for attempt in again_on_conflict(tries=TRIES, or_unavailable=True):
            with attempt:
                return await self._undo(caller, await self._shown.item(caller, item_id))
        raise AssertionError("unreachable: the last try returns or raises")

    async def _undo(self, caller: Caller, item: ReviewItem) -> ReviewItemView:
        if item.state is ItemState.OPEN:
            return await self._already_undone(caller, item)
        if not caller.is_person(item.decided_by_id):
            raise problems.not_your_decision(item, await self._shown.decided_by(item), caller.name)
        return await self._shown.view(caller, await self._reopen(caller, item))

    async def history(self, caller: Caller, job_id: str, *, limit: int) -> History:
        job = await self._shown.job(caller, job_id)
        past = await self._verifications.last_of(caller.person_id, job_ids=[job_id], limit=limit)
        items = await self._items.get_many(sorted({decision.item_id for decision in past}))
        fields = await self._shown.fields(job, [decision.seq for decision in past])

        def holds(decision: Verification) -> bool:
            item = items.get(decision.item_id)
            return item is not None and item.state is ItemState.DECIDED and item.revision == decision.revision

        return History(
            items=[
                PastDecision(
                    **decision.model_dump(
                        include={"job_id", "seq", "record_id", "revision", "kind", "values", "shown_values"}
                    ),
                    item_id=decision.item_id,
                    fields=fields.get(decision.seq, {}),
                    decided_at=decision.decided_at,
                    undoable=holds(decision),
                )
                for decision in past
            ]
        )

    async def _checked(self, caller: Caller, item: ReviewItem, request: DecisionRequest) -> dict[str, LabelValue]:
        job = await self._shown.job(caller, item.job_id)
        needs_text = any(isinstance(task, SpanTask) for task in job.schema.tasks)
        fields = await self._shown.fields(job, [item.seq]) if needs_text else {}
        return checked(job.schema.tasks, request.values, fields.get(item.seq, {}))

    def _was_shown(self, item: ReviewItem, request: DecisionRequest) -> bool:
        """Return whether the item still is what was on the screen; without a suggestion on it nothing contradicts."""
        return not request.shown_values or same_values(request.shown_values, item.suggested_values)

    async def _decision(
        self, caller: Caller, item: ReviewItem, request: DecisionRequest, values: dict[str, LabelValue]
    ) -> Verification:
        last = await self._verifications.get(item.job_id, item.seq)
        confirmed = same_values(values, request.shown_values)
        return self._verification(
            caller,
            item,
            revision=1 if last is None else last.revision + 1,
            kind=DecisionKind.CONFIRMED if confirmed else DecisionKind.CORRECTED,
            values=values,
            shown_attempt=request.attempt,
            shown_values=request.shown_values,
            reservation=request.reservation,
        )

    def _verification(
        self,
        caller: Caller,
        item: ReviewItem,
        *,
        revision: int,
        kind: DecisionKind,
        values: dict[str, LabelValue] | None,
        shown_attempt: int,
        shown_values: dict[str, LabelValue],
        reservation: str = "",
    ) -> Verification:
        return Verification(
            job_id=item.job_id,
            project_id=item.project_id,
            dataset_id=item.dataset_id,
            seq=item.seq,
            record_id=item.record_id,
            revision=revision,
            kind=kind,
            values=values,
            attempt=item.attempt,
            shown_attempt=shown_attempt,
            shown_values=shown_values,
            decided_by=caller.name,
            decided_by_id=caller.person_id,
            decided_at=utcnow(),
            reservation=reservation,
        )

    async def _close(self, caller: Caller, item: ReviewItem, verification: Verification) -> None:
        """Write the decision and close the item, both or neither. Raises StoreConflictError when the item moved on."""
        try:
            async with self._database.transaction() as session:
                await self._queue.close(
                    item.item_id,
                    reservation=verification.reservation,
                    attempt=verification.attempt,
                    revision=verification.revision,
                    decided_by=reviewer(caller),
                    decided_at=verification.decided_at,
                    session=session,
                )
                await self._writer.append(verification, session=session)
        except (ItemMovedOnError, RevisionTakenError) as error:
            raise _moved_on(item) from error

    async def _reopen(self, caller: Caller, item: ReviewItem) -> ReviewItem:
        """Write the undo and open the item, both or neither. Raises StoreConflictError when the item moved on."""
        last = await self._verifications.get(item.job_id, item.seq)
        if last is None or last.revision != item.revision:
            raise _moved_on(item)
        undone = self._verification(
            caller,
            item,
            revision=item.revision + 1,
            kind=DecisionKind.UNDONE,
            values=None,
            shown_attempt=last.shown_attempt,
            shown_values=last.shown_values,
        )
        try:
            async with self._database.transaction() as session:
                reopened = await self._queue.reopen(
                    item.item_id,
                    revision=item.revision,
                    reviewer=reviewer(caller),
                    seconds=self._seconds,
                    session=session,
                )
                await self._writer.append(undone, session=session)
        except (ItemMovedOnError, RevisionTakenError) as error:
            raise _moved_on(item) from error
        DECISIONS.labels(undone.kind).inc()
        self._counter.opened(item.job_id, item.item_id)
        self._publisher.publish(undone)
        return reopened

    async def _same_decision(
        self, caller: Caller, item: ReviewItem, request: DecisionRequest, values: dict[str, LabelValue]
    ) -> DecisionResult:
        """Return the answer to a request that came twice; raises Problem 409 when it is another decision."""
        last = await self._verifications.get(item.job_id, item.seq)
        by_caller = caller.is_person(item.decided_by_id)
        if (
            last is None
            or not by_caller
            or last.reservation != request.reservation
            or not same_values(last.values or {}, values)
            or last.revision != item.revision
        ):
            raise problems.already_decided(item, await self._shown.decided_by(item), by_caller=by_caller)
        self._tell_again(last)
        return await self._result(last, values)

    async def _already_undone(self, caller: Caller, item: ReviewItem) -> ReviewItemView:
        """Return the answer to an undo that came twice; raises Problem 409 when there is nothing to undo."""
        last = await self._verifications.get(item.job_id, item.seq)
        if (
            last is None
            or last.kind is not DecisionKind.UNDONE
            or not caller.is_person(last.decided_by_id)
            or not caller.is_person(item.reserved_by_id)
        ):
            raise problems.nothing_to_undo(item)
        self._tell_again(last)
        return await self._shown.view(caller, item)

    def _tell_again(self, verification: Verification) -> None:
        """Count anew and publish again the effect of a request that came twice.

        The first one may have failed after it was written. Whoever receives it twice knows it by its revision.
        """
        self._counter.forget(verification.job_id)
        self._publisher.publish(verification)

    async def _result(self, verification: Verification, values: dict[str, LabelValue]) -> DecisionResult:
        counts = await self._counter.of(verification.job_id)
        return DecisionResult(
            item_id=verification.item_id,
            revision=verification.revision,
            kind=verification.kind,
            values=values,
            open=counts.open,
            decided=counts.decided,
        )


def _moved_on(item: ReviewItem) -> StoreConflictError:
    return StoreConflictError(f"the item {item.item_id} changed meanwhile")

"""One way to write an opinion: with what becomes of its review item, in one transaction, then published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tandem.events import LabelValue
from tandem.observability.metrics import DECISIONS
from tandem.observability.series import start_at_zero
from tandem.people import Caller
from tandem.review import Settlement, needs_adjudicator
from tandem.store.database import utcnow
from tandem.store.opinions.documents import DecisionKind, OpinionDocument, decided_event, settlement_of
from tandem.store.review_items.documents import ItemState, ReviewItem
from tandem.store.review_items.writer import AfterOpinion, Reviewer
from tandem_verification_ui.opinions.schemas import Remarks
from tandem_verification_ui.review.commits import Change, OpinionCommits
from tandem_verification_ui.review.counts import QueueCounter
from tandem_verification_ui.review.decided_values import same_values
from tandem_verification_ui.review.jobs import ReviewJob
from tandem_verification_ui.review.publisher import DecisionPublisher

TRIES = 30
"""Limit of tries of a write that met another one or a change of the primary; each try reads the record again."""


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """The record that an opinion is about, and what the service showed of it."""

    job: ReviewJob
    seq: int
    record_id: str
    attempt: int
    proposal: dict[str, LabelValue]
    """The values shown; empty where none were."""
    blind: bool = False
    campaign_id: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    opinion: OpinionDocument
    settlement: Settlement
    item: ReviewItem | None


class OpinionGiver:
    """Writes opinions. Raises StoreConflictError when somebody wrote at the same moment: read again and retry."""

    def __init__(
        self,
        *,
        commits: OpinionCommits,
        counter: QueueCounter,
        publisher: DecisionPublisher,
    ) -> None:
        start_at_zero(DECISIONS, DecisionKind)
        self._commits = commits
        self._counter = counter
        self._publisher = publisher

    async def give(
        self,
        caller: Caller,
        subject: ShownRecord,
        values: dict[str, LabelValue],
        remarks: Remarks,
        *,
        history: Sequence[OpinionDocument],
        item: ReviewItem | None,
        reservation: str = "",
        outranks: bool = False,
        from_queue: bool = True,
        act_id: str | None = None,
    ) -> Written:
        """Write what the caller says of the record, after `history`, which are all revisions so far."""
        confirmed = bool(subject.proposal) and same_values(values, subject.proposal)
        opinion = _opinion(caller, subject, history).model_copy(
            update={
                "kind": DecisionKind.CONFIRMED if confirmed else DecisionKind.CORRECTED,
                "values": values,
                "reservation": reservation,
                "outranks": outranks,
                "from_queue": from_queue,
                "act_id": act_id,
                "active_seconds": remarks.active_seconds,
                "idle_seconds": remarks.idle_seconds,
                "comment": remarks.comment,
                "flags": tuple(dict.fromkeys(remarks.flags)),
            }
        )
        return await self._write(opinion, subject.job, history, item)

    async def withdraw(
        self,
        caller: Caller,
        subject: ShownRecord,
        mine: OpinionDocument,
        *,
        history: Sequence[OpinionDocument],
        item: ReviewItem | None,
        hold: bool,
        act_id: str | None = None,
    ) -> Written:
        """Withdraw the caller's opinion `mine`. With `hold`, an item that is open then is reserved to the caller."""
        opinion = _opinion(caller, subject, history).model_copy(
            update={
                "withdraws": mine.revision,
                "shown_attempt": mine.shown_attempt,
                "shown_values": mine.shown_values,
                "shown": mine.was_shown,
                "blind": mine.blind,
                "act_id": act_id,
            }
        )
        return await self._write(opinion, subject.job, history, item, hold_for=reviewer(caller) if hold else None)

    def publish_again(self, history: Sequence[OpinionDocument], settlement: Settlement) -> None:
        """Count anew and publish again the effect of a request that came twice.

        The first one may have failed after it was written. Whoever receives it twice knows it by its revision.
        """
        self._counter.forget(history[-1].job_id)
        self._publisher.publish(decided_event(history, settlement))

    async def _write(
        self,
        opinion: OpinionDocument,
        job: ReviewJob,
        history: Sequence[OpinionDocument],
        item: ReviewItem | None,
        *,
        hold_for: Reviewer | None = None,
    ) -> Written:
        opinions = [*history, opinion]
        settlement = settlement_of(opinions, job.policy)
        after = None if item is None else (item, _after(opinions, settlement, job, hold_for))
        changed = await self._commits.commit(Change(opinion, after))
        DECISIONS.labels(opinion.kind).inc()
        if item is not None and changed is not None and item.state is not changed.state:
            note = self._counter.closed if changed.state is ItemState.DECIDED else self._counter.opened
            note(item.job_id, item.item_id)
        self._publisher.publish(decided_event(opinions, settlement))
        return Written(opinion, settlement, changed)


def newest_of(history: Sequence[OpinionDocument], caller: Caller) -> OpinionDocument | None:
    """Return the caller's newest opinion or withdrawal on the record, None where there is none."""
    return next((each for each in reversed(history) if caller.is_person(each.decided_by_id)), None)


def reviewer(caller: Caller) -> Reviewer:
    """Return the caller as documents keep them."""
    return Reviewer(caller.person_id, caller.name)


def _opinion(caller: Caller, subject: ShownRecord, history: Sequence[OpinionDocument]) -> OpinionDocument:
    return OpinionDocument(
        job_id=subject.job.job_id,
        project_id=subject.job.project_id,
        dataset_id=subject.job.dataset_id,
        seq=subject.seq,
        record_id=subject.record_id,
        revision=history[-1].revision + 1 if history else 1,
        kind=DecisionKind.UNDONE,
        values=None,
        attempt=subject.attempt,
        shown_attempt=subject.attempt,
        shown_values=subject.proposal,
        shown=bool(subject.proposal),
        blind=subject.blind,
        decided_by=caller.name,
        decided_by_id=caller.person_id,
        decided_at=utcnow(),
        campaign_id=subject.campaign_id,
    )


def _after(
    opinions: Sequence[OpinionDocument], settlement: Settlement, job: ReviewJob, hold_for: Reviewer | None
) -> AfterOpinion:
    newest = opinions[-1]
    if settlement.values is None:
        return AfterOpinion(
            giver_id=newest.person,
            revision=newest.revision,
            opinion_by=settlement.people,
            waits_for_adjudicator=needs_adjudicator(settlement, job.policy),
            hold_for=hold_for,
        )
    deciding = next(each for each in opinions if each.revision == settlement.deciding)
    return AfterOpinion(
        giver_id=newest.person,
        revision=newest.revision,
        opinion_by=settlement.people,
        decided_by=Reviewer(deciding.person, deciding.decided_by),
        decided_at=deciding.decided_at,
    )

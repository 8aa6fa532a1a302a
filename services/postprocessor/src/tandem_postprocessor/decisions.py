"""People's decisions, applied to the annotations in whatever order they arrive."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import VerificationDecidedV1
from tandem.events.catalog import DECIDED
from tandem.labeling.values import plain_values
from tandem.messaging import Outgoing, Received
from tandem.observability.logs import get_logger
from tandem.observability.metrics import DECISIONS_APPLIED, SKIPPED
from tandem.observability.series import start_at_zero
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision

_log = get_logger(__name__)


class DecisionsHandler:
    """Applies decisions. The highest revision of a record holds; an undo removes the person's label."""

    def __init__(self, writer: AnnotationWriter) -> None:
        start_at_zero(SKIPPED, [DECIDED.name], ["no_annotation"])
        self._writer = writer

    async def __call__(self, batch: Sequence[Received[VerificationDecidedV1]]) -> list[Outgoing]:
        """Apply the decisions of the batch. Raises StoreUnavailableError; the same batch may then be handled again."""
        applied, absent = await self._writer.apply_decisions([decision_of(received.event) for received in batch])
        DECISIONS_APPLIED.inc(applied)
        if absent:
            # The sweep applies them once the annotation is there.
            SKIPPED.labels(DECIDED.name, "no_annotation").inc(len(absent))
            _log.warning("decisions.no_annotation", decisions=len(absent))
        return []


def decision_of(event: VerificationDecidedV1) -> AppliedDecision:
    return AppliedDecision(
        job_id=event.job_id,
        seq=event.seq,
        revision=event.revision,
        values=None if event.values is None else plain_values(event.values),
        shown_attempt=event.shown_attempt,
        shown_values=plain_values(event.shown_values),
        confirmed=event.confirmed,
        decided_by=event.decided_by,
        decided_at=event.decided_at,
        decided_by_id=event.decided_by_id,
        settled=event.settled,
    )

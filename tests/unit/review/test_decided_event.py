"""The event of an opinion is built without validation, and is what validation would make of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tandem.events import LabelValue, OpinionFlag, VerificationDecidedV1
from tandem.events.outcomes import Span
from tandem.review import OpinionPolicy
from tandem.store.opinions.documents import DecisionKind, OpinionDocument, decided_event, settlement_of


def opinion(revision: int, value: LabelValue) -> OpinionDocument:
    return OpinionDocument(
        job_id="j",
        project_id="p",
        dataset_id="d",
        seq=1,
        record_id="r",
        revision=revision,
        kind=DecisionKind.CORRECTED,
        values={"t": value},
        attempt=1,
        shown_attempt=1,
        shown_values={"t": value},
        decided_by="ann",
        decided_by_id=f"id {revision}",
        decided_at=datetime(2026, 1, 2, tzinfo=UTC),
        active_seconds=2,
        flags=(OpinionFlag.FLAGGED,),
    )


@pytest.mark.parametrize("value", ["a", 2.5, ("a", "b"), (Span(start=0, end=1, label="x", text="y", field="f"),)])
def test_an_unvalidated_event_is_the_validated_one(value: LabelValue) -> None:
    opinions = [opinion(1, value), opinion(2, value)]
    for policy in (OpinionPolicy(), OpinionPolicy(readers=2), OpinionPolicy(readers=3)):
        event = decided_event(opinions, settlement_of(opinions, policy))
        assert VerificationDecidedV1.model_validate_json(event.model_dump_json()) == event

"""What becomes of the answers to a try-out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from builders import a_choice, a_job, a_schema, an_agent
from tandem.events import (
    AnnotationRespondedV1,
    Completion,
)
from tandem.labeling.labeler import Labeler
from tandem.store.expiry import TRYOUTS_KEPT
from tandem_postprocessor.annotating import annotation_of
from tandem_postprocessor.emitting import events_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = a_schema(a_choice())


@pytest.mark.parametrize(("hidden", "events"), [(True, []), (False, ["AnnotationLabeledV1", "ReviewRequestedV1"])])
def test_a_try_out_is_forgotten_after_a_while_and_no_event_tells_of_it(hidden: bool, events: list[str]) -> None:
    agent = an_agent()
    job = a_job(agent=agent, label_schema=SCHEMA, hidden=hidden)
    answer = AnnotationRespondedV1(
        job_id="job", project_id="p", seq=1, record_id="r", epoch=1, completions=(Completion(text="good"),)
    )
    annotation, labels = annotation_of(answer, job, Labeler(SCHEMA, agent.confidence_strategy), fields={}, now=NOW)
    assert annotation.get("expires_at") == (NOW + TRYOUTS_KEPT if hidden else None)
    assert [type(event).__name__ for event in events_of(annotation, labels)] == events
    assert [type(event).__name__ for event in events_of(annotation)] == events

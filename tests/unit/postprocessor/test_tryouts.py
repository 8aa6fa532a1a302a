"""What becomes of the answers to a try-out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tandem.events import (
    AgentSpec,
    AnnotationRespondedV1,
    Completion,
    JobPublishedV1,
    JobState,
    LabelOption,
    LabelSchemaSpec,
    ReviewPolicy,
    SingleChoiceTask,
)
from tandem.labeling.labeler import Labeler
from tandem.store.expiry import TRYOUTS_KEPT
from tandem_postprocessor.annotating import annotation_of
from tandem_postprocessor.emitting import events_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = LabelSchemaSpec(
    label_schema_id="s",
    version=1,
    name="s",
    tasks=(SingleChoiceTask(name="mood", options=(LabelOption(value="good"), LabelOption(value="bad"))),),
)


@pytest.mark.parametrize(("hidden", "events"), [(True, []), (False, ["AnnotationLabeledV1", "ReviewRequestedV1"])])
def test_a_try_out_is_forgotten_after_a_while_and_no_event_tells_of_it(hidden: bool, events: list[str]) -> None:
    agent = AgentSpec(
        agent_id="a", version=1, name="a", provider="p", model="m", system_template="s",
        user_template="{{ fields.text }}", fingerprint="f",
    )  # fmt: skip
    job = JobPublishedV1(
        job_id="job", project_id="p", dataset_id="d", revision=1, epoch=1, state=JobState.RUNNING, agent=agent,
        label_schema=SCHEMA, review_policy=ReviewPolicy(), hidden=hidden,
    )  # fmt: skip
    answer = AnnotationRespondedV1(
        job_id="job", project_id="p", seq=1, record_id="r", epoch=1, completions=(Completion(text="good"),)
    )
    annotation, labels = annotation_of(answer, job, Labeler(SCHEMA, agent.confidence_strategy), fields={}, now=NOW)
    assert annotation.get("expires_at") == (NOW + TRYOUTS_KEPT if hidden else None)
    assert [type(event).__name__ for event in events_of(annotation, labels)] == events
    assert [type(event).__name__ for event in events_of(annotation)] == events

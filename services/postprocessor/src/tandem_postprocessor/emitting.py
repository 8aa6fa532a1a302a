"""Events made from a stored annotation. They can be made again from the document at any time."""

from __future__ import annotations

from tandem.events import AnnotationLabeledV1, Event, Outcome, TaskLabel
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.review_requests import review_requested


def events_of(annotation: AnnotationDocument, labels: tuple[TaskLabel, ...] | None = None) -> list[Event]:
    """Make AnnotationLabeledV1, and ReviewRequestedV1 when a person should look; both caused by the answer.

    `labels`: the annotation's, where they are at hand; else they are read from it. A try-out gives no events: whoever
    asked for it reads the annotation.
    """
    if "expires_at" in annotation:
        return []
    if labels is None:
        labels = tuple(TaskLabel.model_validate(label) for label in annotation["labels"])
    outcome = Outcome(annotation["outcome"])
    events: list[Event] = [
        AnnotationLabeledV1(
            causation_id=annotation["event_id"],
            job_id=annotation["job_id"],
            project_id=annotation["project_id"],
            seq=annotation["seq"],
            attempt=annotation["attempt"],
            record_id=annotation["record_id"],
            outcome=outcome,
            reason=annotation["reason"],
            labels=labels,
            needs_review=annotation["needs_review"],
            agent_id=annotation["agent_id"],
            agent_version=annotation["agent_version"],
            model=annotation["model"],
        )
    ]
    if annotation["needs_review"]:
        events.append(review_requested(annotation, labels))
    return events

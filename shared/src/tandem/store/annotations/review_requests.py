"""The event that asks people for a look at an annotation, as its writer publishes it and as a mended queue takes it."""

from __future__ import annotations

from tandem.events import Outcome, ReviewCause, ReviewReason, ReviewRequestedV1, TaskLabel
from tandem.store.annotations.documents import AnnotationDocument, campaign_of


def review_requested(annotation: AnnotationDocument, labels: tuple[TaskLabel, ...] | None = None) -> ReviewRequestedV1:
    """Build the review request of an annotation that needs a person, or the withdrawal of one that no longer does.

    `labels` are the annotation's, where they are at hand already.
    """
    if labels is None:
        labels = tuple(TaskLabel.model_validate(label) for label in annotation["labels"])
    return ReviewRequestedV1(
        causation_id=annotation["event_id"],
        job_id=annotation["job_id"],
        project_id=annotation["project_id"],
        dataset_id=annotation["dataset_id"],
        seq=annotation["seq"],
        attempt=annotation["attempt"],
        record_id=annotation["record_id"],
        outcome=Outcome(annotation["outcome"]),
        reason=ReviewReason(annotation["review_reason"] or ReviewReason.LOW_CONFIDENCE),
        causes=tuple(ReviewCause.model_validate(cause) for cause in annotation.get("review_causes", ())),
        labels=labels,
        priority=annotation["priority"],
        campaign_id=campaign_of(annotation),
        blind=annotation.get("review_blind", False),
        wanted=annotation["needs_review"],
    )

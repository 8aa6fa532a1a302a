"""A record of a job with all that an opinion on it depends on."""

from __future__ import annotations

from dataclasses import dataclass

from tandem.events import TaskLabel
from tandem.people import Caller
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.opinions.documents import OpinionDocument
from tandem.store.review_items.documents import ReviewItem
from tandem_verification_ui.review.giving import ShownRecord
from tandem_verification_ui.review.jobs import ReviewJob


@dataclass(frozen=True, slots=True)
class OpenedSubject:
    job: ReviewJob
    annotation: AnnotationDocument
    item: ReviewItem | None
    """None where no person was asked for."""
    history: list[OpinionDocument]
    sealed: bool
    """True: an open certificate keeps the labels of the record from everybody."""

    def revealed_to(self, caller: Caller) -> bool:
        """Say whether the caller may see the model's values, as far as this job's item and certificates go."""
        return not self.sealed and (self.item is None or self.item.reveals_to(caller.person_id))

    @property
    def labels(self) -> list[TaskLabel]:
        return [TaskLabel.model_validate(label) for label in self.annotation["labels"]]

    def subject_for(self, caller: Caller) -> ShownRecord:
        """Return what an opinion of the caller is about, with what they were shown."""
        revealed = self.revealed_to(caller)
        annotation = self.annotation
        return ShownRecord(
            job=self.job,
            seq=annotation["seq"],
            record_id=annotation["record_id"],
            attempt=annotation["attempt"],
            proposal={label.task: label.value for label in self.labels} if revealed else {},
            blind=not revealed,
            campaign_id=None if self.item is None else self.item.campaign_id,
        )

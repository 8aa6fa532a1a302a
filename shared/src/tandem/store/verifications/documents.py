"""A person's decision as MongoDB keeps it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from tandem.events import LabelValue, VerificationDecidedV1
from tandem.store.database import Document


class DecisionKind(StrEnum):
    CONFIRMED = "confirmed"
    """The person chose what was suggested."""
    CORRECTED = "corrected"
    """The person chose something else, or nothing was suggested."""
    UNDONE = "undone"
    """An earlier decision was taken back: no person's label holds."""


class Verification(BaseModel):
    """One decision (or undo). Never changed once written."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    project_id: str
    dataset_id: str
    seq: int
    record_id: str
    revision: int = Field(ge=1)
    kind: DecisionKind
    values: dict[str, LabelValue] | None = Field(description="Final value per task; None after an undo.")
    attempt: int = Field(ge=1, description="Attempt that was current when the person decided.")
    shown_attempt: int = Field(ge=1)
    shown_values: dict[str, LabelValue] = Field(default_factory=dict)
    decided_by: str = Field(description="The person's name, for people to read.")
    decided_by_id: str | None = Field(default=None, description="Who it was; None in decisions of older versions.")
    decided_at: datetime
    reservation: str = Field(default="", description="The fence token the person held; ties a retry to its decision.")

    @property
    def verification_id(self) -> str:
        return f"{self.job_id}:{self.seq}:{self.revision}"

    @property
    def item_id(self) -> str:
        return f"{self.job_id}:{self.seq}"

    def to_document(self) -> Document:
        return {"_id": self.verification_id, **self.model_dump()}

    @classmethod
    def from_document(cls, document: Document) -> Self:
        return cls.model_validate(document)

    def to_event(self) -> VerificationDecidedV1:
        """Build the event that publishes this decision; it can be built again at any time."""
        return VerificationDecidedV1(
            job_id=self.job_id,
            project_id=self.project_id,
            dataset_id=self.dataset_id,
            seq=self.seq,
            record_id=self.record_id,
            attempt=self.attempt,
            revision=self.revision,
            values=self.values,
            shown_attempt=self.shown_attempt,
            shown_values=self.shown_values,
            decided_by=self.decided_by,
            decided_by_id=self.decided_by_id,
            decided_at=self.decided_at,
        )

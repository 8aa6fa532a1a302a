"""The model's labels as they are shown to a person."""

from __future__ import annotations

from pydantic import BaseModel, Field

from tandem.events import LabelValue, TaskLabel


class Suggestion(BaseModel):
    """The model's label of one task."""

    task: str
    value: LabelValue
    confidence: float | None = Field(description="Probability that the label is right; null when not known.")
    confidence_method: str | None
    confidence_missing_reason: str | None
    probabilities: dict[str, float] | None = Field(
        description="Per option: of a single choice they sum to 1; of a multiple choice each stands alone, and those "
        "that cannot be known are left out.",
    )
    span_confidences: list[float | None] | None = Field(
        description="Of a span task: the probability that each span is right, in the order of the value."
    )
    margin: float | None

    @classmethod
    def of(cls, label: TaskLabel) -> Suggestion:
        return cls(**label.model_dump(include=set(cls.model_fields)))

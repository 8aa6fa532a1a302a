"""How a record ended in a job, and the labels it got. Shared by events and documents."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from tandem.events.envelope import Part


class Outcome(StrEnum):
    """labeled + invalid + failed + not run = size of the job, always."""

    LABELED = "labeled"
    INVALID = "invalid"
    """The model answered, and no label of the schema could be read from it."""
    FAILED = "failed"
    """No usable answer: an error, refusal, content filter, too long, too large, undelivered. The reason says which."""


LabelValue = str
"""A single choice's value. Other task types will widen this to a union."""


class TaskLabel(Part):
    """The label of one task of the schema."""

    task: str = Field(description="Name of the task in the label schema.")
    value: LabelValue
    confidence: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Probability that this label is right; None when it cannot be known.",
    )
    confidence_method: str | None = Field(default=None, description="e.g. token_probability; names how it was found.")
    confidence_missing_reason: str | None = Field(default=None, description="Why confidence is None.")
    probabilities: dict[str, float] | None = Field(
        default=None, description="Probability per option, normalized over the options; sums to 1."
    )
    margin: float | None = Field(default=None, description="Probability of this option less that of the second.")
    entropy: float | None = Field(default=None, description="Of `probabilities`, in nats.")
    rule: str = Field(description="The extraction rule that found the label, e.g. structured, exact, normalized.")

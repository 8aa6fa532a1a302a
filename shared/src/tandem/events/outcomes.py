"""Outcomes of records in a job, and the labels they got. Shared by events and documents."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tandem.events.envelope import EventPart


class Outcome(StrEnum):
    """labeled + invalid + failed + not run = size of the job, always."""

    LABELED = "labeled"
    INVALID = "invalid"
    """The model answered, and no label of the schema could be read from it."""
    FAILED = "failed"
    """No usable answer: an error, refusal, content filter, too long, too large, undelivered. The reason says which."""


class Span(EventPart):
    """A stretch of a field's text that carries a label."""

    field: str = Field(description="Name of the record's field.")
    start: int = Field(ge=0, description="Index of the first character, in Unicode code points.")
    end: int = Field(ge=0, description="Index behind the last character.")
    text: str = Field(description="What stands there: field[start:end].")
    label: str = Field(description="Value of one of the task's options.")
    attributes: dict[str, str] = Field(default_factory=dict, description="Attribute to the value of its option.")


LabelValue = str | Annotated[float, Field(strict=True, allow_inf_nan=False)] | tuple[str, ...] | tuple[Span, ...]
"""Value of a task, by its kind: the option's value (single choice), a text, a number, the options' values
(multiple choice), the spans. No value at all is told by leaving the task out."""


class TaskLabel(EventPart):
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
        default=None,
        description="Probability per option: of a single choice they sum to 1; of a multiple choice each stands alone, "
        "and those that cannot be known are left out.",
    )
    span_confidences: tuple[float | None, ...] | None = Field(
        default=None, description="Of a span task: the probability that each span is right, in the order of the value."
    )
    margin: float | None = Field(default=None, description="Probability of this option less that of the second.")
    entropy: float | None = Field(
        default=None, description="Of `probabilities`, in nats; None where some of them are left out."
    )
    rule: str = Field(description="The extraction rule that found the label, e.g. structured, exact, normalized.")


class Example(EventPart):
    """A record with the values that are right for it, to show a model what is wanted."""

    fields: dict[str, str]
    values: dict[str, LabelValue] = Field(description="Task to value; tasks may be left out.")

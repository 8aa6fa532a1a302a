"""Definitions of subsets. A new kind is a model here, and a case in `evaluating`, which the type checker asks for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from tandem.events import Outcome
from tandem.finding import Expression, write
from tandem.finding.lexing import MOST_CHARACTERS
from tandem_api.views import Body

MOST_PARTS = 50


class OfRecords(Body):
    """These records."""

    kind: Literal["records"] = "records"
    record_ids: list[str] = Field(min_length=1, max_length=100_000, description="Your own record ids.")


class OfJob(Body):
    """Records of a job over the data set, as they are now. All that is given must hold; of several values, one."""

    kind: Literal["job"] = "job"
    job_id: str
    outcomes: list[Outcome] = Field(default=[], max_length=3)
    reasons: list[str] = Field(default=[], max_length=50, description="Why records are invalid or failed.")
    labels: dict[str, list[JsonValue]] = Field(
        default={},
        max_length=20,
        description="Task to the values that hold: a person's where one decided, else the model's.",
        examples=[{"sentiment": ["positive", "neutral"]}],
    )
    least_confidence: float | None = Field(default=None, ge=0, le=1, description="One label has at least this.")
    below_confidence: float | None = Field(default=None, ge=0, le=1, description="One label has less than this.")
    verified: bool | None = Field(default=None, description="Whether a person decided; left out: either.")

    @model_validator(mode="after")
    def _some_confidence_fits(self) -> Self:
        least, below = self.least_confidence, self.below_confidence
        if least is not None and below is not None and least >= below:
            raise ValueError("no confidence fits: `least_confidence` must be less than `below_confidence`")
        if any("." in task or task.startswith("$") for task in self.labels):
            raise ValueError("the name of a task holds no point and does not begin with $")
        return self


class Found(Body):
    """Records that an expression matches: of the data set, or of a job over it as they are now."""

    kind: Literal["found"] = "found"
    job_id: str | None = Field(default=None, description="Left out: the expression reads ids, texts and metadata.")
    where: Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)] | Expression = Field(
        description="The expression, as text or as a tree.",
        examples=['text contains "refund" and label = negative and not verified'],
    )

    @property
    def text(self) -> str:
        """Return the expression in its text form."""
        return self.where if isinstance(self.where, str) else write(self.where)


class OfSubset(Body):
    """The records of a saved subset, as a part of others."""

    kind: Literal["subset"] = "subset"
    subset_id: str


class Everything(Body):
    """All records of the data set as they are now, as a part of others."""

    kind: Literal["all"] = "all"


class Combined(Body):
    """Parts combined: all their records, those in every one, or those in the first one alone."""

    kind: Literal["combined"] = "combined"
    operation: Literal["union", "intersection", "difference"]
    subset_ids: list[str] = Field(default=[], max_length=20, description="Subsets of the data set.")
    definitions: list[Definition] = Field(
        default=[],
        max_length=20,
        description="Or definitions, which may be combined ones themselves.",
        examples=[[{"kind": "all"}, {"kind": "subset", "subset_id": "5f0c"}]],
    )

    @model_validator(mode="after")
    def _has_parts_of_one_sort(self) -> Self:
        if bool(self.subset_ids) == bool(self.definitions):
            raise ValueError("give either `subset_ids` or `definitions`")
        if len(self.subset_ids or self.definitions) < 2:
            raise ValueError("give at least two parts to combine")
        if self.size > MOST_PARTS:
            raise ValueError(f"give at most {MOST_PARTS} parts in all; save some of them as a subset first")
        return self

    @property
    def size(self) -> int:
        """Return the number of parts, those of parts included."""
        return len(self.subset_ids) + sum(part.size if isinstance(part, Combined) else 1 for part in self.definitions)


Definition = Annotated[OfRecords | OfJob | Found | OfSubset | Everything | Combined, Field(discriminator="kind")]

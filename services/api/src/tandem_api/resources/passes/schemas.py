"""Passes on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from tandem.events import JobState
from tandem.finding.lexing import MOST_CHARACTERS
from tandem.web.invalid_content import FieldProblem
from tandem_api.planning.estimates.schemas import JobEstimate
from tandem_api.resources.jobs.settings import CanaryAsked, FailureStopAsked
from tandem_api.views import Body, View

RunOutcome = Literal["labeled", "invalid", "failed", "not_run"]


class RunAgain(Body):
    """The records to run again. All that is given must hold of a record; of several values, one."""

    outcomes: list[RunOutcome] = Field(
        default=[], max_length=4, description="By how they ended; `not_run`: left over when the job was cancelled."
    )
    reasons: list[str] = Field(
        default=[], max_length=50, description="By why they are invalid or failed, e.g. `timeout` or `no_label`."
    )
    record_ids: list[str] = Field(default=[], max_length=10_000, description="By your own record ids.")
    subset_id: str | None = Field(default=None, description="Records of this subset of the data set.")
    where: Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)] | None = Field(
        default=None,
        description="Records of the job that match this expression, as in find.",
        examples=["confidence < 0.6 and not verified"],
    )
    include_verified: bool = Field(
        default=False, description="True: also records that a person decided on. Their decisions hold in any case."
    )
    budget_usd: float | None = Field(
        default=None, gt=0, description="The budget of all passes together from now on; left out: as it was."
    )
    canary: CanaryAsked | None = Field(default=None, description="Run the pass's first records, then wait for a go.")
    failure_stop: FailureStopAsked | None = Field(
        default=None, description="Wait for a go when too many of the last records have no label; left out: as it was."
    )

    @property
    def is_empty(self) -> bool:
        """Return whether it does not say which records."""
        return not (self.outcomes or self.reasons or self.record_ids or self.subset_id or self.where)

    @model_validator(mode="after")
    def _not_run_alone(self) -> Self:
        if "not_run" in self.outcomes and self.reasons:
            raise ValueError("records that were not run have no reason: leave `reasons` or `not_run` out")
        return self


class PassCheck(View):
    """Preview of a run again."""

    ok: bool
    problems: list[FieldProblem]
    records: int = Field(description="Records that it would run.")
    outcomes: dict[str, int] = Field(description="How these ended so far.")
    verified_left_out: int = Field(description="Records that match, and are left out because a person decided on them.")
    estimate: JobEstimate | None = Field(description="Null where no model is asked, or nothing would run.")


class PassCounts(View):
    """Counts of a pass's records: labeled + invalid + failed + not_run = size."""

    labeled: int
    invalid: int
    failed: int
    not_run: int
    needs_review: int = Field(description="The part of these that the pass sent to people.")


class JobPass(View):
    number: int = Field(description="Also the attempt of the annotations that it gives.")
    state: JobState = Field(description="The job's, of the last pass; of earlier ones, how they ended.")
    size: int
    counts: PassCounts = Field(description="Of an earlier pass: when the next one began.")
    asked: dict[str, Any] | None = Field(description="The request that it was made by; null for the first run.")
    created_at: datetime
    created_by: str
    finished_at: datetime | None


class JobPassList(View):
    items: list[JobPass]

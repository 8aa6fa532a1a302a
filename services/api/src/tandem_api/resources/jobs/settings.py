"""Settings of a job that its maker chooses and that can be changed while it runs: safeguards, pace, weight, budget."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from tandem.jobs.safeguards import MOST_CANARY_RECORDS, MOST_OF_LAST
from tandem.store.jobs.documents import CanaryPart, FailureStopPart
from tandem_api.views import Body, View


class CanaryAsked(Body):
    """The first records of a pass, before the rest."""

    records: int = Field(ge=1, le=MOST_CANARY_RECORDS, description="So many first records run; then the job waits.")
    most_unlabeled: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="It goes on by itself if at most this share of them is invalid or failed; null: it waits for a go.",
    )

    def part(self, below_seq: int) -> CanaryPart:
        """Return the canary as documents have it."""
        return {
            "records": self.records,
            "below_seq": below_seq,
            "most_unlabeled": self.most_unlabeled,
            "passed": False,
        }


class FailureStopAsked(Body):
    """Stop when more than `share` of the `of_last` records that ended last are invalid or failed."""

    share: float = Field(ge=0, lt=1)
    of_last: int = Field(default=100, ge=1, le=MOST_OF_LAST)

    def part(self) -> FailureStopPart:
        """Return the rule as documents have it."""
        return {"share": self.share, "of_last": self.of_last}


class JobCanary(View):
    records: int
    most_unlabeled: float | None
    passed: bool = Field(description="True once the rest of the pass is asked for.")


class JobFailureStop(View):
    share: float
    of_last: int


class JobUpdate(Body):
    """What is given is changed; what is left out stays."""

    budget_usd: float | None = Field(
        default=None,
        gt=0,
        description="Raised, a job that waits for it goes on; below what is spent it stops; null: no budget.",
    )
    weight: float = Field(default=1.0, gt=0, le=100, description="Share of the workers among running jobs.")
    records_per_minute: float | None = Field(
        default=None, gt=0, le=10_000_000, description="No more records than this are asked for; null: no such limit."
    )
    failure_stop: FailureStopAsked | None = Field(
        default=None, description="Counts the records that end from now on; null: none."
    )

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("the request changes nothing: give a budget, a weight, a pace or a failure stop")
        return self

    def changes(self) -> dict[str, Any]:
        """Return the changed fields as documents have them."""
        return self.model_dump(include=self.model_fields_set)

"""Estimates on the wire."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from tandem.pricing import CostEstimate, Range
from tandem_api.views import View

CountedBy = Literal["vocabulary", "estimate"]


class Between(View):
    """A range from `low` to `high`, likely about `likely`."""

    low: float
    likely: float
    high: float

    @classmethod
    def whole(cls, value: Range) -> Self:
        return cls(low=round(value.low), likely=round(value.likely), high=round(value.high))

    @classmethod
    def exactly(cls, value: Range) -> Self:
        return cls(low=value.low, likely=value.likely, high=value.high)


class CallEstimate(View):
    """Estimate of the first call for one record."""

    prompt_tokens: Between
    output_tokens: Between
    counted_by: CountedBy = Field(
        description="The prompt's tokens: by the model's own vocabulary, or estimated from its characters."
    )
    usd: Between | None = Field(description="Null where the price is not known.")
    note: str = Field(description="Note on the price.")


class JobEstimate(View):
    """Estimate of a whole job, without calls that are repeated or repaired."""

    records: int
    sampled: int = Field(description="Records whose prompts were measured.")
    counted_by: CountedBy
    prompt_tokens: Between
    output_tokens: Between
    usd: Between | None = Field(description="Null where the price is not known.")
    seconds: Between | None = Field(description="Null where no worker knows the account.")
    assumes: list[str]

    @classmethod
    def of_estimate(cls, found: CostEstimate, counted_by: CountedBy) -> Self:
        return cls(
            records=found.records,
            sampled=found.sampled,
            counted_by=counted_by,
            prompt_tokens=Between.whole(found.prompt_tokens),
            output_tokens=Between.whole(found.output_tokens),
            usd=None if found.usd is None else Between.exactly(found.usd),
            seconds=None if found.seconds is None else Between.exactly(found.seconds),
            assumes=list(found.assumes),
        )

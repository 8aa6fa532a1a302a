"""Limits of an account as operators configure them, and the needs of calls that the pacer counts against them."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, Field

MINUTE = 60.0
DAY = 86_400.0


class AccountLimits(BaseModel):
    """Limits of one model of one provider. None: not known; then headers report it, or it is discovered."""

    requests_per_minute: float | None = Field(default=None, gt=0)
    requests_per_day: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0, description="Input and output together.")
    tokens_per_day: float | None = Field(default=None, gt=0, description="Input and output together.")
    input_tokens_per_minute: float | None = Field(default=None, gt=0)
    output_tokens_per_minute: float | None = Field(default=None, gt=0)
    max_in_flight: int | None = Field(default=None, ge=1, le=4096, description="Calls under way at once, per worker.")


class Need(NamedTuple):
    """Tokens that one call needs: of the prompt, expected of the answer, and the most that the answer may have."""

    input_tokens: float = 0.0
    output_tokens: float = 0.0
    max_output_tokens: float = 0.0

    @property
    def tokens(self) -> float:
        return self.input_tokens + self.output_tokens


NOTHING = Need()

"""What an account allows, as operators say it and as the pacer reckons with it."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, Field

MINUTE = 60.0
DAY = 86_400.0


class Limits(BaseModel):
    """Limits of one model of one provider. None: not known; then headers say it, or it is found out."""

    requests_per_minute: float | None = Field(default=None, gt=0)
    requests_per_day: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0, description="Input and output together.")
    tokens_per_day: float | None = Field(default=None, gt=0, description="Input and output together.")
    input_tokens_per_minute: float | None = Field(default=None, gt=0)
    output_tokens_per_minute: float | None = Field(default=None, gt=0)
    max_in_flight: int | None = Field(default=None, ge=1, le=4096, description="Calls under way at once, per worker.")


class Need(NamedTuple):
    """What one call will take: tokens of the prompt, expected tokens of the answer, and the most it may have."""

    input_tokens: float = 0.0
    output_tokens: float = 0.0
    max_output_tokens: float = 0.0

    @property
    def tokens(self) -> float:
        return self.input_tokens + self.output_tokens


NOTHING = Need()

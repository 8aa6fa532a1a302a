"""Behaviour of the provider: every setting, each switchable while it runs, for all models or for one."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tandem.testing.provider.headers import Headers
from tandem.testing.provider.limits import ProviderLimits

FailureKind = Literal[
    "server_error",
    "loading",
    "rate_limited",
    "quota_exhausted",
    "unauthorized",
    "forbidden",
    "unsupported",
    "timeout",
    "trickle",
    "malformed",
    "empty",
    "reset",
    "truncated",
    "too_long",
    "content_filter",
    "refusal",
    "off_schema",
]


class Behaviour(BaseModel):
    """Behaviour of the provider. Rates are probabilities; everything random is drawn from the seed and the prompt."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    seed: int = 0
    latency_ms: float = Field(default=0, ge=0, description="The median.")
    latency_spread: float = Field(default=0, ge=0, le=3, description="Sigma of a log-normal; 0: always the median.")
    latency_p95_ms: float | None = Field(default=None, gt=0, description="Says the spread by the 95th percentile.")
    latency_ms_per_output_token: float = Field(default=0, ge=0, description="Added for each token of the answer.")
    hold: bool = Field(default=False, description="Calls wait, already received, until this is false again.")
    failures: dict[FailureKind, float] = Field(default={}, description="Share of the calls that fail so.")
    failing_text: str | None = Field(default=None, description="Calls fail only when their messages contain this.")
    first_calls: list[FailureKind] = Field(default=[], description="How the first calls of every prompt fail.")
    retry_after_seconds: float = Field(default=1, ge=0, description="Said with rate_limited.")
    limits: ProviderLimits = Field(
        default=ProviderLimits(), description="What is allowed of each model, each on its own."
    )
    headers: Headers = Headers()
    sharpness: float = Field(default=3, ge=0, description="0: all options alike; the higher, the surer the answers.")
    token_length: int | None = Field(default=None, ge=1, description="Characters a token of a label; None: whole.")
    structured_output: bool = Field(default=True, description="False: a request with response_format is refused.")
    says: str | None = Field(default=None, description="What every call is answered, word for word; None: a choice.")
    logprobs: bool = Field(default=True, description="False: none are given, asked for or not.")
    unsupported: list[str] = Field(default=[], description="Parameters with which a request is refused, naming them.")
    context_window: int | None = Field(default=None, ge=1, description="A prompt of more tokens is refused.")
    count_prompts: bool = Field(default=True, description="False: nothing is kept of a prompt; all are first calls.")
    ledger: str | None = Field(
        default=None, description="A pattern whose first group names the record in a message; GET /ledger lists calls."
    )
    models: dict[str, dict[str, Any]] = Field(default={}, description="Settings that differ for the model of a name.")

    @model_validator(mode="after")
    def _settings_of_models_are_settings(self) -> Self:
        for settings in self.models.values():
            if "models" in settings:
                raise ValueError("the settings of a model hold no settings of models")
        _ = self._of_models
        return self

    def of(self, model: str) -> Behaviour:
        """Return the settings that hold for a model."""
        return self._of_models.get(model, self)

    @cached_property
    def _of_models(self) -> dict[str, Behaviour]:
        common = self.model_dump(exclude={"models"})
        return {name: Behaviour.model_validate(common | settings) for name, settings in self.models.items()}

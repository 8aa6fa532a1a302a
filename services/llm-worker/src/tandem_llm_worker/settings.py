"""Settings of the llm-worker. Providers are set by operators alone; no event ever names a URL or a key."""

from __future__ import annotations

import os
import secrets
import socket
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from tandem.rendering.settings import RenderingSettings
from tandem.settings import ServiceSettings
from tandem_llm_worker.pacing.limits import AccountLimits

REASONING_MODELS = (
    *("o1", "o1-*", "o3", "o3-*", "o4-*", "gpt-5", "gpt-5-mini*", "gpt-5-nano*"),
    *("deepseek-r1*", "deepseek-reasoner", "qwq-*", "magistral-*", "*-thinking", "*-thinking-*", "*-reasoning"),
)
"""Model families that reason, by their makers. A wrong guess costs only unused room and the money reserved for it."""


def _worker_name() -> str:
    """Return a name that is unique per start, so that a restarted pod's reports are not taken for its predecessor's."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"


Parameter = Literal["logprobs", "response_format", "temperature", "top_p", "seed", "reasoning_effort", "n"]


class ModelSettings(AccountLimits):
    """Settings of one model of a provider, limits among it.

    A setting that is left out comes from the provider's settings, or is learned.
    """

    api: Literal["auto", "chat", "responses"] = Field(
        default="auto", description="auto: chat completions, and the Responses API once the provider asks for it."
    )
    deployment: str = Field(default="", description="Azure: the deployment that serves the model; empty: its name.")
    context_window: int | None = Field(default=None, gt=0, description="Tokens of prompt and answer together.")
    structured_output: bool | None = None
    reasons: bool | None = Field(
        default=None,
        description="Whether it reasons before it answers, and needs room for it; left out: known by its name, else "
        "by what it says.",
    )
    not_taken: tuple[Parameter, ...] = Field(
        default=(), description="Parameters that it does not take, so that no call has to find it out."
    )


class ProviderSettings(BaseModel):
    """Account at an OpenAI-compatible endpoint. Limits hold for each model of it alone.

    Limits that are not set are read from the provider's headers, or found out.
    """

    base_url: str = Field(
        description="Up to and with the version, e.g. https://api.openai.com/v1; Azure: the resource's endpoint."
    )
    api_key: SecretStr = Field(default=SecretStr(""), description="Empty for servers that ask for none.")
    kind: Literal["openai", "azure"] = "openai"
    api_version: str = Field(default="", description="Azure: the api-version, which it cannot do without.")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="Sent with every call, beside the SDK's.")
    models: dict[str, ModelSettings] = Field(default_factory=dict, description="By the name that agents use.")
    reasoning_models: tuple[str, ...] = Field(
        default=REASONING_MODELS,
        description="Names of models that reason, with * for anything; what stands before a slash does not count.",
    )
    max_in_flight: int = Field(default=64, ge=1, le=4096, description="Calls under way at once, per model.")
    requests_per_minute: float | None = Field(default=None, gt=0)
    requests_per_day: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0, description="Input and output together.")
    tokens_per_day: float | None = Field(default=None, gt=0, description="Input and output together.")
    input_tokens_per_minute: float | None = Field(default=None, gt=0)
    output_tokens_per_minute: float | None = Field(default=None, gt=0)
    timeout_seconds: float = Field(default=60.0, gt=0, description="Deadline of one call from start to last byte.")
    structured_output: bool = Field(default=True, description="False where JSON Schema output is known not to work.")

    @field_validator("base_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url {value!r} is not an http(s) URL")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _azure_has_a_version(self) -> Self:
        if self.kind == "azure" and not self.api_version:
            raise ValueError("a provider of kind azure needs an api_version, e.g. 2024-10-21")
        return self

    def model(self, name: str) -> ModelSettings:
        """Return the settings of a model, named in the settings or not."""
        return self.models.get(name) or ModelSettings()

    def reasons(self, name: str) -> bool:
        """Return whether a model is known to reason before its first answer."""
        said = self.model(name).reasons
        short = name.lower().rpartition("/")[2]
        return said if said is not None else any(fnmatchcase(short, each.lower()) for each in self.reasoning_models)

    @property
    def is_openai(self) -> bool:
        """Return whether OpenAI's own models are served here; those that reason accept `max_completion_tokens` only."""
        return self.kind == "azure" or (urlsplit(self.base_url).hostname or "").endswith(".openai.com")

    def limits_of(self, model: str) -> AccountLimits:
        """Return the limits of `model`; each one it does not set comes from its provider."""
        own, defaults = self.model(model), {name: getattr(self, name) for name in AccountLimits.model_fields}
        said = {name: value for name in AccountLimits.model_fields if (value := getattr(own, name)) is not None}
        return AccountLimits(**{**defaults, **said})

    @property
    def is_loopback(self) -> bool:
        return urlsplit(self.base_url).hostname in ("127.0.0.1", "::1", "localhost")


class RetrySettings(BaseModel):
    """The one retry layer. Waits have full jitter; a Retry-After is honoured up to `max_retry_after_seconds`."""

    max_calls: int = Field(default=5, ge=1, description="Calls for one answer, the first included.")
    max_refused_calls: int = Field(
        default=20,
        ge=1,
        description="Refusals for the rate (429, unpaid) before the request is returned to the dispatcher.",
    )
    max_seconds: float = Field(
        default=90.0,
        gt=0,
        description="Failed calls after the first and the waits between them; waits for the rate do not count.",
    )
    hold_seconds: float = Field(
        default=75.0,
        gt=0,
        description="A request that still waits for the rate or its turn so long after it was received is handed back; "
        "keep it well below the dispatcher's deadline_seconds.",
    )
    base_seconds: float = Field(default=0.5, gt=0)
    max_wait_seconds: float = Field(default=20.0, gt=0)
    max_retry_after_seconds: float = Field(default=60.0, gt=0)


class KeptAnswersSettings(BaseModel):
    """Number of recent answers that a worker can send again without paying again."""

    max_count: int = Field(default=20_000, ge=0)
    max_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    handed_back_max_bytes: int = Field(
        default=16 * 1024 * 1024, ge=0, description="Of what came for requests that were handed back."
    )
    tail_seconds: float = Field(
        default=10.0, gt=0, description="How long a partition that came from another worker waits for its answers."
    )


class ProbeSettings(BaseModel):
    """Schedule of probes of a stopped account: minimal calls at jittered, growing intervals."""

    first_seconds: float = Field(default=5.0, gt=0)
    max_seconds: float = Field(default=300.0, gt=0)
    outage_max_seconds: float = Field(
        default=30.0, gt=0, description="The longest interval for a provider that is down or unreachable."
    )
    max_pause_seconds: float = Field(default=3600.0, gt=0, description="The longest Retry-After that is believed.")


class WorkerSettings(ServiceSettings):
    worker: str = Field(default_factory=_worker_name, min_length=1, max_length=200)
    providers: dict[str, ProviderSettings] = Field(default_factory=dict)
    providers_on_loopback_only: bool = Field(
        default=False, description="Refuse to start with a provider that is not on this machine; tests set it."
    )
    retry: RetrySettings = RetrySettings()
    prices_file: Path | None = Field(
        default=None, description="Prices that win over those that come with Tandem; the same file for all services."
    )
    probe: ProbeSettings = ProbeSettings()
    rendering: RenderingSettings = RenderingSettings()
    start_seconds: float = Field(
        default=30.0, gt=0, description="A request whose first call cannot start within this is handed back."
    )
    crowded_seconds: float = Field(
        default=2.0, gt=0, description="The same for more than its share, where one job keeps others waiting."
    )
    max_held: int = Field(
        default=1024,
        ge=1,
        description="Requests in hand at once, those in calls included; at least twice as many as call slots. What "
        "waits for a slow provider fills it before it keeps other jobs waiting.",
    )
    kept_answers: KeptAnswersSettings = KeptAnswersSettings()
    handover_seconds: float = Field(
        default=60.0, ge=0, description="How long a partition waits for the calls of the worker that had it before."
    )
    drain_seconds: float = Field(default=45.0, ge=0, description="How long calls under way may go on after SIGTERM.")
    job_wait_seconds: float = Field(default=10.0, ge=0, description="How long a request waits for news of its job.")
    report_seconds: float = Field(default=0.5, gt=0, le=1, description="Shares lapse three seconds after a report.")
    max_answer_bytes: int = Field(default=900 * 1024, ge=1024, description="A larger answer does not fit the bus.")

    @model_validator(mode="after")
    def _providers_can_be_called(self) -> Self:
        if not self.providers:
            raise ValueError(
                'no provider is set; e.g. TANDEM_PROVIDERS=\'{"openai": {"base_url": "https://api.openai.com/v1"}}\' '
                "and TANDEM_PROVIDERS__OPENAI__API_KEY"
            )
        if self.providers_on_loopback_only:
            for name, provider in self.providers.items():
                if not provider.is_loopback:
                    raise ValueError(f"provider {name}: {provider.base_url} is not on this machine")
        return self

    def reasons(self, provider: str, model: str) -> bool:
        """Return whether a model is known to reason before its first answer."""
        settings = self.providers.get(provider)
        return settings is not None and settings.reasons(model)

    @property
    def in_flight_limit(self) -> int:
        """Return the in-flight limit: requests held at once, so that a slot never waits for one."""
        return max(self.max_held, 2 * self.slots)

    @property
    def slots(self) -> int:
        """Return how many calls this worker can have under way at once, over all providers."""
        return sum(provider.max_in_flight for provider in self.providers.values())

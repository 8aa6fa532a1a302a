"""Events that workers send to each other and to the dispatcher."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from tandem.events.envelope import Event, EventPart


class AccountState(StrEnum):
    """State of an account (a model of a provider), as a worker sees it."""

    OK = "ok"
    PAUSED = "paused"
    """Nothing starts for a while (a long Retry-After, or nothing could start within the limit); goes on by itself."""
    STOPPED = "stopped"
    """Only the operator can cure it (no quota, bad key); probed from time to time."""


class RefusedParameter(EventPart):
    """Parameter that a model is asked without, since the provider refused it. It is tried again from time to time."""

    parameter: str = Field(description="By its name in chat completions; response_format stands for the JSON Schema.")
    api: str = ""
    effort: str | None = Field(default=None, description="The reasoning effort that the agent names; empty: none.")
    schema_key: str | None = Field(default=None, description="The response format it depends on; None: on none.")
    message: str = Field(default="", max_length=200, description="The provider's words; no secret, no record.")
    seconds_ago: float = Field(default=0, ge=0, description="Time at which this worker first received it.")


class AccountReported(EventPart):
    """One model of one provider as one worker sees it. Counts are since the worker's start and only rise."""

    provider: str
    model: str
    state: AccountState = AccountState.OK
    reason: str = Field(default="", description="Why it is not ok: an ErrorKind, retry_after or not_started.")
    message: str = Field(default="", max_length=400, description="The same for people; carries no secret.")
    resumes_in_seconds: float | None = Field(default=None, ge=0, description="Under paused, when it is known.")
    observed_seconds_ago: float | None = Field(
        default=None,
        ge=0,
        description="How long ago this worker itself saw the state change; None: it did not, or others reported it.",
    )
    slots: int = Field(default=0, ge=0, description="Calls it can usefully have in flight on this account; 0: unsaid.")
    in_flight: int = Field(default=0, ge=0)
    demand: float = Field(default=0, ge=0, description="The part of the account, 0 to 1, that it could use now.")
    share: float = Field(default=0, ge=0, description="The part of the account, 0 to 1, that it claims.")
    accepted: int = Field(default=0, ge=0, description="Calls the provider took.")
    refused: int = Field(default=0, ge=0, description="Calls the provider refused for their rate.")
    handed_back: int = Field(default=0, ge=0, description="Requests skipped unanswered; they are to be asked again.")
    requests_per_minute: float | None = Field(default=None, description="What the account is believed to allow.")
    tokens_per_minute: float | None = None
    context_window: int | None = Field(default=None, description="Tokens of a prompt and its answer, where known.")
    listed: bool | None = Field(
        default=None, description="Whether the provider's list of models names it; None: there is no list, so far."
    )
    alike: tuple[str, ...] = Field(
        default=(), max_length=3, description="Of a model that is not listed: the most similar names that are."
    )
    dropped_parameters: tuple[str, ...] = Field(
        default=(), description="Parameters that the model does not take, in some of its calls at least."
    )
    refused_parameters: tuple[RefusedParameter, ...] = Field(
        default=(), max_length=32, description="What was refused, and on what that depends; the newest 32."
    )
    reasons: bool = Field(
        default=False,
        description="Whether answers get 4,096 tokens more of room, since one was cut for its reasoning.",
    )


class WorkerReportedV1(Event):
    """Sent about every second by each llm-worker; the last one, `stopping=True`, when it drains."""

    worker: str
    sequence: int = Field(default=0, ge=0, description="Counts this worker's reports.")
    slots: int = Field(ge=0, description="Calls it can usefully have in flight at once.")
    in_flight: int = Field(ge=0)
    queued: int = Field(default=0, ge=0, description="Requests held and not yet started.")
    completed_per_second: float = Field(default=0, ge=0)
    stopping: bool = False
    providers: dict[str, str] = Field(default_factory=dict, description="Provider name to its state: ok, paused.")
    accounts: tuple[AccountReported, ...] = ()
    generation: int = Field(
        default=-1,
        description="Of the consumer group, as of the last time that partitions were shared out; -1: unsaid.",
    )
    holding: tuple[int, ...] = Field(
        default=(), description="Partitions of annotation.requests of which requests are in hand, its own and others'."
    )
    heard: dict[str, int] = Field(
        default_factory=dict, description="Other workers, with the sequence of the last report received from each."
    )

    refused_agents: dict[str, str] = Field(
        default_factory=dict,
        description="Agent versions, by id, whose templates this worker does not render, with the reason for people: "
        "they do not compile, or take too much.",
    )

    timeouts: dict[str, float] = Field(
        default_factory=dict, description="Provider name to the seconds that one call to it may take."
    )

    @property
    def key(self) -> str:
        return self.worker

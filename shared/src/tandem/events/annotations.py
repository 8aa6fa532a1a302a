"""Requests to a model, what came back, and the label made of it; and what was paid where no answer came of it.

All are idempotent on (job_id, seq, attempt): the highest attempt is current, within one the first write wins.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from tandem.events.envelope import Event, EventPart
from tandem.events.outcomes import Example, Outcome, TaskLabel


class RecordEvent(Event):
    """An event about one record of a job."""

    job_id: str
    project_id: str
    seq: int = Field(ge=0, description="Position of the record in its data set; increasing, gaps allowed.")
    attempt: int = Field(default=1, ge=1, description="Rises when a person asks to run the record again.")
    record_id: str = Field(description="The user's own primary key.")

    @property
    def key(self) -> str:
        return f"{self.job_id}:{self.seq}"

    @property
    def effect_key(self) -> tuple[str, int, int]:
        """Return the key on which every effect is idempotent."""
        return (self.job_id, self.seq, self.attempt)


class AnnotationRequestedV1(RecordEvent):
    epoch: int = Field(ge=1)
    ask: int = Field(default=1, ge=1, description="How often this attempt was asked for; rises past a deadline.")
    content_hash: str
    fields: dict[str, str]
    examples: tuple[Example, ...] = Field(default=(), description="Drawn for this record, beside the agent's own.")
    deadline: datetime | None = Field(default=None, description="After this the dispatcher asks again.")


class TokenLogprob(EventPart):
    """One generated token. `top` holds the likeliest alternatives, itself included, as the provider gave them."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


class Completion(EventPart):
    text: str
    finish_reason: str | None = None
    logprobs: tuple[TokenLogprob, ...] | None = None
    place: str | None = Field(
        default=None, description="Where in the provider's message the text stood, unless it was the content."
    )


class Usage(EventPart):
    """Tokens as the provider counted them; authoritative for cost."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


class Price(EventPart):
    amount: float | None = Field(default=None, description="In `currency`; None when the model has no known price.")
    currency: str = "USD"
    by_model: dict[str, float | None] | None = Field(
        default=None, description="`provider/model` to its part of the amount, where more than one was paid."
    )


class ErrorKind(StrEnum):
    """Why no usable answer came; a reason under `failed`."""

    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    SERVER_ERROR = "server_error"
    BAD_REQUEST = "bad_request"
    AUTHENTICATION = "authentication"
    QUOTA_EXHAUSTED = "quota_exhausted"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    PROMPT = "prompt"
    """The prompt could not be rendered for this record."""
    UNDELIVERED = "undelivered"
    """Asked three times, no answer came back in time."""


class ResponseError(EventPart):
    kind: ErrorKind
    message: str = Field(max_length=2000, description="For people; carries no secret and no record text.")
    status: int | None = None


class ModelCall(EventPart):
    """One call as it went over the wire, for the history of an answer."""

    started_at: datetime
    seconds: float
    status: int | None = None
    error: ErrorKind | None = None
    provider: str = Field(default="", description="Empty: the provider and model of the answer.")
    model: str = ""
    usage: Usage | None = None


class ReadyLabels(EventPart):
    """Labels that come of annotations there are already: carried over to another label schema, or combined of several
    jobs. No model was asked."""

    sources: tuple[str, ...] = Field(
        default=(), description="The annotations they come of, each as `job:seq`; none when the record had none."
    )
    labels: tuple[TaskLabel, ...] = ()
    reason: str | None = Field(
        default=None, max_length=100, description="Set when they are not the labels of all tasks: why, in a word."
    )
    detail: str | None = Field(default=None, max_length=2000, description="The same in a sentence, for people.")


class AnnotationRespondedV1(RecordEvent):
    """Completions, or an error, or ready labels; one of the three."""

    epoch: int = Field(ge=1)
    ask: int = 1
    content_hash: str = ""
    provider: str = ""
    model: str = ""
    worker: str = ""
    structured: bool = Field(default=False, description="Whether the provider was held to the schema's JSON.")
    completions: tuple[Completion, ...] = ()
    error: ResponseError | None = None
    usage: Usage | None = None
    price: Price | None = None
    seconds: float | None = Field(default=None, description="Wall time from start of the first call to the answer.")
    calls: tuple[ModelCall, ...] = ()
    fallback_used: bool = Field(default=False, description="Whether the agent's fallback model gave the answer.")
    repaired: bool = Field(default=False, description="Whether the model was called again, with what was wrong.")
    ready: ReadyLabels | None = Field(default=None, description="Sent by the api, which asks no model for them.")


class ReceivedAnswers(EventPart):
    """Answers of one model to a request that was given up."""

    provider: str
    model: str
    structured: bool = Field(default=False, description="Whether the provider was held to the schema's JSON.")
    completions: tuple[Completion, ...] = ()


class AnnotationHandedBackV1(RecordEvent):
    """Cost of a request that was given up unanswered, to be asked anew or never; not sent where nothing was paid.

    No answer: it ends no record. Whoever is asked the same again goes on with what was received. An asking that is told
    of here is told of in no `AnnotationRespondedV1`: the answer that comes later holds its own calls alone.
    """

    epoch: int = Field(ge=1)
    ask: int = 1
    content_hash: str = ""
    provider: str = Field(default="", description="The model that was asked last; of the calls that name none.")
    model: str = ""
    worker: str = ""
    reason: str = Field(default="", description="Why it was given up, in a word, e.g. account_stopped.")
    received: tuple[ReceivedAnswers, ...] = Field(
        default=(), description="Also what an earlier asking had brought; none where it would not fit the bus."
    )
    usage: Usage | None = None
    price: Price | None = None
    calls: tuple[ModelCall, ...] = ()


class AnnotationLabeledV1(RecordEvent):
    """Every result, labeled or not: what the postprocessor wrote."""

    outcome: Outcome
    reason: str | None = Field(default=None, description="Under invalid and failed: why.")
    labels: tuple[TaskLabel, ...] = ()
    needs_review: bool = False
    agent_id: str = ""
    agent_version: int = 1
    model: str = ""

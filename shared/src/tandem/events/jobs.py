"""Events on jobs, from the compacted topic `annotation.jobs`."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from tandem.events.envelope import Event, EventPart
from tandem.events.outcomes import Example
from tandem.events.schema import LabelSchemaSpec


class JobState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    """The provider is stopped (no quota, bad key); goes on by itself when it heals. Or a person has to act: the budget
    is used up, or the agent's templates take too much."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def is_live(self) -> bool:
        return self in (JobState.RUNNING, JobState.PAUSED, JobState.WAITING)


class JobKind(StrEnum):
    """Source of a job's labels."""

    MODEL = "model"
    CARRIED_OVER = "carried_over"
    """From the annotations of a job over another label schema, where labels map."""
    COMBINED = "combined"
    """From the annotations of several jobs over the same label schema."""


class ModelParameters(EventPart):
    """Sampling parameters of a call; None leaves it to the provider."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=64, ge=1, le=32_768)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    logprobs: bool = True
    top_logprobs: int = Field(default=20, ge=0, le=20)
    reasoning_effort: str | None = Field(default=None, max_length=20)
    samples: int = Field(default=1, ge=1, le=20, description="Answers to each record; all are kept.")


class ConfidenceStrategy(StrEnum):
    """Method by which the confidence of a label is found."""

    TOKEN_PROBABILITY = "token_probability"  # noqa: S105 - tokens of a model, no password
    AGREEMENT = "agreement"
    """Share of the samples that gave the label; needs at least two."""
    STATED = "stated"
    """The model says it with its answer."""


class Fallback(EventPart):
    """A fallback model, asked when the agent's own ends with one of these outcomes."""

    provider: str
    model: str
    on: tuple[str, ...] = Field(min_length=1, description="Values of ErrorKind, or `invalid`.")


class DrawnBy(StrEnum):
    """Rule by which examples are chosen among the records that people verified."""

    BALANCED = "balanced"
    """Equal numbers of each label of a task."""
    NEAREST = "nearest"
    """Records most like the one that is asked about, by the cosine of their embeddings."""


MOST_EXAMPLES = 20


class DrawnExamples(EventPart):
    """Examples that the dispatcher draws for each record, from what people decided in jobs of the label schema."""

    by: DrawnBy
    count: int = Field(default=5, ge=1, le=MOST_EXAMPLES)
    task: str | None = Field(default=None, description="Balanced over the labels of this task; the first with labels.")
    dataset_id: str | None = Field(default=None, description="From records of this data set alone.")
    job_ids: tuple[str, ...] = Field(
        default=(), max_length=20, description="From these jobs alone; else from all of the project's with the schema."
    )


class AgentSpec(EventPart):
    """An immutable agent version: provider, model, parameters, prompt, label schema, confidence strategy."""

    agent_id: str
    version: int = Field(ge=1)
    name: str
    provider: str = Field(description="Name of a provider the operator configured in the workers; never a URL.")
    model: str
    parameters: ModelParameters = ModelParameters()
    system_template: str = Field(
        description="Jinja2 over `label_schema`, `tasks`, `task` (the first), `answer_form` and `confidence_strategy`; "
        "the same for all records. Empty: no system message."
    )
    user_template: str = Field(description="Jinja2 over `fields` and what the system template reads.")
    examples: tuple[Example, ...] = Field(default=(), description="Shown to the model before every record.")
    drawn_examples: DrawnExamples | None = None
    confidence_strategy: ConfidenceStrategy = ConfidenceStrategy.TOKEN_PROBABILITY
    repair: bool = Field(
        default=False, description="Call once more, with a description of what was wrong, when no label could be read."
    )
    fallback: Fallback | None = None
    fingerprint: str = Field(description="SHA-256 over everything that shapes an answer.")


class TaskReviewPolicy(EventPart):
    """Policy of one task of the schema; None leaves it to the policy of the record."""

    threshold: float | None = Field(default=None, ge=0, le=1, description="Labels below this confidence go to review.")
    review_without_confidence: bool | None = Field(
        default=None, description="False: where this task has no confidence, the others decide."
    )


class ReviewPolicy(EventPart):
    """Rule for the labels that a person should see."""

    threshold: float = Field(default=0.7, ge=0, le=1, description="Labels below this confidence go to review.")
    review_without_confidence: bool = True
    review_invalid: bool = True
    review_failed: bool = False
    tasks: dict[str, TaskReviewPolicy] = Field(
        default={},
        max_length=20,
        description="By task. One that can have no confidence, beside others that can, is left to the others unless "
        "it says `review_without_confidence`.",
    )

    def threshold_of(self, task: str) -> float:
        own = self.tasks.get(task)
        return self.threshold if own is None or own.threshold is None else own.threshold

    def reviews_without_confidence(self, task: str) -> bool:
        own = self.tasks.get(task)
        if own is None or own.review_without_confidence is None:
            return self.review_without_confidence
        return own.review_without_confidence


class CampaignOrder(StrEnum):
    """The order in which the queue serves the records of a campaign."""

    URGENT = "urgent"
    """Order by the strategy's own measure; for thresholds, the least confident first."""
    SEQ = "seq"
    RANDOM = "random"


class CampaignTerms(EventPart):
    """Terms on which a review campaign asks for the records that it picks."""

    order: CampaignOrder = CampaignOrder.URGENT
    blind_share: float = Field(default=0.0, ge=0, le=1, description="Share of the records that is read blind.")
    key: str = Field(default="", description="Secret; draws are made with it.")
    asks: bool = Field(default=True, description="False: the campaign is closed.")


def thresholds_campaign_id(job_id: str) -> str:
    """Return the id of the campaign that asks by the job's review policy; every job has one."""
    return f"{job_id}-thresholds"


class JobPublishedV1(Event):
    """The state of a job. Readers keep the highest (epoch, revision) of each job."""

    job_id: str
    project_id: str
    dataset_id: str
    name: str = ""
    revision: int = Field(ge=1, description="Rises with every change of the job; republishing keeps it.")
    epoch: int = Field(ge=1, description="Requests of a lower epoch are void; answers of a lower epoch still count.")
    state: JobState
    agent: AgentSpec
    label_schema: LabelSchemaSpec
    review_policy: ReviewPolicy = ReviewPolicy()
    review_terms: CampaignTerms = Field(
        default=CampaignTerms(), description="How the campaign that the policy is the parameters of asks."
    )
    kind: JobKind = JobKind.MODEL
    sources: tuple[str, ...] = Field(default=(), description="The jobs whose annotations its labels come from.")
    asks_model: bool = Field(
        default=True, description="False: no record of it is ever asked for; its agent only says whose labels they are."
    )

    weight: float = Field(default=1.0, gt=0, description="Its share of the workers' calls among running jobs.")
    hidden: bool = Field(default=False, description="A try-out: for whoever made it alone, and soon forgotten.")

    @property
    def key(self) -> str:
        return self.job_id

"""Jobs on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from tandem.events import JobKind, JobState, ReviewPolicy
from tandem.pricing import ModelSpend
from tandem.review import MOST_READERS
from tandem.web.invalid_content import FieldProblem
from tandem_api.paging import Page
from tandem_api.planning.estimates.schemas import JobEstimate
from tandem_api.planning.tryouts.schemas import Tryout
from tandem_api.resources.jobs.settings import CanaryAsked, FailureStopAsked, JobCanary, JobFailureStop
from tandem_api.views import Body, Name, View


class JobCreate(Body):
    dataset_id: str
    agent_id: str
    name: Name | None = Field(default=None, description="Made from agent and data set when left out.")
    review_policy: ReviewPolicy = ReviewPolicy()
    readers: int = Field(
        default=1, ge=1, le=MOST_READERS, description="So many people must give a record the same value to settle it."
    )
    adjudicated: bool = Field(
        default=False,
        description="True: where the readers differ, an admin settles the record; nobody else is asked.",
    )
    subset_id: str | None = Field(default=None, description="Run over this subset of the data set; all if left out.")
    limit: int | None = Field(default=None, ge=1, description="Run only this many first records; all if left out.")
    weight: float = Field(default=1.0, gt=0, le=100, description="Share of the workers among running jobs.")
    start: bool = Field(default=True, description="False: made paused.")
    budget_usd: float | None = Field(
        default=None, gt=0, description="A hard stop: nothing is asked for that could make the job cost more."
    )
    records_per_minute: float | None = Field(
        default=None, gt=0, le=10_000_000, description="No more records than this are asked for."
    )
    reuse: bool = Field(
        default=False,
        description="True: take the answers that this agent version gave to the same content in this data set, and "
        "call the model once for records of equal content. Runs again ask anew in any case.",
    )
    canary: CanaryAsked | None = Field(default=None, description="Run the first records, then wait for a go.")
    failure_stop: FailureStopAsked | None = Field(
        default=None, description="Wait for a go when too many of the last records have no label."
    )


class JobCheck(View):
    """Findings about a job before it starts. Problems keep it from being made, warnings do not."""

    ok: bool
    problems: list[FieldProblem]
    warnings: list[FieldProblem]
    estimate: JobEstimate | None = Field(description="Null where the prompts cannot be rendered.")
    probe: Tryout | None = Field(description="The model's answer to the first record; null when it was not asked.")


class JobCounts(View):
    """The job's counts: labeled + invalid + failed + not_run = size, always."""

    labeled: int
    invalid: int
    failed: int
    not_run: int
    needs_review: int = Field(description="The part of these sent to a person and not decided yet.")
    reviewed: int = Field(default=0, description="The part of these sent to a person and decided.")


class PassProgress(View):
    """The pass that a job is in, or ended with. The first run is pass 1; each run again is a further one."""

    number: int = Field(description="Also the attempt of the annotations that it gives.")
    size: int = Field(description="Records that it runs over.")
    ended: int = Field(description="The part of these that it has run.")


class JobAgent(View):
    name: str
    version: int
    provider: str
    model: str


class Job(View):
    id: str
    project_id: str
    dataset_id: str
    agent_id: str
    label_schema_id: str
    name: str
    state: JobState
    state_reason: str | None
    notice: str | None = Field(default=None, description="Note on how it runs, e.g. without examples.")
    waiting_for: str | None = Field(
        default=None,
        description="Under waiting: `budget`, `prompt` (templates above limits), `canary` or `failures` (both for a "
        "person's go), or null for its provider.",
    )
    revision: int
    epoch: int
    size: int
    counts: JobCounts
    current_pass: PassProgress
    rate_per_second: float | None = Field(description="Records ended a second, lately; null when it is not running.")
    eta_seconds: float | None
    review_policy: ReviewPolicy
    readers: int = Field(default=1, description="People who must give a record the same value to settle it.")
    adjudicated: bool = Field(default=False, description="True: where readers differ, an admin settles the record.")
    weight: float
    budget_usd: float | None = None
    records_per_minute: float | None = Field(default=None, description="The job's own rate limit; null: none.")
    reuse: bool = Field(default=False, description="Whether it takes answers that are there already.")
    canary: JobCanary | None = Field(default=None, description="Of the current pass; null: none.")
    failure_stop: JobFailureStop | None = None
    kind: JobKind = JobKind.MODEL
    sources: list[str] = Field(default=[], description="The jobs whose annotations its labels are made of.")
    asks_model: bool = Field(default=True, description="False: all labels are made of the sources, none is asked for.")
    subset_id: str | None = Field(default=None, description="The subset that its records were taken from.")
    agent: JobAgent = Field(description="The agent that is called, or else whose labels they are.")
    created_at: datetime
    created_by: str = Field(description="The name of the person who made it.")
    created_by_id: str | None = Field(default=None, description="Id of that person.")
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(Page[Job]):
    pass


class ModelCost(View):
    """Use of one model. Tokens are as the provider counted them; cached ones are included in the prompt's."""

    provider: str
    model: str
    calls: int
    retries: int = Field(description="Calls made because the one before had failed.")
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    amount: float | None = Field(description="USD, of the tokens that have a price; null when none has.")
    unpriced_tokens: int = Field(description="Prompt and completion tokens without a known price.")

    @classmethod
    def made_of(cls, row: ModelSpend) -> Self:
        unknown = row.unpriced_tokens > 0 and row.unpriced_tokens >= row.tokens
        return cls.model_validate({**row.document(), "amount": None if unknown else row.amount})


class JobCost(View):
    """The job's cost so far: every answer that was paid, those to older attempts included."""

    currency: str = "USD"
    total: ModelCost = Field(description="All models in one; provider and model are empty.")
    by_model: list[ModelCost]
    budget_usd: float | None = Field(description="Null: none.")
    reserved_usd: float | None = Field(
        description="Reserved for outstanding requests, at the most they can cost; null without a budget."
    )

"""Models of what the API returns, typed. Fields that a newer server adds are ignored."""


# Written by `make async-client` from models.py: change that one.

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tandem_client.aio.objects.agent import AgentMethods
from tandem_client.aio.objects.dataset import DatasetMethods
from tandem_client.aio.objects.job import JobMethods
from tandem_client.aio.objects.project import ProjectMethods
from tandem_client.models import (
    CarryOverReport,
    JobAgent,
    JobCanary,
    JobCounts,
    JobFailureStop,
    PassProgress,
)
from tandem_client.reviewing import ReviewPolicy
from tandem_client.tasks import ApiModel


class Project(ProjectMethods):
    id: str
    name: str
    description: str = ""
    created_at: datetime


class Dataset(DatasetMethods):
    id: str
    project_id: str
    name: str
    fields: tuple[str, ...] = ()
    ids_made: bool | None = None
    record_count: int = 0
    created_at: datetime


class Agent(AgentMethods):
    """An immutable version of an agent: provider, model, parameters, prompt, label schema."""

    id: str
    project_id: str
    name: str
    version: int
    provider: str
    model: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    label_schema_id: str
    system_template: str = ""
    user_template: str = ""
    confidence_strategy: str = "token_probability"
    examples: tuple[dict[str, Any], ...] = ()
    drawn_examples: dict[str, Any] | None = None
    repair: bool = False
    fallback: dict[str, Any] | None = None
    fingerprint: str = ""
    created_at: datetime


class Job(JobMethods):
    id: str
    project_id: str
    dataset_id: str
    agent_id: str
    label_schema_id: str
    name: str
    state: str
    state_reason: str | None = None
    notice: str | None = None
    size: int
    counts: JobCounts
    current_pass: PassProgress | None = None
    """None from servers that are older than passes."""
    rate_per_second: float | None = None
    eta_seconds: float | None = None
    review_policy: ReviewPolicy = ReviewPolicy()
    readers: int = 1
    adjudicated: bool = False
    waiting_for: str | None = None
    """Under waiting: what the job waits for; `canary` and `failures` are ended by `go`, None is its provider."""
    weight: float = 1.0
    budget_usd: float | None = None
    records_per_minute: float | None = None
    reuse: bool = False
    canary: JobCanary | None = None
    failure_stop: JobFailureStop | None = None
    kind: str = "model"
    sources: tuple[str, ...] = ()
    agent: JobAgent
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in ("completed", "cancelled")

    @property
    def needs_go(self) -> bool:
        """Return whether the job waits until somebody says go."""
        return self.state == "waiting" and self.waiting_for in ("canary", "failures")

    @property
    def progress(self) -> float:
        """Return how much of the current pass is done, between 0 and 1; an empty job is done."""
        ended, size = self.done
        return ended / size if size else 1.0

    @property
    def done(self) -> tuple[int, int]:
        """Return how many records of the current pass have ended, and how many it has."""
        if self.current_pass is None or self.current_pass.number == 1:
            return self.counts.ended, self.size
        return self.current_pass.ended, self.current_pass.size


class CarryOver(ApiModel):
    """`job` carries over; None of a dry run."""

    report: CarryOverReport
    job: Job | None = None

    @property
    def made(self) -> Job:
        """The job. Raises ValueError for a dry run, which makes none."""
        if self.job is None:
            raise ValueError("a dry run makes no job")
        return self.job

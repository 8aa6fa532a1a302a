"""Models of what the API returns, typed. Fields that a newer server adds are ignored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tandem_client.annotations import (
    Annotation,
    AnnotationDetail,
    AttemptDetail,
    Call,
    Decision,
    Label,
    Opinions,
    Record,
    Sample,
    TaskOpinions,
)
from tandem_client.checks import CallEstimate
from tandem_client.costs import JobCost, ModelCost
from tandem_client.objects.agent import AgentMethods
from tandem_client.objects.dataset import DatasetMethods
from tandem_client.objects.job import JobMethods
from tandem_client.objects.project import ProjectMethods
from tandem_client.reviewing import ReviewPolicy
from tandem_client.tasks import AnyTask, ApiModel

__all__ = [
    "Agent",
    "Annotation",
    "AnnotationDetail",
    "AttemptDetail",
    "Call",
    "CarryOver",
    "CarryOverReport",
    "Dataset",
    "Decision",
    "Deletion",
    "ImportPreview",
    "ImportResult",
    "Job",
    "JobAgent",
    "JobCost",
    "JobCounts",
    "Label",
    "LabelSchema",
    "Message",
    "ModelCost",
    "Opinions",
    "PassProgress",
    "PreviewColumn",
    "PreviewFault",
    "PreviewedPrompt",
    "Project",
    "Provider",
    "Record",
    "Sample",
    "Segment",
    "TaskCarryOver",
    "TaskOpinions",
]


class Project(ProjectMethods):
    id: str
    name: str
    description: str = ""
    created_at: datetime


class LabelSchema(ApiModel):
    """An immutable version of a label schema."""

    id: str
    project_id: str
    name: str
    version: int
    tasks: tuple[AnyTask, ...]
    created_at: datetime


class Dataset(DatasetMethods):
    id: str
    project_id: str
    name: str
    fields: tuple[str, ...] = ()
    ids_made: bool | None = None
    record_count: int = 0
    created_at: datetime


class ImportResult(ApiModel):
    """Result of one import, which takes in all of the file or nothing of it."""

    import_id: str
    records: int
    skipped: int = 0
    same_content: int = 0
    duplicates: int = 0
    changed: int = 0
    """Rows among the skipped that say something else than the record of their id, which stays as it is."""
    skipped_ids: tuple[str, ...] = ()
    id_column: str | None = None
    """Column that the records' ids come from; None when they were made of the content."""
    made_ids: tuple[str, ...] = ()
    """The first twenty of the ids that were made."""
    repeated: int = 0
    """Rows equal to an earlier one of the file, whose made ids end with their number."""
    delimiter: str | None = None
    file_format: str | None = None
    """Format of the file, by its content."""
    packing: str | None = None
    empty: int = 0
    """Rows without text that were left out."""
    left_out: tuple[str, ...] = ()
    """Columns that no part of the records comes from."""
    gold: dict[str, str] = Field(default_factory=dict)
    """Task to the column that its gold values came from."""
    tool: str | None = None
    """The annotation tool that wrote the file."""
    opinions: int = 0
    disagreed: int = 0
    """Records without gold because that tool's annotators said different things."""


class Deletion(ApiModel):
    """Counts of a deletion: what it takes, or took."""

    id: str | None = None
    """None: a plan, nothing was deleted."""
    kind: str
    target_id: str
    name: str
    counts: dict[str, int]
    """Collection to documents that go; of a person, also that are changed."""
    confirm: str | None = None
    """Text to repeat in order to delete."""
    stays: tuple[str, ...] = ()
    """Copies that are kept elsewhere, and until when."""
    done: bool
    asked_at: datetime | None = None
    done_at: datetime | None = None


class PreviewColumn(ApiModel):
    """A column of a file, and what an import would make of it."""

    name: str
    kind: str
    filled: int
    examples: tuple[Any, ...] = ()
    use: str
    """id, text, gold, metadata or left out."""


class PreviewFault(ApiModel):
    """A row that an import would refuse."""

    row: int | None = None
    column: str | None = None
    type: str
    detail: str
    cure: str = ""


class ImportPreview(ApiModel):
    """Preview of an import by the first rows of its file."""

    file_format: str
    packing: str | None = None
    delimiter: str | None = None
    tool: str | None = None
    rows_seen: int
    is_whole: bool
    columns: tuple[PreviewColumn, ...]
    id_column: str | None = None
    text_columns: dict[str, str]
    gold: dict[str, str]
    left_out: tuple[str, ...] = ()
    records: tuple[dict[str, Any], ...] = ()
    faults: tuple[PreviewFault, ...] = ()
    fault_count: int = 0


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


class Segment(ApiModel):
    """A stretch of a message; `source` is template, record, label_schema or example."""

    text: str
    source: str


class Message(ApiModel):
    role: str
    content: str
    segments: tuple[Segment, ...] = ()


class PreviewedPrompt(ApiModel):
    """The messages that an agent would send for one record, and what the call would take."""

    record_id: str
    messages: tuple[Message, ...]
    estimate: CallEstimate | None = None


class JobCounts(ApiModel):
    """labeled + invalid + failed + not_run = size of the job, always.

    `needs_review` wait for a person; `reviewed` were sent to one and are decided.
    """

    labeled: int = 0
    invalid: int = 0
    failed: int = 0
    not_run: int = 0
    needs_review: int = 0
    reviewed: int = 0

    @property
    def ended(self) -> int:
        return self.labeled + self.invalid + self.failed


class PassProgress(ApiModel):
    """The pass that a job is in, or ended with; pass 1 is the first run."""

    number: int = 1
    size: int
    ended: int


class JobAgent(ApiModel):
    name: str
    version: int
    provider: str
    model: str


class JobCanary(ApiModel):
    """First records of the current pass: the rest is asked for once `passed`."""

    records: int
    most_unlabeled: float | None = None
    passed: bool = False


class JobFailureStop(ApiModel):
    """The job waits when more than `share` of the `of_last` records that ended last have no label."""

    share: float
    of_last: int


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


class TaskCarryOver(ApiModel):
    """Result for one task's values, in records; labels that have no new one, and labels that are new."""

    carried: int = 0
    labels: dict[str, dict[str, int]] = Field(default_factory=dict)
    not_carried: dict[str, int] = Field(default_factory=dict)
    labels_not_carried: dict[str, int] = Field(default_factory=dict)
    new_labels: tuple[str, ...] = ()


class CarryOverReport(ApiModel):
    """carried + not_carried = records."""

    records: int
    carried: int
    verified: int = 0
    not_carried: int
    tasks: dict[str, TaskCarryOver] = Field(default_factory=dict)
    dropped_tasks: tuple[str, ...] = ()


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


class Provider(ApiModel):
    """A model provider that the operators configured."""

    name: str
    models: tuple[str, ...] = ()
    default_model: str | None = None

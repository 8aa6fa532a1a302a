"""Models of what the API returns, typed. Fields that a newer server adds are ignored."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from tandem_client.checks import CallEstimate
from tandem_client.objects.agent import AgentMethods
from tandem_client.objects.dataset import DatasetMethods
from tandem_client.objects.job import JobMethods
from tandem_client.objects.project import ProjectMethods
from tandem_client.reviewing import ReviewCause, ReviewPolicy
from tandem_client.tasks import AnyTask, ApiModel, Value


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
    """What one import took in: all of the file or nothing of it."""

    import_id: str
    records: int
    skipped: int = 0
    same_content: int = 0
    duplicates: int = 0
    changed: int = 0
    """Of the skipped: rows that say something else than the record of their id, which stays as it is."""
    skipped_ids: tuple[str, ...] = ()
    id_column: str | None = None
    """Where the records' ids come from; None when they were made of the content."""
    made_ids: tuple[str, ...] = ()
    """The first twenty of the ids that were made."""
    repeated: int = 0
    """Rows equal to an earlier one of the file, whose made ids end with their number."""
    delimiter: str | None = None
    file_format: str | None = None
    """What the file was, by its content."""
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
    """What a deletion takes, or took."""

    id: str | None = None
    """None: a plan, nothing was deleted."""
    kind: str
    target_id: str
    name: str
    counts: dict[str, int]
    """Collection to documents that go; of a person, also that are changed."""
    confirm: str | None = None
    """What to repeat in order to delete."""
    stays: tuple[str, ...] = ()
    """What is kept elsewhere, and until when."""
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
    """What an import would make of a file, by its first rows."""

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
    """What became of one task's values, in records; labels that have no new one, and labels that are new."""

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


class ModelCost(ApiModel):
    """What was used of one model; `amount` in USD, None where no token has a known price."""

    provider: str = ""
    model: str = ""
    calls: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    amount: float | None = None
    unpriced_tokens: int = 0


class JobCost(ApiModel):
    """What a job has cost so far, every paid answer included."""

    currency: str = "USD"
    total: ModelCost
    by_model: tuple[ModelCost, ...] = ()


class Label(ApiModel):
    task: str
    value: Value
    confidence: float | None = None
    confidence_method: str | None = None
    confidence_missing_reason: str | None = None
    probabilities: dict[str, float] | None = None
    span_confidences: tuple[float | None, ...] | None = None
    margin: float | None = None
    entropy: float | None = None
    rule: str = ""


class Annotation(ApiModel):
    """How one record ended in a job."""

    seq: int
    record_id: str
    attempt: int = 1
    outcome: Literal["labeled", "invalid", "failed"]
    reason: str | None = None
    labels: tuple[Label, ...] = ()
    detail: str | None = None
    needs_review: bool = False
    review_reason: str | None = None
    review_causes: tuple[ReviewCause, ...] = ()
    provider: str = ""
    model: str = ""
    created_at: datetime | None = None


class Record(ApiModel):
    seq: int
    record_id: str
    fields: dict[str, str]
    metadata: dict[str, Any] = Field(default_factory=dict)
    gold: dict[str, Any] | None = None


class Sample(ApiModel):
    """What one of several answers said; `reason`: why not all of it could be read."""

    values: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None
    detail: str | None = None
    left_out: bool = False


class Call(ApiModel):
    """One call of a model; `error` is None where an answer came."""

    started_at: datetime
    seconds: float
    status: int | None = None
    error: str | None = None
    provider: str = ""
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class TaskOpinions(ApiModel):
    """What people's opinions on one task come to: `state` is open, settled or disputed; `why` says by what."""

    state: str
    why: str
    by: tuple[str, ...] = ()


class Opinions(ApiModel):
    """What people's opinions on a record come to. `number`: opinions that stand, one a person."""

    number: int
    state: str
    people: tuple[str, ...] = ()
    settled_by: tuple[str, ...] = ()
    tasks: dict[str, TaskOpinions] = Field(default_factory=dict)


class Decision(ApiModel):
    """One revision of a person's opinion: `kind` is confirmed, corrected or undone, and then there are no values."""

    revision: int
    kind: str
    values: dict[str, Any] | None = None
    shown_attempt: int = 1
    shown_values: dict[str, Any] = Field(default_factory=dict)
    shown: bool = True
    blind: bool = False
    outranks: bool = False
    active_seconds: float | None = None
    idle_seconds: float | None = None
    comment: str | None = None
    flags: tuple[str, ...] = ()
    decided_by: str
    decided_by_id: str | None = None
    decided_at: datetime


class AttemptDetail(Annotation):
    """What one attempt gave, and how it came to it."""

    seq: int = -1
    record_id: str = ""
    raw: str | None = None
    usage: dict[str, Any] | None = None
    price: dict[str, Any] | None = None
    seconds: float | None = None
    fallback_used: bool = False
    repaired: bool = False
    sources: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    calls: tuple[Call, ...] = ()


class AnnotationDetail(AttemptDetail):
    """One record of a job with all that is known of it: the current attempt, older ones, what people decided."""

    record: Record | None = None
    verification: dict[str, Any] | None = None
    opinions: Opinions | None = None
    blind: bool = False
    history: tuple[AttemptDetail, ...] = ()
    paid: tuple[ModelCost, ...] = ()
    decisions: tuple[Decision, ...] = ()


class Provider(ApiModel):
    """A model provider that the operators configured."""

    name: str
    models: tuple[str, ...] = ()
    default_model: str | None = None

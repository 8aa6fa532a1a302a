"""Quality of labels: reports of jobs and comparisons of agents. What does not concern a kind of task is None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from tandem_client.charts import ChartKind, chart_of
from tandem_client.models import Job, JobAgent, JobCost, JobCounts
from tandem_client.tasks import ApiModel

if TYPE_CHECKING:
    import altair as alt


class Latency(ApiModel):
    """Seconds from the first call for a record to its answer."""

    count: int = 0
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None


class LabelQuality(ApiModel):
    """Precision, recall and F1 of one label; between two agents, how far they agree on it."""

    label: str
    precision: float
    recall: float
    f1: float
    wanted: int
    given: int


class ConfusionMatrix(ApiModel):
    """Sparse. Cells: index of the true (or first agent's) label, of the given (or second agent's) one, records."""

    labels: tuple[str, ...] = ()
    cells: tuple[tuple[int, int, int], ...] = ()

    def table(self) -> dict[str, dict[str, int]]:
        """Return the counts as a mapping: true label to given label to number of records."""
        found: dict[str, dict[str, int]] = {}
        for truth, given, count in self.cells:
            found.setdefault(self.labels[truth], {})[self.labels[given]] = count
        return found


class ReliabilityBin(ApiModel):
    lower: float
    upper: float
    count: int
    confidence: float | None = None
    accuracy: float | None = None


class Reliability(ApiModel):
    """`error`: expected calibration error."""

    bins: tuple[ReliabilityBin, ...] = ()
    count: int = 0
    error: float | None = None


class Evaluation(ApiModel):
    """Labels against values known to be right; shares are of the `compared` records, which have a label."""

    known: int
    compared: int
    right: int
    accuracy: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    macro_f1: float | None = None
    micro_f1: float | None = None
    kappa: float | None = None
    ac1: float | None = None
    largest_share: float | None = None
    labels: tuple[LabelQuality, ...] = ()
    confusion: ConfusionMatrix | None = None
    mean_jaccard: float | None = None
    overlap_f1: float | None = None
    mean_error: float | None = None
    mean_absolute_error: float | None = None
    root_mean_squared_error: float | None = None
    within_step: float | None = None
    accuracy_normalized: float | None = None
    reliability: Reliability = Reliability()


class LabelCount(ApiModel):
    label: str
    count: int


class ConfidenceSpread(ApiModel):
    """`histogram`: labels with a confidence in [0, 0.1), ..., [0.9, 1]."""

    histogram: tuple[int, ...] = ()
    with_confidence: int = 0
    without_confidence: int = 0
    mean: float | None = None
    warnings: tuple[str, ...] = ()
    """Why it should not choose what people review, and what to do."""


class ConfidenceCorrection(ApiModel):
    """Confidence corrected by `decisions` that people took blind: log-odds of being wrong = intercept + slope · x + the
    label's own. `before` and `after`: reliability over these decisions, each judged by a fit that did not see it."""

    score: str
    intercept: float
    slope: float
    labels: dict[str, float] = Field(default_factory=dict)
    decisions: int
    wrong: int
    losses: dict[str, float] = Field(default_factory=dict)
    before: Reliability = Reliability()
    after: Reliability = Reliability()


class Anchored(ApiModel):
    """How often labels were kept that people saw, and that they did not see; `person_id` None: all readers."""

    person_id: str | None = None
    name: str | None = None
    shown: int = 0
    shown_kept: int = 0
    blind: int = 0
    blind_kept: int = 0
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None


class Anchoring(ApiModel):
    """What seeing the label does to a decision; `enough`: 250 decisions or more in each arm."""

    overall: Anchored
    readers: tuple[Anchored, ...] = ()
    enough: bool = False


class TaskReport(ApiModel):
    task: str
    kind: str
    labeled: int
    labels: tuple[LabelCount, ...] = ()
    per_record: tuple[dict[str, int], ...] = ()
    number: dict[str, Any] | None = None
    text: dict[str, Any] | None = None
    confidence: ConfidenceSpread = ConfidenceSpread()
    gold: Evaluation | None = None
    verified: Evaluation | None = None
    correction: ConfidenceCorrection | None = None
    anchoring: Anchoring | None = None
    verified_shown: int = 0


class InvalidAnswer(ApiModel):
    reason: str
    answer: str
    count: int
    seq: int


class ReviewCount(ApiModel):
    """Records that a person should see because of a task; `task` is None where the whole record is why."""

    task: str | None = None
    reason: str
    records: int


class JobReport(ApiModel):
    """Report of a job. `share` below 1: that part of it is in the report so far."""

    job_id: str
    state: str
    share: float = 1.0
    final: bool = False
    counts: JobCounts
    review: tuple[ReviewCount, ...] = ()
    verified: int = 0
    run_again: int = 0
    labels: dict[str, dict[str, int]] = Field(default_factory=dict)
    rules: dict[str, int] = Field(default_factory=dict)
    reasons: dict[str, int] = Field(default_factory=dict)
    invalid: dict[str, int] = Field(default_factory=dict)
    failed: dict[str, int] = Field(default_factory=dict)
    invalid_answers: tuple[InvalidAnswer, ...] = ()
    accuracy: float | None = None
    gold_compared: int = 0
    confidence_histogram: tuple[int, ...] = ()
    without_confidence: int = 0
    no_confidence: str | None = None
    tasks: tuple[TaskReport, ...] = ()
    seconds: Latency = Latency()
    records_per_second: float | None = None
    cost: JobCost

    def task(self, name: str) -> TaskReport:
        return next(task for task in self.tasks if task.task == name)

    def chart(self, kind: ChartKind, *, task: str | None = None) -> alt.Chart | alt.LayerChart:
        """Return an Altair chart: outcomes, labels, confidence, reliability or confusion, of the first task or `task`.

        Raises TandemError where there is nothing to draw, e.g. no label is known to be right.
        """
        return chart_of(self, kind, task=task)


class ComparedJob(ApiModel):
    job_id: str
    name: str
    state: str
    agent: JobAgent
    outcomes: dict[str, int] = Field(default_factory=dict)
    seconds: Latency = Latency()
    cost: JobCost
    usd_per_1000: float | None = None


class AgentOnTask(ApiModel):
    """Evaluations are over the records to which every agent gave a label."""

    job_id: str
    labeled: int
    mean_confidence: float | None = None
    gold: Evaluation | None = None
    verified: Evaluation | None = None


class Contest(ApiModel):
    """Two agents against values known to be right; `difference` is the first's share less the second's."""

    compared: int
    both_right: int
    first_alone: int
    second_alone: int
    neither: int
    difference: float
    difference_low: float
    difference_high: float
    p_value: float | None = None
    shown_first: int = 0
    shown_second: int = 0
    warning: str | None = None


class Pair(ApiModel):
    first: str
    second: str
    compared: int
    same: int
    agreement: float | None = None
    kappa: float | None = None
    ac1: float | None = None
    largest_share: float | None = None
    confusion: ConfusionMatrix | None = None
    labels: tuple[LabelQuality, ...] = ()
    f1: float | None = None
    mean_jaccard: float | None = None
    overlap_f1: float | None = None
    mean_difference: float | None = None
    mean_absolute_difference: float | None = None
    gold: Contest | None = None
    verified: Contest | None = None


class ComparedTask(ApiModel):
    task: str
    kind: str
    compared: int
    by_all: int
    unanimous: int
    agreement: float | None = None
    differing: int
    alpha: float | None = None
    alpha_distance: str = ""
    agents: tuple[AgentOnTask, ...] = ()
    pairs: tuple[Pair, ...] = ()


class Comparison(ApiModel):
    """Two or more agents over the same records. `share` below 1: so much of it is in the comparison so far."""

    share: float = 1.0
    records: int
    verified_differently: int = 0
    jobs: tuple[ComparedJob, ...] = ()
    tasks: tuple[ComparedTask, ...] = ()
    skipped_tasks: dict[str, str] = Field(default_factory=dict)


class Said(ApiModel):
    job_id: str
    outcome: str | None = None
    value: Any = None
    confidence: float | None = None


class Difference(ApiModel):
    """A record where agents differ."""

    seq: int
    record_id: str
    excerpt: str | None = None
    usefulness: float
    said: tuple[Said, ...] = ()
    gold: Any = None
    verified: Any = None


class EstimatedAgent(ApiModel):
    job_id: str
    task: str
    accuracy: float


class Combination(ApiModel):
    """The job whose labels are combined, and what was estimated of the agents."""

    job: Job
    estimated: tuple[EstimatedAgent, ...] = ()
    sampled: int = 0

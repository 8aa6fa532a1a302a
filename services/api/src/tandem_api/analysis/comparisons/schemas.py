"""Comparisons on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from tandem.events import JobState, LabelValue, Outcome
from tandem_api.analysis.reports.measures import ConfusionMatrix, Evaluation, LabelQuality, Latency
from tandem_api.paging import Page
from tandem_api.resources.jobs.schemas import JobAgent, JobCost
from tandem_api.views import View


class ComparedJob(View):
    """One of the compared jobs. Its cost is that of the whole job; the rest covers only the records that are
    compared."""

    job_id: str
    name: str
    state: JobState
    agent: JobAgent
    outcomes: dict[Outcome, int]
    seconds: Latency
    cost: JobCost
    usd_per_1000: float | None = Field(description="Price of a thousand records of the job; null when unknown.")


class AgentOnTask(View):
    """One agent's labels of a task. Evaluations are over the records to which every agent gave a label."""

    job_id: str
    labeled: int
    mean_confidence: float | None
    with_confidence: int
    gold: Evaluation | None
    verified: Evaluation | None = Field(
        description="Against what people decided in any of the jobs. Where a review policy chose the records, they are "
        "no sample of all."
    )


class Contest(View):
    """Two agents against values known to be right, over the records to which both gave a label."""

    compared: int
    both_right: int
    first_alone: int
    second_alone: int
    neither: int
    difference: float = Field(description="Share that the first has right less that of the second.")
    difference_low: float = Field(description="Lower end of its 95 % interval (Agresti and Min).")
    difference_high: float
    p_value: float | None = Field(
        description="McNemar's test that both are right equally often; null when they are right on the same records, "
        "and where people saw the labels of one of the agents."
    )
    shown_first: int = Field(
        default=0, description="Records whose person saw the label of the first agent before deciding."
    )
    shown_second: int = Field(default=0, description="The same of the second agent.")
    warning: str | None = Field(
        default=None, description="Why the difference says less than it seems to; null where nothing speaks against it."
    )


class Pair(View):
    """Two agents, over the records to which both gave a label; what does not concern the kind of task is null."""

    first: str = Field(description="Job id.")
    second: str
    compared: int
    same: int
    agreement: float | None = Field(description="Share that is the same.")
    kappa: float | None = Field(description="Cohen's, single choice; null when chance alone agrees.")
    ac1: float | None = Field(
        default=None, description="Gwet's, single choice; read it in place of kappa where one label dominates."
    )
    largest_share: float | None = Field(
        default=None, description="Share of the most frequent label, of both agents together; single choice."
    )
    confusion: ConfusionMatrix | None = Field(description="Single choice: first agent's label, second's, records.")
    labels: list[LabelQuality] = Field(
        description="Choices and spans, label by label: `f1` is the agreement on it, `wanted` and `given` how often "
        "the first and the second gave it."
    )
    f1: float | None = Field(description="Multiple choices and spans: of equal labels or spans, all in one.")
    mean_jaccard: float | None = Field(description="Multiple choices and spans.")
    overlap_f1: float | None = Field(description="Spans that share a character and have the same label.")
    mean_difference: float | None = Field(description="Numbers: second less first.")
    mean_absolute_difference: float | None
    gold: Contest | None
    verified: Contest | None


class ComparedTask(View):
    task: str
    kind: str
    compared: int = Field(description="Records with a label of at least two agents.")
    by_all: int = Field(description="Records with a label of every agent.")
    unanimous: int = Field(description="The part of these where all labels are the same.")
    agreement: float | None = Field(description="Share of the records with a label of every agent that is unanimous.")
    differing: int = Field(description="Records where two agents gave different labels.")
    alpha: float | None = Field(description="Krippendorff's, over all agents; null when all labels are the same.")
    alpha_distance: str = Field(description="nominal, interval (numbers), masi (multiple choice) or jaccard (spans).")
    agents: list[AgentOnTask]
    pairs: list[Pair]


class Comparison(View):
    dataset_id: str
    made_at: datetime
    share: float = Field(description="Share of the blocks of records compared so far; below 1, ask again.")
    records: int = Field(description="That ended in at least one of the jobs and are in the selection of all.")
    verified_differently: int = Field(
        description="Values on which people decided differently in different jobs; the latest decision counts."
    )
    jobs: list[ComparedJob]
    tasks: list[ComparedTask]
    skipped_tasks: dict[str, str] = Field(description="Task to why it cannot be compared.")


class Order(StrEnum):
    USEFULNESS = "usefulness"
    """Confident labels that contradict each other first; only the first thousand."""
    SEQ = "seq"


class Said(View):
    """The labels that one agent gave the record."""

    job_id: str
    outcome: Outcome | None = Field(description="Null: it was not run.")
    value: LabelValue | None
    confidence: float | None


class Difference(View):
    """A record where agents differ."""

    seq: int
    record_id: str
    excerpt: str | None = Field(description="Beginning of the record.")
    usefulness: float = Field(description="The lowest confidence of the labels; 0.5 stands for one that is unknown.")
    said: list[Said]
    gold: LabelValue | None
    verified: LabelValue | None


class DifferencePage(Page[Difference]):
    """A page of differences. It may hold fewer than requested, or none, although more follow."""

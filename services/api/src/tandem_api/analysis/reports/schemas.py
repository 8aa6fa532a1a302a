"""Reports on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem.events import JobState, ReviewReason
from tandem_api.analysis.reports.measures import Evaluation, Latency, Reliability
from tandem_api.resources.jobs.schemas import JobCost, JobCounts
from tandem_api.views import View


class LabelCount(View):
    label: str
    count: int


class RecordsWith(View):
    """The number of records that have a given number of labels or spans."""

    number: int = Field(description="20 stands for 20 and more.")
    records: int


class HistogramBin(View):
    """Numbers in [lower, upper); the last bin holds its upper bound too."""

    lower: float
    upper: float
    count: int


class NumberSpread(View):
    mean: float
    standard_deviation: float
    smallest: float
    largest: float
    histogram: list[HistogramBin] = Field(
        description="Over the task's range; a bin a step where there are at most 50, round each value of the grid."
    )


class TextCount(View):
    text: str
    count: int
    seq: int = Field(description="A record that has it.")


class TextSpread(View):
    distinct: int
    distinct_is_exact: bool = Field(description="Beyond about a thousand it is estimated, within a few percent.")
    mean_length: float = Field(description="Characters.")
    top: list[TextCount] = Field(description="The most frequent.")
    top_is_exact: bool = Field(description="False: there are so many different ones that the counts may be too low.")


class ConfidenceSpread(View):
    histogram: list[int] = Field(description="Labels with a confidence in [0, 0.1), ..., [0.9, 1].")
    with_confidence: int
    without_confidence: int
    mean: float | None
    warnings: list[str] = Field(
        default=[],
        description="Why this confidence should not choose what people review, and what to do; empty when nothing "
        "speaks against it.",
    )


class ConfidenceCorrection(View):
    """Confidence corrected by blind decisions: the probability of being wrong has the log-odds intercept + slope · x +
    the label's own, x being the log-odds of being wrong by the score. A campaign `expected_error` uses it."""

    score: str = Field(description="confidence, margin or entropy: the one that foretells decisions best.")
    intercept: float
    slope: float
    labels: dict[str, float] = Field(description="By label; that of all others is under `*`.")
    decisions: int = Field(description="Blind decisions that it rests on.")
    wrong: int = Field(description="The part of them that was not the label.")
    losses: dict[str, float] = Field(
        description="Mean log loss of each candidate on decisions that its fit did not see; `as stated`: uncorrected."
    )
    before: Reliability
    after: Reliability = Field(description="Each decision judged by a fit that did not see it.")


class Anchored(View):
    """How often labels were kept that people saw before they decided, and that they did not see."""

    person_id: str | None = Field(default=None, description="Null: all readers together.")
    name: str | None = None
    shown: int
    shown_kept: int
    blind: int
    blind_kept: int
    difference: float | None = Field(description="Share kept when shown less share kept blind; null without both.")
    difference_low: float | None = Field(description="Lower end of its 95 % interval (Newcombe).")
    difference_high: float | None


class Anchoring(View):
    """What seeing the label does to a decision, measured on campaigns that draw who sees it (a blind share)."""

    overall: Anchored
    readers: list[Anchored] = Field(description="Whoever decided most first.")
    enough: bool = Field(description="250 decisions or more in each arm: the blind share may end.")


class TaskReport(View):
    task: str
    kind: str
    labeled: int = Field(description="Records with a value of the task.")
    labels: list[LabelCount] = Field(
        description="Choices and spans: how often each label was given, in the order of the task's labels."
    )
    per_record: list[RecordsWith] = Field(description="Multiple choices and spans.")
    number: NumberSpread | None
    text: TextSpread | None
    confidence: ConfidenceSpread
    gold: Evaluation | None = Field(description="Against the values that came with the records; null without any.")
    verified: Evaluation | None = Field(
        description="Against what people decided; null without any. Where the review policy chose the records, they "
        "are harder than the rest: no sample of all."
    )
    correction: ConfidenceCorrection | None = Field(
        default=None,
        description="Null with fewer than 50 blind decisions, or 5 right and 5 wrong labels among them. Decisions of "
        "people who saw the label are not used.",
    )
    anchoring: Anchoring | None = Field(
        default=None, description="Null where no campaign has both shown and blind decisions."
    )
    verified_shown: int = Field(
        default=0,
        description="Of the decided records, those whose person saw the model's label first. Whoever sees a label "
        "tends to keep it, so `verified` says at most how often the model is right.",
    )


class ReviewCount(View):
    """Records that a person should see because of a task."""

    task: str | None = Field(description="Null: the whole record is why, not one of its tasks.")
    reason: ReviewReason
    records: int


class InvalidAnswer(View):
    """Answers that no label could be read from, equal up to case, white space and unicode form."""

    reason: str
    answer: str = Field(description="Its beginning, normalized.")
    count: int
    seq: int = Field(description="A record that has it.")


class JobReport(View):
    job_id: str
    state: JobState
    made_at: datetime
    share: float = Field(description="Share of the job's blocks of records summed so far; below 1, ask again.")
    final: bool = Field(description="The job is over and everything is in.")
    counts: JobCounts
    review: list[ReviewCount] = Field(
        description="Why records go to people, by task and reason, the most frequent first. A record may be in several."
    )
    verified: int = Field(description="Records that a person decided on.")
    run_again: int = Field(description="Records whose current attempt is not the first.")
    labels: dict[str, dict[str, int]] = Field(description="Choices and spans: task to label to count.")
    rules: dict[str, int] = Field(description="Extraction rules under labeled.")
    reasons: dict[str, int] = Field(description="Reasons under invalid and failed together.")
    invalid: dict[str, int] = Field(description="Why no label could be read.")
    failed: dict[str, int] = Field(description="Kinds of error.")
    invalid_answers: list[InvalidAnswer] = Field(description="The most frequent.")
    invalid_answers_exact: bool = Field(description="False: counts may be lower than they are.")
    accuracy: float | None = Field(description="Share of gold values that the model met, all tasks; null without gold.")
    gold_compared: int = Field(description="Labels compared with a gold value.")
    confidence_histogram: list[int] = Field(description="All tasks: labels in [0, 0.1), ..., [0.9, 1].")
    without_confidence: int
    no_confidence: str | None = Field(
        default=None, description="Why labels that could have a confidence have none, and how many; null where all do."
    )
    tasks: list[TaskReport]
    seconds: Latency
    first_ended_at: datetime | None
    last_ended_at: datetime | None
    records_per_second: float | None = Field(description="Over the run, from its start to the last record.")
    cost: JobCost = Field(description="Tokens, calls, retries and price, by model; older attempts included.")

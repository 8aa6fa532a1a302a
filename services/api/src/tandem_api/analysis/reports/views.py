"""Reports built from a job's sums. Pure."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import assert_never

from tandem.events import ConfidenceStrategy, JobState, LabelSchemaSpec, NumberTask, ReviewReason, TextTask, options_of
from tandem.events.schema import LabelTask, MultipleChoiceTask, SingleChoiceTask, SpanTask
from tandem.quality.corrected import Corrected, correct
from tandem.quality.spread import Spread, number_bins
from tandem.quality.summary import JobSummary, TaskSummary
from tandem.store.jobs.documents import JobDocument
from tandem_api.analysis.reports.anchoring import anchoring_of
from tandem_api.analysis.reports.confidence_warnings import confidence_warnings
from tandem_api.analysis.reports.measures import Evaluation, Latency, Reliability, share
from tandem_api.analysis.reports.schemas import (
    ConfidenceCorrection,
    ConfidenceSpread,
    HistogramBin,
    InvalidAnswer,
    JobReport,
    LabelCount,
    NumberSpread,
    RecordsWith,
    ReviewCount,
    TaskReport,
    TextCount,
    TextSpread,
)
from tandem_api.resources.jobs.schemas import JobCost, JobCounts

MOST_ANSWERS = 10
MOST_TEXTS = 20


def report_of(job: JobDocument, sums: JobSummary, cost: JobCost, *, share_made: float, now: datetime) -> JobReport:
    schema = LabelSchemaSpec.model_validate(job["published"]["label_schema"])
    state = JobState(job["state"])
    counts = _counts(job, sums)
    stated = (job["published"].get("agent") or {}).get("confidence_strategy") == ConfidenceStrategy.STATED
    tasks = [_task_report(task, sums.tasks.get(task.name, TaskSummary()), stated=stated) for task in schema.tasks]
    gold = [scores.gold for scores in sums.tasks.values()]
    compared = sum(scores.compared for scores in gold)
    first, last = _moment(sums.ended_at.low), _moment(sums.ended_at.high)
    return JobReport(
        job_id=job["_id"],
        state=state,
        made_at=now,
        share=share_made,
        final=not state.is_live and share_made == 1,
        counts=counts,
        review=_review(sums),
        verified=sums.verified,
        run_again=sums.run_again,
        labels={each.task: {label.label: label.count for label in each.labels if label.count} for each in tasks},
        rules=_frequent_first(sums.rules),
        reasons=_frequent_first(sums.invalid + sums.failed),
        invalid=_frequent_first(sums.invalid),
        failed=_frequent_first(sums.failed),
        invalid_answers=_invalid_answers(sums),
        invalid_answers_exact=sums.invalid_answers.dropped == 0,
        accuracy=share(sum(scores.right for scores in gold), compared),
        gold_compared=compared,
        confidence_histogram=[sum(bins) for bins in zip(*(each.confidence.histogram for each in tasks), strict=True)],
        without_confidence=sum(each.confidence.without_confidence for each in tasks),
        no_confidence=_no_confidence(job, tasks),
        tasks=tasks,
        seconds=Latency.made_of(sums.seconds),
        first_ended_at=first,
        last_ended_at=last,
        records_per_second=_rate(job, counts.labeled + counts.invalid + counts.failed, last),
        cost=cost,
    )


def _no_confidence(job: JobDocument, tasks: list[TaskReport]) -> str | None:
    """Say why labels have no confidence: the provider was reported to refuse it, else no answer brought any."""
    measured = [task.confidence for task in tasks if task.kind != "text"]  # of texts there is none in any case
    without = sum(spread.without_confidence for spread in measured)
    if not without:
        return None
    counted = f"No confidence for {without:,} label{'' if without == 1 else 's'}"
    if (refused := job["dispatch"]["without_confidence"]) is not None:
        return f"{counted}. {refused}"
    agent = job["published"].get("agent")
    if agent is None:
        return None
    strategy = agent.get("confidence_strategy", ConfidenceStrategy.TOKEN_PROBABILITY)
    asked = job["asks_model"] and strategy == ConfidenceStrategy.TOKEN_PROBABILITY
    if not asked or any(spread.with_confidence for spread in measured):
        return None
    return (
        f"{counted}: the answers of {agent['provider']}/{agent['model']} brought no log-probabilities that could be "
        "read. Choose the confidence strategy `stated`, or `agreement` with several samples."
    )


def _counts(job: JobDocument, sums: JobSummary) -> JobCounts:
    labeled, invalid, failed = (sums.outcomes[outcome] for outcome in ("labeled", "invalid", "failed"))
    return JobCounts(
        labeled=labeled,
        invalid=invalid,
        failed=failed,
        not_run=job["selection"]["size"] - labeled - invalid - failed,
        needs_review=sums.needs_review - sums.reviewed,
        reviewed=sums.reviewed,
    )


def _review(sums: JobSummary) -> list[ReviewCount]:
    found = []
    for key, records in _frequent_first(sums.review).items():
        task, _, reason = key.rpartition("\n")
        found.append(ReviewCount(task=task or None, reason=ReviewReason(reason), records=records))
    return found


def _rate(job: JobDocument, ended: int, last: datetime | None) -> float | None:
    start = job["started_at"]
    seconds = (last - start).total_seconds() if last is not None and start is not None else 0.0
    return ended / seconds if seconds > 0 else None


def _invalid_answers(sums: JobSummary) -> list[InvalidAnswer]:
    found = []
    for key, count, seq in sums.invalid_answers.most(MOST_ANSWERS):
        reason, _, answer = key.partition("\n")
        found.append(InvalidAnswer(reason=reason, answer=answer, count=count, seq=seq))
    return found


def _task_report(task: LabelTask, sums: TaskSummary, *, stated: bool) -> TaskReport:
    spread = sums.spread
    labels = dict.fromkeys((option.value for option in options_of(task)), 0) | spread.labels
    return TaskReport(
        task=task.name,
        kind=task.kind,
        labeled=spread.count,
        labels=[LabelCount(label=label, count=count) for label, count in labels.items()],
        per_record=[RecordsWith(number=number, records=n) for number, n in sorted(spread.per_record.items())],
        number=_numbers(task, spread),
        text=_texts(spread) if task.traits.is_free_text else None,
        confidence=ConfidenceSpread(
            histogram=spread.confidence_histogram,
            with_confidence=spread.with_confidence,
            without_confidence=spread.without_confidence,
            mean=spread.confidence / spread.with_confidence if spread.with_confidence else None,
            warnings=confidence_warnings(
                sums.gold.reliability, sums.verified.reliability, spread.confidence_histogram, stated=stated
            ),
        ),
        gold=Evaluation.made_of(task, sums.gold),
        verified=Evaluation.made_of(task, sums.verified),
        correction=_correction(correct(sums.blind)),
        anchoring=anchoring_of(sums.arms),
        verified_shown=sums.shown,
    )


def _correction(found: Corrected | None) -> ConfidenceCorrection | None:
    if found is None:
        return None
    return ConfidenceCorrection(
        score=found.correction.score,
        intercept=found.correction.intercept,
        slope=found.correction.slope,
        labels=dict(found.correction.labels),
        decisions=found.decisions,
        wrong=found.wrong,
        losses=dict(found.losses),
        before=Reliability.made_of(found.before),
        after=Reliability.made_of(found.after),
    )


def _numbers(task: LabelTask, spread: Spread) -> NumberSpread | None:
    match task:
        case NumberTask():
            return _number_spread(task, spread)
        case SingleChoiceTask() | MultipleChoiceTask() | SpanTask() | TextTask():
            return None
        case _:
            assert_never(task)


def _number_spread(task: NumberTask, spread: Spread) -> NumberSpread | None:
    if spread.extent.low is None or spread.extent.high is None:
        return None
    mean = spread.total / spread.count
    return NumberSpread(
        mean=mean,
        standard_deviation=math.sqrt(max(0.0, spread.squares / spread.count - mean * mean)),
        smallest=spread.extent.low,
        largest=spread.extent.high,
        histogram=[
            HistogramBin(lower=lower, upper=upper, count=spread.bins[index])
            for index, (lower, upper) in enumerate(number_bins(task))
        ],
    )


def _texts(spread: Spread) -> TextSpread | None:
    if not spread.count:
        return None
    return TextSpread(
        distinct=spread.distinct.count(),
        distinct_is_exact=spread.distinct.is_exact,
        mean_length=spread.total / spread.count,
        top=[TextCount(text=text, count=count, seq=seq) for text, count, seq in spread.texts.most(MOST_TEXTS)],
        top_is_exact=spread.texts.dropped == 0,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _frequent_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

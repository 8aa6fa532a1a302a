"""From sums to the report that a caller gets, for every kind of task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tandem.events import LabelSchemaSpec
from tandem.quality.summary import summarize
from tandem.store.jobs.documents import job_of
from tandem_api.analysis.reports.schemas import JobReport, TaskReport
from tandem_api.analysis.reports.views import report_of
from tandem_api.resources.jobs.schemas import JobCost, ModelCost

START = datetime(2026, 1, 1, tzinfo=UTC)
OPTIONS = [{"value": "a"}, {"value": "b"}]
SCHEMA: dict[str, Any] = {
    "label_schema_id": "s",
    "version": 1,
    "name": "s",
    "tasks": [
        {"kind": "multiple_choice", "name": "many", "options": OPTIONS},
        {"kind": "number", "name": "stars", "minimum": 1, "maximum": 5, "step": 1},
        {"kind": "span", "name": "spans", "options": OPTIONS},
        {"kind": "text", "name": "topic"},
    ],
}
COST = JobCost(
    total=ModelCost.model_validate(
        dict.fromkeys(("calls", "retries", "prompt_tokens", "completion_tokens", "cached_tokens", "unpriced_tokens"), 0)
        | {"provider": "", "model": "", "amount": None}
    ),
    by_model=[],
    budget_usd=None,
    reserved_usd=None,
)


def ended(seq: int, values: dict[str, Any]) -> Any:
    return {
        "seq": seq,
        "attempt": 1,
        "outcome": "labeled",
        "reason": None,
        "needs_review": False,
        "review_reason": None,
        "review_causes": [],
        "shown": {},
        "labels": [
            {"task": task, "value": value, "confidence": None, "rule": "exact"} for task, value in values.items()
        ],
        "seconds": 2.0,
        "created_at": START + timedelta(seconds=10 + seq),
        "raw": None,
        "verified": None,
        "verified_at": None,
        "decided_by": None,
        "decided_attempt": None,
        "campaign": None,
    }


def span(start: int, end: int, label: str) -> dict[str, Any]:
    return {"field": "text", "start": start, "end": end, "text": "x" * (end - start), "label": label, "attributes": {}}


@pytest.fixture
def report() -> JobReport:
    """Two of three records of a job that runs."""
    schema = LabelSchemaSpec.model_validate(SCHEMA)
    records = [
        ended(0, {"many": ["a", "b"], "stars": 5, "spans": [span(0, 4, "a")], "topic": "Rome"}),
        ended(1, {"many": ["a"], "stars": 2, "spans": [], "topic": "Oslo"}),
    ]
    gold = {0: {"many": ["a"], "stars": 4, "spans": [span(2, 6, "a")], "topic": " rome"}}
    job: Any = {
        "_id": "j",
        "state": "running",
        "selection": {"size": 3},
        "passes": [],
        "published": {"label_schema": SCHEMA},
        "dispatch": {},
        "started_at": START,
    }
    return report_of(job_of(job), summarize(records, gold, schema.tasks), COST, share_made=1.0, now=START)


def of(report: JobReport, name: str) -> TaskReport:
    return next(task for task in report.tasks if task.task == name)


def test_counts_add_up_and_the_rate_is_over_the_run(report: JobReport) -> None:
    assert report.counts.model_dump() == {
        "labeled": 2,
        "invalid": 0,
        "failed": 0,
        "not_run": 1,
        "needs_review": 0,
        "reviewed": 0,
    }
    assert report.records_per_second == pytest.approx(2 / 11)
    assert report.seconds.p99 == pytest.approx(2.0, rel=0.01)
    assert (report.final, report.without_confidence) == (False, 8)


def test_choices_of_several_labels(report: JobReport) -> None:
    many = of(report, "many")
    assert {label.label: label.count for label in many.labels} == {"a": 2, "b": 1}
    assert [(each.number, each.records) for each in many.per_record] == [(1, 1), (2, 1)]
    assert many.gold is not None
    assert (many.gold.accuracy, many.gold.mean_jaccard) == (0, 0.5)
    assert many.gold.micro_f1 == pytest.approx(2 / 3)
    assert many.gold.confusion is None


def test_numbers(report: JobReport) -> None:
    stars = of(report, "stars")
    assert stars.number is not None
    assert (stars.number.mean, stars.number.standard_deviation) == (3.5, 1.5)
    assert [each.count for each in stars.number.histogram] == [0, 1, 0, 0, 1]
    assert stars.gold is not None
    assert (stars.gold.mean_absolute_error, stars.gold.mean_error, stars.gold.within_step) == (1, 1, 1)


def test_spans(report: JobReport) -> None:
    spans = of(report, "spans")
    assert spans.gold is not None
    assert (spans.gold.micro_f1, spans.gold.overlap_f1) == (0, 1)
    assert [(each.number, each.records) for each in spans.per_record] == [(0, 1), (1, 1)]


def test_texts(report: JobReport) -> None:
    topic = of(report, "topic")
    assert topic.text is not None
    assert (topic.text.distinct, topic.text.distinct_is_exact, topic.text.mean_length) == (2, True, 4)
    assert topic.gold is not None
    assert (topic.gold.accuracy, topic.gold.accuracy_normalized) == (0, 1)
    assert topic.gold.reliability.error is None


def test_the_report_survives_being_kept(report: JobReport) -> None:
    assert JobReport.model_validate(report.model_dump(mode="json")) == report


@pytest.mark.parametrize(
    ("dispatch", "strategy", "said"),
    [
        (
            {"without_confidence": "Provider p refuses."},
            "token_probability",
            "No confidence for 3 labels. Provider p refuses.",
        ),
        ({}, "token_probability", "No confidence for 3 labels: the answers of p/m brought no log-probabilities"),
        ({}, "stated", None),
    ],
)
def test_it_is_said_why_labels_have_no_confidence(dispatch: Any, strategy: str, said: str | None) -> None:
    schema = LabelSchemaSpec.model_validate(SCHEMA)
    values = {"many": ["a"], "stars": 2, "spans": [], "topic": "Oslo"}
    job: Any = {
        "_id": "j",
        "state": "completed",
        "selection": {"size": 1},
        "passes": [],
        "published": {
            "label_schema": SCHEMA,
            "agent": {"provider": "p", "model": "m", "confidence_strategy": strategy},
        },
        "dispatch": dispatch,
        "started_at": START,
    }

    made = report_of(job_of(job), summarize([ended(0, values)], {}, schema.tasks), COST, share_made=1.0, now=START)

    assert (made.no_confidence or "").startswith(said or "")
    assert (made.no_confidence is None) is (said is None)

"""A job's report: live while it runs, kept when it has ended, and never older than the annotations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision, ReviewRequest
from tandem.store.database import Database, utcnow
from tandem.store.jobs.reader import JobReader
from tandem.store.reports.reader import ReportReader
from tandem.web import Services
from tandem_api.analysis.reports.keeper import JobReportKeeper
from tandem_api.analysis.reports.service import ReportService

from .conftest import import_csv, made
from .labeled import annotate, annotation

OUTCOMES = ["labeled"] * 6 + ["invalid", "failed"]


@pytest.fixture
async def labeled(database: Database, job: Any) -> Any:
    """Eight of ten records ended, two labels unsure, one of them corrected by a person."""
    await annotate(database, job, OUTCOMES, unsure={1, 4})
    await decide(database, job, 1, "positive")
    return job


async def decide(database: Database, job: Any, seq: int, value: str, *, revision: int = 1) -> None:
    decision = AppliedDecision(
        job["id"], seq, revision, {"sentiment": value}, 1, {"sentiment": "neutral"}, False, "Ada", utcnow()
    )
    await AnnotationWriter(database).apply_decisions([decision])


async def report_of(client: httpx.AsyncClient, job: Any) -> Any:
    answer = await client.get(f"/jobs/{job['id']}/report")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def end(database: Database, job: Any) -> None:
    await put_in_state(database, job["id"], JobState.CANCELLED, reason="enough")


async def test_the_report_says_how_labels_are_spread_and_how_many_are_right(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    report = await report_of(admin, labeled)
    assert report["labels"] == {"sentiment": {"neutral": 4, "positive": 1, "negative": 1}}
    assert (report["invalid"], report["failed"]) == ({"no_label": 1}, {"timeout": 1})
    assert report["reasons"] == {"no_label": 1, "timeout": 1}
    assert report["counts"] == {"labeled": 6, "invalid": 1, "failed": 1, "not_run": 2, "needs_review": 1, "reviewed": 1}
    assert (report["gold_compared"], report["accuracy"]) == (6, pytest.approx(4 / 6))
    assert report["review"] == [{"task": None, "reason": "low_confidence", "records": 2}]
    assert report["confidence_histogram"] == [0, 0, 0, 2, 0, 0, 0, 0, 0, 4]
    assert report["invalid_answers"] == [{"reason": "no_label", "answer": "answer 6", "count": 1, "seq": 6}]
    assert (report["state"], report["final"], report["share"]) == ("running", False, 1)
    await AnnotationWriter(database).insert_first([annotation(labeled, 8, "labeled")])
    assert (await report_of(admin, labeled))["gold_compared"] == 7


async def test_labels_are_judged_by_gold_values_and_by_what_people_decided(
    admin: httpx.AsyncClient, labeled: Any
) -> None:
    (task,) = (await report_of(admin, labeled))["tasks"]
    gold, verified = task["gold"], task["verified"]
    assert (gold["known"], gold["compared"], gold["right"]) == (8, 6, 4)
    labels = gold["confusion"]["labels"]
    cells = {(labels[truth], labels[given]): count for truth, given, count in gold["confusion"]["cells"]}
    assert cells == {
        ("negative", "neutral"): 1,
        ("neutral", "neutral"): 2,
        ("positive", "neutral"): 1,
        ("positive", "positive"): 1,
        ("negative", "negative"): 1,
    }
    # Hand-computed: negative 1/1 and 1/2, neutral 2/4 and 2/2, positive 1/1 and 1/2.
    assert gold["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 2 / 3) / 3)
    assert gold["accuracy_low"] < 4 / 6 < gold["accuracy_high"]
    assert (verified["compared"], verified["right"], task["verified_shown"]) == (1, 0, 1)


async def test_a_report_without_gold_has_no_accuracy(
    admin: httpx.AsyncClient, project: Any, dataset: Any, agent: Any, database: Database
) -> None:
    await import_csv(admin, dataset, "id,text\nt0,a\n")
    job = await made(admin, f"/projects/{project['id']}/jobs", {"dataset_id": dataset["id"], "agent_id": agent["id"]})
    await annotate(database, job, ["labeled"])
    report = await report_of(admin, job)
    assert (report["accuracy"], report["gold_compared"], report["tasks"][0]["gold"]) == (None, 0, None)


async def test_a_job_that_nobody_ran_has_an_empty_report(admin: httpx.AsyncClient, job: Any) -> None:
    report = await report_of(admin, job)
    assert (report["counts"]["not_run"], report["share"]) == (10, 1)
    assert report["tasks"][0]["labels"] == [
        {"label": label, "count": 0} for label in ("negative", "neutral", "positive")
    ]
    assert report["seconds"]["p50"] is None


@pytest.fixture
async def keeper(database: Database, services: Services) -> AsyncIterator[JobReportKeeper]:
    keeper = JobReportKeeper(JobReader(database), ReportReader(database), services[ReportService])
    yield keeper
    await keeper.stop()


async def test_the_report_of_a_job_that_ended_is_kept_without_anybody_asking(
    admin: httpx.AsyncClient, labeled: Any, database: Database, keeper: JobReportKeeper
) -> None:
    await keeper.look()
    assert await ReportReader(database).get(labeled["id"]) is None
    await end(database, labeled)
    await keeper.look()
    kept = await ReportReader(database).get(labeled["id"])
    assert kept is not None
    assert kept["report"]["counts"]["labeled"] == 6
    shown = await report_of(admin, labeled)
    assert shown["final"]
    assert shown["made_at"] == kept["report"]["made_at"]
    await AnnotationWriter(database).supersede([annotation(labeled, 7, "labeled", attempt=2)])  # it was run again
    await put_in_state(database, labeled["id"], JobState.COMPLETED)
    await keeper.look()
    again = await ReportReader(database).get(labeled["id"])
    assert again is not None
    assert (again["report"]["run_again"], again["report"]["state"]) == (1, "completed")


@pytest.mark.parametrize("change", ["decision", "undo", "run again"])
async def test_a_kept_report_is_made_again_when_annotations_change(
    admin: httpx.AsyncClient, labeled: Any, database: Database, change: str
) -> None:
    await end(database, labeled)
    before = await report_of(admin, labeled)
    assert before["final"]
    assert (await report_of(admin, labeled))["made_at"] == before["made_at"]
    if change == "decision":
        await decide(database, labeled, 4, "neutral")
    elif change == "undo":
        undo = AppliedDecision(labeled["id"], 1, 2, None, 1, {}, False, "Ada", utcnow())
        await AnnotationWriter(database).apply_decisions([undo])
    else:
        await AnnotationWriter(database).supersede([annotation(labeled, 7, "labeled", attempt=2)])
    after = await report_of(admin, labeled)
    assert after["made_at"] > before["made_at"]
    changed = {"decision": (2, 6, 0), "undo": (0, 6, 0), "run again": (1, 7, 1)}[change]
    assert (after["verified"], after["counts"]["labeled"], after["run_again"]) == changed
    kept = await ReportReader(database).get(labeled["id"])
    assert kept is not None
    assert kept["report"]["made_at"] == after["made_at"]


async def test_only_blocks_that_changed_are_read_again(
    admin: httpx.AsyncClient, project: Any, dataset: Any, agent: Any, database: Database
) -> None:
    await import_csv(admin, dataset, "id,text\n" + "".join(f"t{n},text\n" for n in range(10_050)))
    job = await made(admin, f"/projects/{project['id']}/jobs", {"dataset_id": dataset["id"], "agent_id": agent["id"]})
    await annotate(database, job, ["labeled"] * 10_010)
    assert (await report_of(admin, job))["counts"]["labeled"] == 10_010
    # What stands behind the reader's back in a block whose fingerprint is the same is not looked at.
    await database["annotations"].update_many({"job_id": job["id"], "seq": {"$lt": 5000}}, {"$set": {"labels": []}})
    await AnnotationWriter(database).insert_first([annotation(job, 10_010, "invalid")])
    after = await report_of(admin, job)
    assert (after["counts"]["labeled"], after["counts"]["invalid"]) == (10_010, 1)
    assert after["tasks"][0]["labeled"] == 10_010
    await AnnotationWriter(database).insert_first([annotation(job, 10_011, "failed")])
    later = await report_of(admin, job)
    assert (later["counts"]["failed"], later["tasks"][0]["labeled"]) == (1, 10_010)
    await decide(database, job, 4999, "neutral")
    decided = await report_of(admin, job)
    assert (decided["verified"], decided["counts"]["failed"], decided["tasks"][0]["labeled"]) == (1, 1, 5010)


async def test_a_look_that_is_asked_for_afterwards_is_in_the_job_and_in_its_kept_report(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    await end(database, labeled)
    totals = {"labeled": 6, "invalid": 1, "failed": 1, "needs_review": 2}
    dispatch = {"dispatch.low": 10, "dispatch.totals": totals}
    await database["jobs"].update_one({"_id": labeled["id"]}, {"$set": dispatch})
    assert (await report_of(admin, labeled))["counts"]["needs_review"] == 1, "one of two is decided"
    causes = [{"task": "sentiment", "reason": "disagreement"}]
    asked = ReviewRequest(labeled["id"], 0, 1, "order", "disagreement", causes, 0.9)
    assert await AnnotationWriter(database).ask_review([asked], at=utcnow()) == {"disagreement": 1}
    report = await report_of(admin, labeled)
    assert report["counts"]["needs_review"] == 2
    assert {(each["task"], each["reason"]): each["records"] for each in report["review"]} == {
        (None, "low_confidence"): 2,
        ("sentiment", "disagreement"): 1,
    }
    assert (await admin.get(f"/jobs/{labeled['id']}")).json()["counts"]["needs_review"] == 2
    await AnnotationWriter(database).supersede([annotation(labeled, 0, "labeled", attempt=2)])
    assert (await report_of(admin, labeled))["counts"]["needs_review"] == 1, "another attempt is judged anew"

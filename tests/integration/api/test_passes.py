"""Records of a job that has ended are run again, in a further pass."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow
from tandem.store.jobs.documents import last_pass
from tandem.store.jobs.reader import JobReader

from .labeled import annotate, annotation

OUTCOMES = ["labeled", "failed", "invalid", "labeled", "failed", "labeled", "invalid", "failed", "labeled", "labeled"]
FAILED = {1, 4, 7}


@pytest.fixture
async def ended(database: Database, job: Any) -> Any:
    """Ten records ended; a person decided on a failed one."""
    await annotate(database, job, OUTCOMES)
    decision = AppliedDecision(job["id"], 7, 1, {"sentiment": "positive"}, 1, {}, False, "Ada", utcnow())
    await AnnotationWriter(database).apply_decisions([decision])
    await put_in_state(database, job["id"], JobState.COMPLETED)
    totals = {"labeled": 5, "invalid": 2, "failed": 3, "needs_review": 0}
    done = {"dispatch.low": 10, "dispatch.cursor": 10, "dispatch.totals": totals, "dispatch.announced": True}
    await database["jobs"].update_one({"_id": job["id"]}, {"$set": done})
    return job


async def post(client: httpx.AsyncClient, job: Any, body: Any, *, check: bool = False) -> httpx.Response:
    return await client.post(f"/jobs/{job['id']}/passes{'/check' if check else ''}", json=body)


async def shown(client: httpx.AsyncClient, job: Any) -> Any:
    return (await client.get(f"/jobs/{job['id']}")).json()


def counts(job: Any) -> list[int]:
    assert sum(job["counts"][name] for name in ("labeled", "invalid", "failed", "not_run")) == job["size"]
    return [job["counts"][name] for name in ("labeled", "invalid", "failed", "not_run")]


async def test_it_is_counted_before_anything_runs(admin: httpx.AsyncClient, ended: Any) -> None:
    found = (await post(admin, ended, {"outcomes": ["failed", "invalid"]}, check=True)).json()
    assert (found["ok"], found["records"], found["verified_left_out"]) == (True, 4, 1)
    assert found["outcomes"] == {"failed": 2, "invalid": 2}
    assert found["estimate"]["records"] == 4
    assert found["estimate"]["prompt_tokens"]["likely"] > 0
    assert (await shown(admin, ended))["state"] == "completed"


async def test_what_an_expression_finds_runs_again(admin: httpx.AsyncClient, ended: Any) -> None:
    found = (await post(admin, ended, {"where": "outcome = failed"}, check=True)).json()
    assert (found["records"], found["verified_left_out"]) == (2, 1)
    job = (await post(admin, ended, {"where": "outcome = failed", "record_ids": ["t1", "t2"]})).json()
    passes = (await admin.get(f"/jobs/{ended['id']}/passes")).json()["items"]
    assert (job["state"], [each["size"] for each in passes]) == ("running", [10, 1])
    answer = await post(admin, ended, {"where": "lable = a"}, check=True)
    assert (answer.status_code, answer.json()["field"]) == (422, "where")


async def test_a_pass_adds_up_with_the_one_before(admin: httpx.AsyncClient, database: Database, ended: Any) -> None:
    before = (await admin.get(f"/jobs/{ended['id']}/report")).json()
    begun = await post(admin, ended, {"outcomes": ["failed"], "include_verified": True})
    assert begun.status_code == 201, begun.text
    job = begun.json()
    assert (job["state"], job["epoch"], job["current_pass"]) == ("running", 2, {"number": 2, "size": 3, "ended": 0})
    assert counts(job) == [5, 2, 3, 0]  # each record keeps what it has until it is answered again
    document = await JobReader(database).get(job["id"])
    assert document is not None
    assert set(last_pass(document).selection) == FAILED
    paid = {"answer": "w@2", "models": [{"provider": "p", "model": "m", "calls": 1, "amount": 0.5}]}
    again = [annotation(job, seq, "labeled", attempt=2, event_id=f"again-{seq}") for seq in (1, 7)]
    await AnnotationWriter(database).also_paid([(f"{job['id']}:1", paid)])  # type: ignore[list-item]  # a made-up payment
    assert await AnnotationWriter(database).supersede(again) == 2
    job = await shown(admin, job)
    assert (counts(job), job["current_pass"]["ended"]) == ([7, 2, 1, 0], 2)
    assert (await admin.get(f"/jobs/{job['id']}/cost")).json()["total"]["amount"] == 0.5
    decided = (await admin.get(f"/jobs/{job['id']}/annotations/7")).json()
    assert (decided["attempt"], decided["verification"]["values"]) == (2, {"sentiment": "positive"})
    report = (await admin.get(f"/jobs/{job['id']}/report")).json()
    assert (report["run_again"], report["counts"]["failed"]) == (2, 1)
    assert before["counts"]["failed"] == 3
    first, second = (await admin.get(f"/jobs/{job['id']}/passes")).json()["items"]
    assert (first["number"], first["state"], first["size"], first["counts"]["failed"]) == (1, "completed", 10, 3)
    assert (second["number"], second["state"], second["asked"]) == (
        2,
        "running",
        {"outcomes": ["failed"], "include_verified": True},
    )
    assert second["counts"] == {"labeled": 2, "invalid": 0, "failed": 0, "not_run": 1, "needs_review": 0}
    lines = (await admin.get(f"/jobs/{job['id']}/export", params={"format": "jsonl"})).text.splitlines()
    assert len(lines) == 10


async def test_records_of_a_third_pass_are_those_that_failed_twice(
    admin: httpx.AsyncClient, database: Database, ended: Any
) -> None:
    job = (await post(admin, ended, {"outcomes": ["failed"]})).json()
    again = [annotation(job, 1, "labeled", attempt=2), annotation(job, 4, "failed", attempt=2)]
    await AnnotationWriter(database).supersede(again)
    await put_in_state(database, job["id"], JobState.CANCELLED)
    job = (await post(admin, ended, {"outcomes": ["failed"], "reasons": ["timeout"]})).json()
    assert (job["current_pass"], job["epoch"]) == ({"number": 3, "size": 1, "ended": 0}, 3)
    _, second, third = (await admin.get(f"/jobs/{job['id']}/passes")).json()["items"]
    assert (second["state"], second["counts"]["failed"], second["counts"]["not_run"]) == ("cancelled", 1, 0)
    assert third["asked"] == {"outcomes": ["failed"], "reasons": ["timeout"]}


async def test_what_a_cancelled_job_left_is_run(admin: httpx.AsyncClient, database: Database, job: Any) -> None:
    await annotate(database, job, OUTCOMES[:6])
    assert (await admin.post(f"/jobs/{job['id']}/cancel")).status_code == 200
    found = (await post(admin, job, {"outcomes": ["not_run"]}, check=True)).json()
    assert found["outcomes"] == {"not_run": 4}
    running = (await post(admin, job, {"outcomes": ["not_run"], "budget_usd": None})).json()
    assert (counts(running), running["current_pass"]["size"]) == ([3, 1, 2, 4], 4)
    await AnnotationWriter(database).insert_first([annotation(job, seq, "labeled", attempt=2) for seq in (6, 7)])
    running = await shown(admin, job)
    assert (counts(running), running["current_pass"]["ended"]) == ([5, 1, 2, 2], 2)


@pytest.mark.parametrize(
    ("state", "cure"),
    [(JobState.RUNNING, "Wait"), (JobState.WAITING, "Wait"), (JobState.PAUSED, "Resume")],
)
async def test_only_a_job_that_has_ended_is_run_again(
    admin: httpx.AsyncClient, database: Database, ended: Any, state: JobState, cure: str
) -> None:
    await put_in_state(database, ended["id"], state)
    answer = await post(admin, ended, {"outcomes": ["failed"]})
    assert (answer.status_code, answer.json()["state"], cure in answer.json()["cure"]) == (409, state, True)
    found = (await post(admin, ended, {"outcomes": ["failed"]}, check=True)).json()
    assert (found["ok"], found["problems"][0]["field"]) == (False, "job_id")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "does not say which records"),
        ({"outcomes": ["not_run"]}, "No record of the job matches"),
        ({"record_ids": ["t7"]}, "All 1 records that match were verified"),
        ({"outcomes": ["failed"], "budget_usd": 1}, "No price is known"),
    ],
)
async def test_what_cannot_run_is_told(admin: httpx.AsyncClient, ended: Any, body: Any, detail: str) -> None:
    answer = await post(admin, ended, body)
    assert answer.status_code == 422
    assert detail in answer.json()["detail"]
    assert answer.json()["cure"]


async def test_of_two_at_once_one_begins(admin: httpx.AsyncClient, database: Database, ended: Any) -> None:
    answers = await asyncio.gather(*(post(admin, ended, {"outcomes": ["failed"]}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    document = await JobReader(database).get(ended["id"])
    assert document is not None
    assert (len(document["passes"]), document["epoch"]) == (2, 2)

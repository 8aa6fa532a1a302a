"""Canary, failure stop, rate and weight of a job over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState
from tandem.store.database import Database
from tandem.store.jobs.reader import JobReader

from .conftest import made
from .labeled import annotate


async def test_a_job_is_made_with_safeguards_and_let_go_on(
    admin: httpx.AsyncClient, database: Database, project: Any, filled: Any, agent: Any
) -> None:
    body = {
        "dataset_id": filled["id"],
        "agent_id": agent["id"],
        "canary": {"records": 3},
        "failure_stop": {"share": 0.2},
        "records_per_minute": 90,
    }
    job = await made(admin, f"/projects/{project['id']}/jobs", body)
    assert job["canary"] == {"records": 3, "most_unlabeled": None, "passed": False}
    assert (job["failure_stop"], job["records_per_minute"]) == ({"share": 0.2, "of_last": 100}, 90)
    document = await JobReader(database).get(job["id"])
    assert document is not None
    assert (document["canary"] or {"below_seq": 0})["below_seq"] == 3

    refused = await admin.post(f"/jobs/{job['id']}/go")
    assert (refused.status_code, refused.json()["state"]) == (409, "running")
    await put_in_state(database, job["id"], JobState.WAITING, reason="No quota is left.")
    refused = await admin.post(f"/jobs/{job['id']}/go")
    assert refused.json()["detail"] == "The job does not wait for a go."
    assert refused.json()["cure"] == "No quota is left."
    await database["jobs"].update_one({"_id": job["id"]}, {"$set": {"waiting_for": "canary"}})
    gone = (await admin.post(f"/jobs/{job['id']}/go")).json()
    assert (gone["state"], gone["waiting_for"], gone["canary"]["passed"], gone["epoch"]) == ("running", None, True, 2)


async def test_only_what_is_given_is_changed(admin: httpx.AsyncClient, job: Any) -> None:
    path = f"/jobs/{job['id']}"
    changed = (await admin.patch(path, json={"weight": 4, "failure_stop": {"share": 0.5, "of_last": 20}})).json()
    assert (changed["weight"], changed["failure_stop"]) == (4.0, {"share": 0.5, "of_last": 20})
    changed = (await admin.patch(path, json={"records_per_minute": 12, "failure_stop": None})).json()
    assert (changed["weight"], changed["failure_stop"], changed["records_per_minute"]) == (4.0, None, 12.0)
    assert changed["revision"] == job["revision"] + 2
    await admin.post(f"{path}/cancel")
    assert (await admin.patch(path, json={"weight": 1})).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"weight": 0}, "weight"),
        ({"weight": None}, "weight"),
        ({"failure_stop": {"share": 1}}, "failure_stop"),
    ],
)
async def test_what_cannot_be_is_told(admin: httpx.AsyncClient, job: Any, body: Any, field: str) -> None:
    answer = await admin.patch(f"/jobs/{job['id']}", json=body)
    assert answer.status_code == 422
    assert field in str(answer.json())


async def test_a_pass_has_a_canary_of_its_own(
    admin: httpx.AsyncClient, database: Database, project: Any, filled: Any, agent: Any
) -> None:
    body = {"dataset_id": filled["id"], "agent_id": agent["id"], "failure_stop": {"share": 0.2}}
    job = await made(admin, f"/projects/{project['id']}/jobs", body | {"canary": {"records": 2}})
    await annotate(database, job, ["failed", "labeled"] * 5)
    await put_in_state(database, job["id"], JobState.COMPLETED)
    again = {"outcomes": ["failed"], "canary": {"records": 2, "most_unlabeled": 0.5}}
    run = await made(admin, f"/jobs/{job['id']}/passes", again)
    assert run["canary"] == {"records": 2, "most_unlabeled": 0.5, "passed": False}
    assert run["failure_stop"] == {"share": 0.2, "of_last": 100}, "it stays as it was"
    document = await JobReader(database).get(job["id"])
    assert document is not None
    assert (document["canary"] or {"below_seq": 0})["below_seq"] == 3, "seqs 0 and 2 failed first"

"""Annotations carried over to another version of their label schema, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pymongo.database import Database as MongoDatabase

from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database

from .conftest import made
from .labeled import annotation

FIVE = ("bad", "negative", "neutral", "positive", "superb")


@pytest.fixture
async def ended(admin: httpx.AsyncClient, job: Any, database: Database, indexed: MongoDatabase[dict[str, Any]]) -> Any:
    """A job over ten records: labels go round, one record is invalid, one was decided by a person, one was not run."""
    written = [annotation(job, seq, "invalid" if seq == 4 else "labeled") for seq in range(9)]
    await AnnotationWriter(database).insert_first(written)
    verification = {"values": {"sentiment": "positive"}, "revision": 1, "decided_by": "Ada"}
    indexed["annotations"].update_one({"_id": f"{job['id']}:0"}, {"$set": {"verification": verification}})
    answer = await admin.post(f"/jobs/{job['id']}/cancel")
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
async def finer(admin: httpx.AsyncClient, project: Any, label_schema: Any) -> Any:
    """The next version, with five labels."""
    task = {"name": "sentiment", "question": "What is the sentiment?", "options": list(FIVE)}
    schema = await made(admin, f"/projects/{project['id']}/label-schemas", {"name": "sentiment", "tasks": [task]})
    assert schema["version"] == label_schema["version"] + 1
    return schema


async def test_a_dry_run_says_what_carries_over_and_what_does_not(
    admin: httpx.AsyncClient, project: Any, ended: Any, finer: Any
) -> None:
    body = {"from_job": ended["id"], "mapping": {"sentiment": {"negative": "bad", "neutral": None}}, "dry_run": True}
    answer = await admin.post(f"/label-schemas/{finer['id']}/carry-over", json=body)
    assert (answer.status_code, answer.json()["job"]) == (200, None)
    report = answer.json()["report"]
    assert (report["records"], report["carried"], report["not_carried"], report["verified"]) == (10, 5, 5, 1)
    assert report["tasks"]["sentiment"] == {
        "carried": 5,
        "labels": {"negative": {"bad": 2}, "positive": {"positive": 3}},
        "not_carried": {"left_out": 3, "not_labeled": 2},
        "labels_not_carried": {"neutral": 3},
        "new_labels": ["negative", "neutral", "superb"],
    }
    assert len((await admin.get(f"/projects/{project['id']}/jobs")).json()["items"]) == 1


async def test_the_job_that_carries_over_asks_nobody_unless_an_agent_is_named(
    admin: httpx.AsyncClient, project: Any, ended: Any, finer: Any
) -> None:
    path = f"/label-schemas/{finer['id']}/carry-over"
    answer = await admin.post(path, json={"from_job": ended["id"]})
    assert answer.status_code == 201, answer.text
    job = answer.json()["job"]
    assert (job["kind"], job["sources"], job["asks_model"]) == ("carried_over", [ended["id"]], False)
    assert (job["size"], job["label_schema_id"], job["state"]) == (10, finer["id"], "running")
    assert (await admin.get(f"/jobs/{job['id']}")).json() == job
    priced = await admin.patch(f"/jobs/{job['id']}", json={"budget_usd": 1})
    assert (priced.status_code, priced.json()["field"]) == (422, "budget_usd")
    agent = {"name": "finer", "provider": "offline", "model": "nearest-label", "label_schema_id": finer["id"]}
    named = await made(admin, f"/projects/{project['id']}/agents", agent)
    asking = (await made(admin, path, {"from_job": ended["id"], "agent_id": named["id"]}))["job"]
    assert (asking["asks_model"], asking["agent_id"], asking["agent"]["name"]) == (True, named["id"], "finer")


async def test_all_that_is_wrong_is_told_together(admin: httpx.AsyncClient, ended: Any, finer: Any, agent: Any) -> None:
    mapping = {"sentiment": {"bland": "neutral", "neutral": "meh"}, "mood": {}}
    body = {"from_job": ended["id"], "mapping": mapping, "agent_id": agent["id"]}
    answer = await admin.post(f"/label-schemas/{finer['id']}/carry-over", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-carry-over")
    assert [each["field"] for each in answer.json()["errors"]] == [
        "mapping.sentiment",
        "mapping.sentiment.neutral",
        "mapping.mood",
        "agent_id",
    ]
    assert all(each["cure"] for each in answer.json()["errors"])


async def test_a_live_job_and_one_of_the_same_version_are_refused(
    admin: httpx.AsyncClient, job: Any, label_schema: Any, finer: Any
) -> None:
    live = await admin.post(f"/label-schemas/{finer['id']}/carry-over", json={"from_job": job["id"]})
    assert (live.status_code, live.json()["type"]) == (409, "/problems/wrong-state")
    await admin.post(f"/jobs/{job['id']}/cancel")
    same = await admin.post(f"/label-schemas/{label_schema['id']}/carry-over", json={"from_job": job["id"]})
    assert (same.status_code, same.json()["field"]) == (422, "from_job")


async def test_no_job_is_made_where_nothing_would_carry_over(
    admin: httpx.AsyncClient, project: Any, job: Any, finer: Any
) -> None:
    await admin.post(f"/jobs/{job['id']}/cancel")
    answer = await admin.post(f"/label-schemas/{finer['id']}/carry-over", json={"from_job": job["id"]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/nothing-carries-over")
    assert len((await admin.get(f"/projects/{project['id']}/jobs")).json()["items"]) == 1

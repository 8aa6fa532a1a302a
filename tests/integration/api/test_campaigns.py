"""Review campaigns over HTTP; tests/integration/dispatch has their walk."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from job_states import put_in_state
from tandem.events import JobState, thresholds_campaign_id
from tandem.review.campaigns.strategies.registry import STRATEGIES
from tandem.store.database import Database

from .conftest import client_of, made
from .labeled import annotate


@pytest.fixture
async def ended(database: Database, job: Any) -> str:
    await put_in_state(database, job["id"], JobState.COMPLETED)
    return str(job["id"])


async def test_every_job_has_a_campaign_by_its_thresholds_which_follows_a_change(
    admin: httpx.AsyncClient, database: Database, job: Any
) -> None:
    path = f"/jobs/{job['id']}/campaigns"
    (listed,) = (await admin.get(path)).json()["items"]
    assert (listed["id"], listed["strategy"], listed["state"], listed["walking"]) == (
        thresholds_campaign_id(job["id"]),
        "thresholds",
        "open",
        False,
    )
    assert listed["parameters"] == job["review_policy"]
    assert "key" not in listed
    changed = await admin.patch(
        f"{path}/{listed['id']}", json={"parameters": {"threshold": 0.9}, "blind_share": 0.2, "order": "random"}
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["walking"], changed.json()["parameters"]["threshold"]) == (True, 0.9)
    after = (await admin.get(f"/jobs/{job['id']}")).json()
    assert (after["review_policy"]["threshold"], after["revision"]) == (0.9, job["revision"] + 1)
    stored = await database["jobs"].find_one({"_id": job["id"]})
    assert stored is not None
    terms = stored["published"]["review_terms"]
    assert (terms["blind_share"], terms["order"], terms["asks"], len(terms["key"])) == (0.2, "random", True, 32)


async def test_moves_follow_their_table(admin: httpx.AsyncClient, ended: str, database: Database) -> None:
    path = f"/jobs/{ended}/campaigns"
    body = {"strategy": "random_audit", "parameters": {"records": 3}, "stop": {"rule": "all"}}
    created = await admin.post(path, json=body)
    assert created.status_code == 202, created.text
    campaign = created.json()
    again = (await admin.post(path, json=body)).json()
    assert (again["id"], again["stop"]) == (campaign["id"], {"rule": "all", "after": None})
    one = f"{path}/{campaign['id']}"
    assert (await admin.post(f"{one}/pause")).json()["state"] == "paused"
    assert (await admin.post(f"{one}/pause")).json()["state"] == "paused", "a repeated call changes nothing"
    closed = (await admin.post(f"{one}/close")).json()
    assert (closed["state"], closed["state_reason"]) == ("closed", "Closed by admin.")
    refused = await admin.post(f"{one}/pause")
    assert (refused.status_code, refused.json()["state"]) == (409, "closed")
    assert (await admin.patch(one, json={"blind_share": 0.5})).status_code == 409
    assert (await admin.post(f"{one}/open")).json()["state"] == "open"
    assert await database["campaigns"].count_documents({"stops": True}) == 1


async def test_a_job_of_an_older_version_shows_its_thresholds_too(
    admin: httpx.AsyncClient, ended: str, database: Database
) -> None:
    await database["campaigns"].delete_many({})
    path = f"/jobs/{ended}/campaigns"
    (listed,) = (await admin.get(path)).json()["items"]
    changed = await admin.patch(f"{path}/{listed['id']}", json={"parameters": {"threshold": 0.1}})
    assert changed.status_code == 200
    assert (await admin.get(f"/jobs/{ended}")).json()["review_policy"]["threshold"] == 0.1


async def test_what_is_wrong_is_told_by_field_and_nothing_is_made(
    admin: httpx.AsyncClient, job: Any, database: Database
) -> None:
    path = f"/jobs/{job['id']}/campaigns"
    made_before = await database["campaigns"].count_documents({})
    audit = {"strategy": "random_audit", "parameters": {"records": 3}}
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"strategy": "hunches"}, 422, "strategy"),
        ({"strategy": "thresholds"}, 409, "strategy"),
        (audit | {"parameters": {"records": 0}}, 422, "parameters.records"),
        (audit | {"parameters": {"number": 3}}, 422, "parameters.records"),
        (audit, 409, "jobs"),  # it runs
        (audit | {"blind_share": 2}, 422, "blind_share"),
        (audit | {"stop": {"rule": "decided"}}, 422, "stop"),
        ({"strategy": "disagreement", "parameters": {"jobs": [job["id"]]}}, 422, "parameters.jobs"),
    ]
    for body, status, field in wrong:
        answer = await admin.post(path, json=body)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    thresholds = f"{path}/{thresholds_campaign_id(job['id'])}"
    for change, field in (
        ({"parameters": {"threshold": 2}}, "parameters.threshold"),
        ({"parameters": {"tasks": {"taste": {}}}}, "parameters.tasks.taste"),
        ({"people": ["nobody"]}, "people"),
    ):
        answer = await admin.patch(thresholds, json=change)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert (await admin.get(f"{path}/x")).status_code == 404
    assert await database["campaigns"].count_documents({}) == made_before
    assert await database["campaigns"].count_documents({"run": {"$gt": 1}}) == 0


async def test_a_campaign_takes_what_an_expression_finds(
    admin: httpx.AsyncClient, database: Database, job: Any
) -> None:
    await annotate(database, job, ["labeled", "failed", "invalid", "failed"])
    path, body = f"/jobs/{job['id']}/campaigns", {"strategy": "chosen", "selection": {"where": "outcome = failed"}}
    counted = (await admin.post(f"{path}/count", json=body)).json()
    assert (counted["selected"], counted["picked"]) == (2, 2)
    campaign = (await admin.post(path, json=body)).json()
    assert (campaign["records"], campaign["walking"]) == (2, True)
    for where in ("outcome = sent", "lable = a"):
        answer = await admin.post(path, json={"strategy": "chosen", "selection": {"where": where}})
        assert (answer.status_code, answer.json()["field"][:9]) == (422, "selection"), answer.text


async def test_viewers_may_look_and_count_and_not_change(app: FastAPI, admin: httpx.AsyncClient, ended: str) -> None:
    key = await made(admin, "/api-keys", {"name": "v", "role": "viewer"})
    path, audit = f"/jobs/{ended}/campaigns", {"strategy": "random_audit", "parameters": {"records": 3}}
    async with client_of(app, key["token"]) as viewer:
        assert (await viewer.get(path)).status_code == 200
        assert (await viewer.post(f"{path}/count", json=audit)).json()["would_ask"] == 0
        assert (await viewer.post(path, json=audit)).status_code == 403
        assert (await viewer.patch(f"{path}/x", json={})).status_code == 403
        names = [each["name"] for each in (await viewer.get("/campaign-strategies")).json()["items"]]
        assert names == [name for name in STRATEGIES if name != "certificate"], "made by its own command alone"

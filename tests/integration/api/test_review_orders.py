"""Orders of review over HTTP; tests/integration/dispatch has their walk."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from job_states import put_in_state
from tandem.events import JobState
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.database import Database

from .conftest import client_of, made


@pytest.fixture
async def jobs(admin: httpx.AsyncClient, project: Any, filled: Any, agent: Any) -> list[Any]:
    body = {"dataset_id": filled["id"], "agent_id": agent["id"]}
    return [await made(admin, f"/projects/{project['id']}/jobs", body | {"name": name}) for name in ("one", "other")]


@pytest.fixture
async def ended(jobs: list[Any], database: Database) -> list[str]:
    for job in jobs:
        await put_in_state(database, job["id"], JobState.COMPLETED)
    return [job["id"] for job in jobs]


async def test_an_order_is_taken_and_says_how_far_it_is(
    admin: httpx.AsyncClient, ended: list[str], database: Database
) -> None:
    answer = await admin.post("/review-orders", json={"jobs": ended, "task": "sentiment", "min_confidence": 0.8})
    assert answer.status_code == 202, answer.text
    order = answer.json()
    assert (order["state"], order["share"], order["differing"], order["jobs"]) == ("open", 0, 0, ended)
    walked = await CampaignWriter(database).claim("w", seconds=9)
    assert walked is not None
    counts = {"picked": 2, "queued": 1, "waiting": 1, "decided": 0, "asked": 1}
    assert await CampaignWriter(database).advance(walked, cursor=5, counts=counts, queues={ended[0]: 1})
    assert not await CampaignWriter(database).advance(walked, cursor=5, counts=counts, queues={}), "counted once"
    shown = (await admin.get(f"/review-orders/{order['id']}")).json()
    assert (shown["share"], shown["queued"], shown["waiting"], shown["queues"]) == (0.5, 1, 1, {ended[0]: 1})


async def test_the_same_order_is_one_and_begins_again_only_when_it_is_done(
    admin: httpx.AsyncClient, ended: list[str], database: Database
) -> None:
    async def placed(**more: Any) -> Any:
        return (await admin.post("/review-orders", json={"jobs": ended, **more})).json()

    params: dict[str, Any] = {"job": ended}
    assert (await admin.get("/review-orders", params=params)).json() == {"items": []}
    first, writer = await placed(), CampaignWriter(database)
    assert (await admin.get("/review-orders", params=params)).json() == {"items": [first]}
    assert (await placed())["id"] == first["id"] != (await placed(task="sentiment"))["id"]
    walked = await writer.claim("w", seconds=9)
    assert walked is not None
    while walked["_id"] != first["id"]:
        walked = await writer.claim("w", seconds=9)
        assert walked is not None
    counts = {"picked": 1, "queued": 1, "waiting": 0, "decided": 0, "asked": 1}
    assert await writer.advance(walked, cursor=10, counts=counts, queues={ended[0]: 1})
    assert await writer.finish({**walked, "cursor": 10, "lease": None}, again=False)
    done = (await admin.get(f"/review-orders/{first['id']}")).json()
    assert (done["state"], done["share"], done["queued"]) == ("done", 1, 1)
    assert done["finished_at"] is not None
    again = await placed()
    assert (again["id"], again["state"], again["queued"], again["finished_at"]) == (first["id"], "open", 0, None)


async def test_jobs_that_have_not_ended_are_waited_for(admin: httpx.AsyncClient, jobs: list[Any]) -> None:
    answer = await admin.post("/review-orders", json={"jobs": [job["id"] for job in jobs]})
    assert (answer.status_code, answer.json()["field"]) == (409, "jobs")
    assert answer.json()["detail"] == "one, other have not ended."


async def test_what_is_wrong_is_told_by_field_and_nothing_is_ordered(
    admin: httpx.AsyncClient, ended: list[str], database: Database
) -> None:
    for body, field in (
        ({"jobs": ended[:1]}, "jobs"),
        ({"jobs": ended, "task": "tone"}, "task"),
        ({"jobs": ended, "min_confidence": 2}, "min_confidence"),
        ({"jobs": ended, "min_confidense": 1}, "min_confidense"),
    ):
        answer = await admin.post("/review-orders", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await admin.post("/review-orders", json={"jobs": [ended[0], "x"]})).status_code == 404
    assert (await admin.get("/review-orders/x")).status_code == 404
    assert await database["campaigns"].count_documents({"strategy": "disagreement"}) == 0


async def test_viewers_may_look_and_not_order(app: FastAPI, admin: httpx.AsyncClient, ended: list[str]) -> None:
    key = await made(admin, "/api-keys", {"name": "v", "role": "viewer"})
    order = (await admin.post("/review-orders", json={"jobs": ended})).json()
    async with client_of(app, key["token"]) as viewer:
        assert (await viewer.post("/review-orders", json={"jobs": ended})).status_code == 403
        assert (await viewer.get(f"/review-orders/{order['id']}")).status_code == 200

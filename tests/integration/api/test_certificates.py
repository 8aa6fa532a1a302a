"""Certificates over HTTP; tests/integration/dispatch has how they are led, tests/e2e a whole one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState
from tandem.store.database import Database

from .labeled import annotate


@pytest.fixture
async def ended(database: Database, job: Any) -> Any:
    await annotate(database, job, ["labeled"] * 9 + ["invalid"])
    await put_in_state(database, job["id"], JobState.COMPLETED)
    return job


async def test_a_certificate_is_planned_opened_and_abandoned(
    admin: httpx.AsyncClient, database: Database, ended: Any
) -> None:
    path = f"/jobs/{ended['id']}/certificates"
    plan = (await admin.post(f"{path}/plan", json={"errors": [0.2], "hourly_usd": 36, "seconds": 10})).json()
    assert (plan["records"], plan["exact"], plan["decided"]) == (9, True, 0)
    (planned,) = plan["errors"]
    assert planned["looks"] == sorted(planned["looks"])
    assert planned["usd"] == [pytest.approx(looks * 0.1, abs=0.4) for looks in planned["looks"]]

    opened = await admin.post(path, json={"errors": [0.2], "by_class": True})
    assert opened.status_code == 202, opened.text
    certificate = opened.json()
    assert (certificate["state"], certificate["rule"], certificate["tasks"]) == (
        "preparing",
        "one_reader",
        ["sentiment"],
    )
    assert len(certificate["key_hash"]) == 64
    assert "key" not in certificate
    assert certificate["certifies"].startswith("At most")
    assert certificate["does_not_certify"].startswith("It says nothing")
    assert (await admin.post(path, json={"errors": [0.2], "by_class": True})).json()["id"] == certificate["id"]
    one = f"{path}/{certificate['id']}"
    audit = {"strategy": "random_audit", "parameters": {"records": 2}}
    refused = {
        path: {"errors": [0.1]},
        f"/jobs/{ended['id']}/campaigns": audit,
        f"/jobs/{ended['id']}/passes": {"outcomes": ["invalid"]},
    }
    for where, body in refused.items():
        answer = await admin.post(where, json=body)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "certificate-open"), answer.text
        assert certificate["id"] in answer.json()["detail"]
    for file in ("document", "page", "export"):
        assert (await admin.get(f"{one}/{file}")).status_code == 409
    assert (await admin.post(f"{one}/close")).status_code == 409, "there is nothing to close yet"
    abandoned = (await admin.post(f"{one}/abandon")).json()
    assert abandoned["state"] == "abandoned"
    assert abandoned["state_reason"].startswith("Abandoned by ")
    assert (await admin.post(f"{one}/abandon")).json()["state"] == "abandoned", "a repeated call changes nothing"
    stored = await database["certificates"].find_one({"_id": certificate["id"]})
    assert stored is not None
    assert "key" not in stored
    assert [each["id"] for each in (await admin.get(path)).json()["items"]] == [certificate["id"]]


@pytest.mark.parametrize(
    ("body", "field", "told"),
    [
        ({"tasks": ["mood"]}, "tasks", "no task 'mood'"),
        ({"rule": "panel"}, "rule", "One reader settles each record"),
        ({"people": ["nobody"]}, "people", "Nobody with the id"),
        ({"close_campaigns": False}, "close_campaigns", "Other campaigns show people the labels"),
    ],
)
async def test_what_cannot_be_certified_is_refused_by_its_field(
    admin: httpx.AsyncClient, ended: Any, body: dict[str, Any], field: str, told: str
) -> None:
    answer = await admin.post(f"/jobs/{ended['id']}/certificates", json=body)
    assert answer.status_code in (409, 422)
    problem = answer.json()
    assert field in str(problem["field"])
    assert told in problem["detail"]
    assert problem["cure"]


async def test_a_job_that_has_not_ended_or_has_no_labels_is_not_certified(
    admin: httpx.AsyncClient, database: Database, job: Any
) -> None:
    path = f"/jobs/{job['id']}/certificates"
    answer = await admin.post(path, json={})
    assert (answer.status_code, answer.json()["field"]) == (409, "job_id")
    await put_in_state(database, job["id"], JobState.COMPLETED)
    answer = await admin.post(path, json={})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "nothing-labeled")

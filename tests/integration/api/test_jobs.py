"""Jobs: checked before they start, steered by their states, counted without gaps."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState, options_of
from tandem.store.database import Database
from tandem.store.jobs.documents import job_published
from tandem.store.jobs.reader import JobReader

from .conftest import import_csv, made, rows
from .labeled import annotate


async def test_a_job_carries_all_that_is_published_of_it(database: Database, job: Any, agent: Any) -> None:
    document = await JobReader(database).get(job["id"])
    assert document is not None
    event = job_published(document)
    assert (event.state, event.revision, event.epoch) == (JobState.RUNNING, 1, 1)
    assert (event.agent.agent_id, event.agent.fingerprint) == (agent["id"], agent["fingerprint"])
    assert [option.value for option in options_of(event.label_schema.tasks[0])] == ["negative", "neutral", "positive"]
    assert event.review_policy.threshold == 0.6
    assert [live["_id"] for live in await JobReader(database).live()] == [job["id"]]


async def test_a_job_takes_what_is_visible_when_it_is_made(
    admin: httpx.AsyncClient, project: Any, filled: Any, agent: Any
) -> None:
    path, body = f"/projects/{project['id']}/jobs", {"dataset_id": filled["id"], "agent_id": agent["id"]}
    whole = await made(admin, path, body)
    part = await made(admin, path, body | {"limit": 4})
    more = await made(admin, path, body | {"limit": 400})
    await import_csv(admin, filled, rows(5, start=10))
    assert [job["size"] for job in (whole, part, more)] == [10, 4, 10]
    assert (await admin.get(f"/jobs/{whole['id']}")).json()["size"] == 10
    assert (await made(admin, path, body))["size"] == 15
    assert whole["name"] == "nearest v1 on 2026"


async def test_all_that_is_wrong_with_a_job_is_told_together(
    admin: httpx.AsyncClient, project: Any, dataset: Any
) -> None:
    body = {"dataset_id": dataset["id"], "agent_id": "none"}
    answer = await admin.post(f"/projects/{project['id']}/jobs", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-job")
    assert [(error["field"], bool(error["cure"])) for error in answer.json()["errors"]] == [
        ("agent_id", True),
        ("dataset_id", True),
    ]
    assert "no records" in answer.json()["errors"][1]["detail"]


async def test_a_prompt_that_does_not_fit_the_records_is_found_before_the_start(
    admin: httpx.AsyncClient, project: Any, filled: Any, label_schema: Any
) -> None:
    body = {"name": "b", "provider": "openai", "model": "any", "label_schema_id": label_schema["id"]}
    agent = await made(admin, f"/projects/{project['id']}/agents", body | {"user_template": "{{ fields.tweet }}"})
    answer = await admin.post(
        f"/projects/{project['id']}/jobs", json={"dataset_id": filled["id"], "agent_id": agent["id"]}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "user_template")
    assert "tweet" in answer.json()["detail"]
    assert "text" in answer.json()["cure"]


async def test_the_states_of_a_job(admin: httpx.AsyncClient, job: Any) -> None:
    async def turn(verb: str) -> tuple[int, Any, Any, Any]:
        answer = await admin.post(f"/jobs/{job['id']}/{verb}")
        body = answer.json()
        return answer.status_code, body["state"], body.get("revision"), body.get("epoch")

    assert await turn("resume") == (409, "running", None, None)
    assert await turn("pause") == (200, "paused", 2, 1)
    assert await turn("pause") == (409, "paused", None, None)
    assert await turn("resume") == (200, "running", 3, 2)
    assert await turn("pause") == (200, "paused", 4, 2)
    assert await turn("cancel") == (200, "cancelled", 5, 2)
    for verb in ("pause", "resume", "cancel"):
        assert await turn(verb) == (409, "cancelled", None, None)
    ended = (await admin.get(f"/jobs/{job['id']}")).json()
    assert ended["state_reason"] == "Cancelled by admin."
    assert ended["started_at"] <= ended["finished_at"]


async def test_a_job_made_without_a_start_waits_for_it(
    admin: httpx.AsyncClient, project: Any, filled: Any, agent: Any
) -> None:
    body = {"dataset_id": filled["id"], "agent_id": agent["id"], "start": False}
    job = await made(admin, f"/projects/{project['id']}/jobs", body)
    assert (job["state"], job["started_at"]) == ("paused", None)
    resumed = (await admin.post(f"/jobs/{job['id']}/resume")).json()
    assert (resumed["state"], resumed["epoch"]) == ("running", 2)
    assert resumed["started_at"]


async def test_a_completed_job_cannot_be_turned(admin: httpx.AsyncClient, job: Any, database: Database) -> None:
    await put_in_state(database, job["id"], JobState.COMPLETED)
    answer = await admin.post(f"/jobs/{job['id']}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (409, "completed")


@pytest.mark.parametrize("low", [0, 2, 5])
async def test_counts_add_up_wherever_the_dispatcher_stands(
    admin: httpx.AsyncClient, job: Any, database: Database, low: int
) -> None:
    outcomes = ["labeled", "labeled", "invalid", "failed", "labeled", "labeled", "invalid"]
    await annotate(database, job, outcomes, unsure={1, 4})
    below = outcomes[:low]
    totals = {outcome: below.count(outcome) for outcome in ("labeled", "invalid", "failed")}
    totals["needs_review"] = len({1, 4} & set(range(low)))
    await database["jobs"].update_one(
        {"_id": job["id"]},
        {
            "$set": {
                "dispatch.low": low,
                "dispatch.cursor": 8,
                "dispatch.totals": totals,
                "dispatch.rate_per_second": 1.5,
            }
        },
    )
    shown = (await admin.get(f"/jobs/{job['id']}")).json()
    assert shown["counts"] == {"labeled": 4, "invalid": 2, "failed": 1, "not_run": 3, "needs_review": 2, "reviewed": 0}
    assert (shown["rate_per_second"], shown["eta_seconds"]) == (1.5, 2.0)
    listed = (await admin.get(f"/projects/{job['project_id']}/jobs")).json()["items"]
    assert listed == [shown]


async def test_jobs_are_listed_newest_first_in_pages(
    admin: httpx.AsyncClient, project: Any, filled: Any, agent: Any
) -> None:
    path = f"/projects/{project['id']}/jobs"
    body = {"dataset_id": filled["id"], "agent_id": agent["id"]}
    ids = [(await made(admin, path, body))["id"] for _ in range(5)]
    found: list[str] = []
    after: str | None = None
    while True:
        page = (await admin.get(path, params={"limit": 2} | ({"after": after} if after else {}))).json()
        found += [job["id"] for job in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert found == ids[::-1]

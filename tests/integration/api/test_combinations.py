"""Several jobs' labels made into a job of their own: what is checked and estimated before it is made."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database
from tandem.store.jobs.reader import JobReader

from .conftest import import_csv, made, rows
from .labeled import LABELS, annotation


async def ended_jobs(admin: httpx.AsyncClient, database: Database, shares: list[float], **made_of: Any) -> list[Any]:
    """A job for each share of right labels."""
    jobs = []
    for number, share in enumerate(shares):
        draw = random.Random(number)  # noqa: S311 - draws a case
        body = {"dataset_id": made_of["dataset"]["id"], "agent_id": made_of["agent"]["id"], "name": f"agent {number}"}
        job = await made(admin, f"/projects/{made_of['agent']['project_id']}/jobs", body)
        documents = [annotation(job, seq, "labeled") for seq in range(600)]
        for seq, document in enumerate(documents):
            wrong = 0 if draw.random() < share else draw.choice((1, 2))
            document["labels"][0]["value"] = LABELS[(seq + wrong) % 3]
        await AnnotationWriter(database).insert_first(documents)
        await put_in_state(database, job["id"], JobState.CANCELLED)
        jobs.append(job)
    return jobs


async def test_a_combination_is_a_job_that_asks_nobody(
    admin: httpx.AsyncClient, database: Database, dataset: Any, agent: Any
) -> None:
    await import_csv(admin, dataset, rows(600))
    jobs = await ended_jobs(admin, database, [0.9, 0.8], dataset=dataset, agent=agent)
    body = {"jobs": [job["id"] for job in jobs], "review_policy": {"threshold": 1}}
    combination = await made(admin, "/combinations", body)
    job = combination["job"]
    assert (job["kind"], job["sources"], job["asks_model"]) == ("combined", body["jobs"], False)
    assert (job["size"], job["state"], job["name"]) == (600, "running", "Vote of 2 agents: agent 0, agent 1")
    assert combination["estimated"] == []
    stored = await JobReader(database).get(job["id"])
    assert stored is not None
    assert stored["making"] == {"method": "vote", "estimates": []}


async def test_agents_are_weighed_by_how_often_they_are_right(
    admin: httpx.AsyncClient, database: Database, dataset: Any, agent: Any
) -> None:
    await import_csv(admin, dataset, rows(600))
    shares = [0.95, 0.8, 0.6]
    jobs = await ended_jobs(admin, database, shares, dataset=dataset, agent=agent)
    combination = await made(
        admin, "/combinations", {"jobs": [job["id"] for job in jobs], "method": "dawid_skene", "name": "weighed"}
    )
    assert combination["sampled"] == 600
    assert [each["accuracy"] for each in combination["estimated"]] == pytest.approx(shares, abs=0.05)
    stored = await JobReader(database).get(combination["job"]["id"])
    assert stored is not None
    (estimate,) = stored["making"]["estimates"]
    assert (estimate["task"], estimate["labels"], sum(estimate["priors"])) == (
        "sentiment",
        list(LABELS),
        pytest.approx(1),
    )


async def test_what_cannot_be_combined_says_why(
    admin: httpx.AsyncClient, database: Database, project: Any, filled: Any, agent: Any
) -> None:
    body = {"dataset_id": filled["id"], "agent_id": agent["id"]}
    jobs = [await made(admin, f"/projects/{project['id']}/jobs", body | {"name": name}) for name in ("one", "other")]
    ids = [job["id"] for job in jobs]
    running = await admin.post("/combinations", json={"jobs": ids})
    assert (running.status_code, running.json()["detail"]) == (409, "one, other have not ended.")
    for job_id in ids:
        await put_in_state(database, job_id, JobState.CANCELLED)
    two = await admin.post("/combinations", json={"jobs": ids, "method": "dawid_skene"})
    assert (two.status_code, two.json()["field"], two.json()["cure"]) == (422, "method", "Combine by vote.")
    once = await admin.post("/combinations", json={"jobs": ids[:1]})
    assert once.json()["type"].endswith("not-comparable")

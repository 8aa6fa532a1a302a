"""Subsets: records chosen once, saved under a name, for jobs to run over."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow
from tandem.store.jobs.documents import selected
from tandem.store.jobs.reader import JobReader

from .conftest import made
from .labeled import annotate

OUTCOMES = ["labeled", "failed", "invalid", "labeled", "failed", "labeled", "invalid", "failed", "labeled", "labeled"]


@pytest.fixture
async def ended(database: Database, job: Any) -> Any:
    """Ten records ended, labels 3 and 8 unsure; a person decided on record 5."""
    await annotate(database, job, OUTCOMES, unsure={3, 8})
    decision = AppliedDecision(job["id"], 5, 1, {"sentiment": "positive"}, 1, {}, False, "Ada", utcnow())
    await AnnotationWriter(database).apply_decisions([decision])
    await put_in_state(database, job["id"], JobState.COMPLETED)
    return job


async def subset(admin: httpx.AsyncClient, job: Any, name: str, definition: Any) -> Any:
    return await made(admin, f"/datasets/{job['dataset_id']}/subsets", {"name": name, "definition": definition})


@pytest.mark.parametrize(
    ("definition", "size"),
    [
        ({}, 10),
        ({"outcomes": ["failed", "invalid"]}, 5),
        ({"reasons": ["no_label"]}, 2),
        ({"labels": {"sentiment": ["positive"]}}, 2),  # record 8 by the model, 5 by a person
        ({"below_confidence": 0.5}, 2),
        ({"least_confidence": 0.5, "outcomes": ["labeled"]}, 3),
        ({"verified": True}, 1),
        ({"verified": False, "outcomes": ["labeled"]}, 4),
    ],
)
async def test_records_of_a_job_are_chosen_by_what_became_of_them(
    admin: httpx.AsyncClient, ended: Any, definition: Any, size: int
) -> None:
    body = {"definition": {"kind": "job", "job_id": ended["id"], **definition}}
    counted = await admin.post(f"/datasets/{ended['dataset_id']}/subsets/count", json=body)
    assert (counted.status_code, counted.json()) == (200, {"records": size, "blind": 0})


async def test_a_job_runs_over_a_subset_that_stays_as_it_was(
    admin: httpx.AsyncClient, database: Database, ended: Any, agent: Any
) -> None:
    failed = await subset(admin, ended, "failed", {"kind": "job", "job_id": ended["id"], "outcomes": ["failed"]})
    few = await subset(admin, ended, "few", {"kind": "records", "record_ids": ["t1", "t2", "t7"]})
    both = await subset(
        admin, ended, "both", {"kind": "combined", "operation": "intersection", "subset_ids": [failed["id"], few["id"]]}
    )
    assert [each["size"] for each in (failed, few, both)] == [3, 3, 2]
    listed = (await admin.get(f"/datasets/{ended['dataset_id']}/subsets", params={"limit": 2})).json()
    assert [each["name"] for each in listed["items"]] == ["both", "failed"]
    rest = await admin.get(f"/datasets/{ended['dataset_id']}/subsets", params={"limit": 2, "after": listed["next"]})
    assert [each["name"] for each in rest.json()["items"]] == ["few"]
    body = {"dataset_id": ended["dataset_id"], "agent_id": agent["id"], "subset_id": both["id"]}
    checked = (await admin.post(f"/projects/{ended['project_id']}/jobs/check?probe=false", json=body)).json()
    assert (checked["ok"], checked["estimate"]["records"]) == (True, 2)
    job = await made(admin, f"/projects/{ended['project_id']}/jobs", body)
    assert (job["size"], job["subset_id"], job["counts"]["not_run"]) == (2, both["id"], 2)
    document = await JobReader(database).get(job["id"])
    assert document is not None
    assert set(selected(document)) == {1, 7}
    assert document["dispatch"]["announced"] is None, "an older dispatcher would take the set for a range"
    lines = (await admin.get(f"/jobs/{job['id']}/export", params={"format": "jsonl"})).text.splitlines()
    assert len(lines) == 2
    assert (await admin.delete(f"/subsets/{both['id']}")).status_code == 204
    assert (await admin.get(f"/subsets/{both['id']}")).status_code == 404
    assert (await admin.get(f"/jobs/{job['id']}")).json()["size"] == 2
    again = {"subset_id": failed["id"], "outcomes": ["failed", "invalid"]}
    found = (await admin.post(f"/jobs/{ended['id']}/passes/check", json=again)).json()
    assert (found["ok"], found["records"]) == (True, 3)


async def test_definitions_are_combined_without_being_saved_first(admin: httpx.AsyncClient, ended: Any) -> None:
    few = await subset(admin, ended, "few", {"kind": "records", "record_ids": ["t1", "t2", "t7"]})
    saved = {"kind": "subset", "subset_id": few["id"]}
    failed = {"kind": "job", "job_id": ended["id"], "outcomes": ["failed"]}
    found = {"kind": "found", "job_id": ended["id"], "where": "outcome = invalid"}

    def combined(operation: str, *parts: Any) -> Any:
        return {"kind": "combined", "operation": operation, "definitions": parts}

    either = combined("union", failed, found)
    rest = combined("difference", {"kind": "all"}, either)
    for definition, size in ((either, 5), (rest, 5), (combined("intersection", saved, failed), 2), (saved, 3)):
        counted = await admin.post(f"/datasets/{ended['dataset_id']}/subsets/count", json={"definition": definition})
        assert counted.json() == {"records": size, "blind": 0}
    made_of = await subset(admin, ended, "none of them", rest)
    assert (made_of["size"], made_of["definition"]["operation"]) == (5, "difference")
    for faulty in (combined("union", saved), combined("union", saved, saved) | {"subset_ids": [few["id"]] * 2}):
        answer = await admin.post(f"/datasets/{ended['dataset_id']}/subsets/count", json={"definition": faulty})
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("definition", "status", "field"),
    [
        ({"kind": "records", "record_ids": ["t1", "nobody"]}, 422, "definition.record_ids"),
        ({"kind": "job", "job_id": "none"}, 404, None),
        ({"kind": "combined", "operation": "union", "subset_ids": ["a", "b"]}, 422, "definition.subset_ids"),
        ({"kind": "dreams"}, 422, "definition"),
    ],
)
async def test_a_definition_that_selects_nothing_names_its_field(
    admin: httpx.AsyncClient, ended: Any, definition: Any, status: int, field: str | None
) -> None:
    path, body = f"/datasets/{ended['dataset_id']}/subsets", {"name": "new", "definition": definition}
    answer = await admin.post(path, json=body)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert (await admin.get(path)).json()["items"] == []


async def test_a_name_is_given_once_in_a_data_set(admin: httpx.AsyncClient, ended: Any) -> None:
    await subset(admin, ended, "few", {"kind": "records", "record_ids": ["t1"]})
    body = {"name": "few", "definition": {"kind": "records", "record_ids": ["t2"]}}
    answer = await admin.post(f"/datasets/{ended['dataset_id']}/subsets", json=body)
    assert (answer.status_code, answer.json()["field"]) == (409, "name")

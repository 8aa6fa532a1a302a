"""Which records go to people, task by task: what may be said when a job is made, and what its default is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import made

CHOICE = {"kind": "single_choice", "name": "sentiment", "options": [{"value": "good"}, {"value": "bad"}]}
SUMMARY = {"kind": "text", "name": "summary"}


@pytest.fixture
async def wanted(admin: httpx.AsyncClient, project: Any, filled: Any) -> Any:
    """What a job of a choice and a free text is made of."""
    return await _wanted(admin, project, filled, [CHOICE, SUMMARY])


async def _wanted(admin: httpx.AsyncClient, project: Any, filled: Any, tasks: list[Any], **agent: Any) -> Any:
    name = "-".join(task["name"] for task in tasks)
    schema = await made(admin, f"/projects/{project['id']}/label-schemas", {"name": name, "tasks": tasks})
    body = {"name": name, "provider": "offline", "model": "nearest-label", "label_schema_id": schema["id"], **agent}
    made_agent = await made(admin, f"/projects/{project['id']}/agents", body)
    return {"dataset_id": filled["id"], "agent_id": made_agent["id"]}


async def policy_warnings(admin: httpx.AsyncClient, project: Any, wanted: Any) -> list[str]:
    answer = await admin.post(f"/projects/{project['id']}/jobs/check", json=wanted, params={"probe": False})
    return [each["detail"] for each in answer.json()["warnings"] if each["field"] == "review_policy"]


async def test_free_text_is_left_to_the_other_tasks_and_the_check_says_so(
    admin: httpx.AsyncClient, project: Any, wanted: Any
) -> None:
    (told,) = await policy_warnings(admin, project, wanted)
    assert "'summary' can have no confidence" in told
    job = await made(admin, f"/projects/{project['id']}/jobs", wanted)
    assert job["review_policy"]["review_without_confidence"] is True
    assert job["review_policy"]["tasks"] == {"summary": {"threshold": None, "review_without_confidence": False}}


async def test_whoever_wants_all_free_text_reviewed_says_so_and_is_told_what_it_means(
    admin: httpx.AsyncClient, project: Any, wanted: Any
) -> None:
    tasks = {"summary": {"review_without_confidence": True}, "sentiment": {"threshold": 0.9}}
    wanted |= {"review_policy": {"threshold": 0.5, "tasks": tasks}}
    (told,) = await policy_warnings(admin, project, wanted)
    assert told.startswith("Every record will go to people: 'summary'")
    job = await made(admin, f"/projects/{project['id']}/jobs", wanted)
    assert job["review_policy"]["threshold"] == 0.5
    assert job["review_policy"]["tasks"]["summary"]["review_without_confidence"] is True
    assert job["review_policy"]["tasks"]["sentiment"] == {"threshold": 0.9, "review_without_confidence": None}


async def test_of_text_alone_every_record_goes_to_people(admin: httpx.AsyncClient, project: Any, filled: Any) -> None:
    wanted = await _wanted(admin, project, filled, [SUMMARY])
    (told,) = await policy_warnings(admin, project, wanted)
    assert told.startswith("Every record will go to people")
    assert (await made(admin, f"/projects/{project['id']}/jobs", wanted))["review_policy"]["tasks"] == {}


async def test_strategies_that_measure_text_need_no_exception(
    admin: httpx.AsyncClient, project: Any, filled: Any
) -> None:
    wanted = await _wanted(admin, project, filled, [CHOICE, SUMMARY], confidence_strategy="stated")
    assert await policy_warnings(admin, project, wanted) == []
    assert (await made(admin, f"/projects/{project['id']}/jobs", wanted))["review_policy"]["tasks"] == {}


WRONG: list[tuple[Any, str, str | None]] = [
    ({"tone": {"threshold": 0.5}}, "review_policy.tasks.tone", "It has sentiment, summary."),
    ({"sentiment": {"treshold": 0.5}}, "review_policy.tasks.sentiment.treshold", "Did you mean threshold?"),
    ({"sentiment": {"threshold": 1.5}}, "review_policy.tasks.sentiment.threshold", None),
]


async def test_what_is_wrong_with_a_tasks_policy_is_told_by_field(
    admin: httpx.AsyncClient, project: Any, wanted: Any
) -> None:
    for tasks, field, cure in WRONG:
        answer = await admin.post(f"/projects/{project['id']}/jobs", json={**wanted, "review_policy": {"tasks": tasks}})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert cure is None or answer.json()["cure"] == cure
    assert (await admin.get(f"/projects/{project['id']}/jobs")).json()["items"] == []

"""An agent's prompt: its examples are checked when it is made, and the preview tells where each text comes from."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tandem.store.database import Database, utcnow
from templates_that_go_too_far import LONG_POWER, NESTED_LISTS, WORDS, counted_turns

from .conftest import import_csv, made
from .labeled import annotate
from .test_resources import agent_body

GOOD = {"fields": {"text": "what a day"}, "values": {"sentiment": "positive"}}


async def test_a_preview_marks_what_comes_from_record_schema_and_examples(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, filled: Any
) -> None:
    body = agent_body(label_schema, examples=[GOOD], provider="openai", model="gpt-4o-mini")
    agent = await made(admin, f"/projects/{project['id']}/agents", body)
    assert agent["examples"] == [GOOD]
    preview = await admin.post(f"/agents/{agent['id']}/preview", json={"dataset_id": filled["id"], "limit": 1})
    (prompt,) = preview.json()["items"]
    assert [message["role"] for message in prompt["messages"]] == ["system", "user", "assistant", "user"]
    assert [{each["source"] for each in message["segments"]} for message in prompt["messages"]] == [
        {"template", "label_schema"},
        {"example"},
        {"example"},
        {"record"},
    ]
    for message in prompt["messages"]:
        assert "".join(segment["text"] for segment in message["segments"]) == message["content"]
    estimate = prompt["estimate"]
    assert estimate["counted_by"] == "estimate"
    assert 20 < estimate["prompt_tokens"]["low"] < estimate["prompt_tokens"]["likely"]
    assert 0 < estimate["usd"]["low"] < estimate["usd"]["likely"] < estimate["usd"]["high"] < 0.01


async def test_a_preview_says_where_a_price_is_not_known(admin: httpx.AsyncClient, agent: Any, filled: Any) -> None:
    preview = await admin.post(f"/agents/{agent['id']}/preview", json={"dataset_id": filled["id"], "limit": 1})
    estimate = preview.json()["items"][0]["estimate"]
    assert estimate["usd"] is None
    assert "No price is known of offline/nearest-label" in estimate["note"]


async def test_a_preview_shows_drawn_examples_or_says_that_there_are_none(
    admin: httpx.AsyncClient, label_schema: Any, filled: Any, job: Any, database: Database
) -> None:
    project = {"id": job["project_id"]}
    body = agent_body(label_schema, drawn_examples={"by": "balanced", "count": 2})
    agent = await made(admin, f"/projects/{project['id']}/agents", body)
    path, wanted = f"/agents/{agent['id']}/preview", {"dataset_id": filled["id"], "limit": 2}
    other = {"by": "nearest", "job_ids": [job["id"]]}
    before = (await admin.post(path, json=wanted)).json()
    assert "no verified record" in before["notice"]
    await annotate(database, job, ["labeled"] * 4)
    await database["annotations"].update_many(
        {"job_id": job["id"], "seq": {"$in": [0, 1, 2]}},
        {"$set": {"verification": {"values": {"sentiment": "neutral"}, "decided_at": utcnow()}}},
    )
    likewise = await made(
        admin, f"/projects/{project['id']}/agents", agent_body(label_schema, name="b", drawn_examples=other)
    )
    after = (await admin.post(f"/agents/{likewise['id']}/preview", json=wanted)).json()
    assert after["notice"] is None
    for prompt, shown in zip(after["items"], ({1, 2}, {0, 2}), strict=True):
        texts = {message["content"] for message in prompt["messages"][1:-1] if message["role"] == "user"}
        assert texts == {f"this is text {seq}" for seq in shown}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"examples": [GOOD | {"values": {"sentiment": "meh"}}]}, ["examples[0].values.sentiment"]),
        ({"examples": [GOOD, GOOD | {"values": {"tone": "x"}}]}, ["examples[1].values", "examples[1].values"]),
        ({"examples": [{"fields": {}, "values": {"sentiment": "positive"}}]}, ["examples[0].fields"]),
        (
            {"examples": [GOOD], "user_template": "{{ fields.premise }} {{ fields.title }}"},
            ["examples[0].fields", "examples[0].fields"],
        ),
        ({"examples": [{"fields": {"text": "x" * 70_000}, "values": GOOD["values"]}]}, ["examples"]),
        ({"examples": [GOOD] * 21}, ["examples"]),
        ({"drawn_examples": {"by": "balanced", "task": "tone"}}, ["drawn_examples.task"]),
        ({"drawn_examples": {"by": "nearest", "task": "sentiment"}}, ["drawn_examples.task"]),
        (
            {"drawn_examples": {"by": "nearest", "dataset_id": "d", "job_ids": ["j"]}},
            ["drawn_examples.dataset_id", "drawn_examples.job_ids[0]"],
        ),
        ({"drawn_examples": {"by": "nearest", "count": 21}}, ["drawn_examples.count"]),
        ({"confidence_strategy": "agreement"}, ["parameters.samples"]),
        (
            {"provider": "mine", "examples": [GOOD | {"values": {"sentiment": "meh"}}], "user_template": "{{ x }}"},
            ["provider", "user_template", "examples[0].values.sentiment"],
        ),
    ],
)
async def test_what_is_wrong_with_examples_is_told_together_with_the_cure(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, change: dict[str, Any], fields: list[str]
) -> None:
    answer = await admin.post(f"/projects/{project['id']}/agents", json=agent_body(label_schema, **change))
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    told = problem.get("errors") or [problem]
    assert [error["field"] for error in told] == fields
    if problem["type"] == "/problems/invalid-agent":
        assert all(error["cure"] for error in told)


async def test_examples_and_how_they_are_drawn_are_part_of_what_an_agent_is(
    admin: httpx.AsyncClient, project: Any, label_schema: Any
) -> None:
    path = f"/projects/{project['id']}/agents"
    changes: list[dict[str, Any]] = [
        {},
        {"examples": [GOOD]},
        {"drawn_examples": {"by": "nearest"}},
        {"drawn_examples": {"by": "nearest", "count": 3}},
        {"confidence_strategy": "stated"},
    ]
    prints = [(await made(admin, path, agent_body(label_schema, **change)))["fingerprint"] for change in changes]
    assert len(set(prints)) == len(changes)


async def test_an_agent_may_go_without_a_system_message(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, dataset: Any
) -> None:
    await import_csv(admin, dataset, "id,text\n1,a\n")
    body = agent_body(label_schema, system_template="", user_template="Is {{ fields.text }} {{ answer_form }}?")
    agent = await made(admin, f"/projects/{project['id']}/agents", body)
    preview = await admin.post(f"/agents/{agent['id']}/preview", json={"dataset_id": dataset["id"]})
    (message,) = preview.json()["items"][0]["messages"]
    assert message["content"] == 'Is a {"sentiment": "<label>"}?'


async def test_a_draft_is_previewed_and_not_made(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, filled: Any
) -> None:
    path = f"/projects/{project['id']}/agents"
    draft = {"agent": agent_body(label_schema, user_template="Say: {{ fields.text }}"), "dataset_id": filled["id"]}
    preview = await admin.post(f"{path}/preview", json=draft)
    assert preview.json()["items"][0]["messages"][-1]["content"] == "Say: this is text 0"
    assert (await admin.get(path)).json()["items"] == []
    draft["agent"] = agent_body(label_schema, provider="mine", user_template="{{ fields.x }} {{ y }}")
    refused = await admin.post(f"{path}/preview", json=draft)
    assert [error["field"] for error in refused.json()["errors"]] == ["provider", "user_template"]


@pytest.mark.parametrize(
    ("user_template", "detail"),
    [
        (NESTED_LISTS, "more than 0.1 s of CPU time to render"),
        (LONG_POWER, "more than 0.1 s of CPU time to render"),
        ("{{ fields.text" + " == 1" * 3900 + " }}", "more than 5,000 words and signs of code"),
        ("{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}{{ fields.text }}", "'macro' is not available"),
    ],
)
async def test_templates_that_go_too_far_are_refused_when_the_agent_is_made_and_the_api_goes_on(
    admin: httpx.AsyncClient, label_schema: Any, filled: Any, user_template: str, detail: str
) -> None:
    path = f"/projects/{label_schema['project_id']}/agents"
    body = agent_body(label_schema, user_template=user_template)
    async with counted_turns() as turns:
        refused = await admin.post(path, json=body)
        assert turns[0] >= 2
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == "user_template"
    assert detail in error["detail"]
    assert error["cure"]
    preview = await admin.post(f"{path}/preview", json={"agent": body, "dataset_id": filled["id"]})
    assert preview.status_code == 422
    assert detail in preview.json()["errors"][0]["detail"]
    assert (await admin.get(path)).json()["items"] == []


async def test_what_is_too_slow_for_the_records_of_a_data_set_is_told_before_the_job_starts(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, dataset: Any
) -> None:
    quadratic = (
        "{% for a in fields.text %}{% for b in fields.text %}{% if a == b %}{% endif %}{% endfor %}{% endfor %}."
    )
    body = agent_body(label_schema, user_template=quadratic)
    agent = await made(admin, f"/projects/{project['id']}/agents", body)
    await import_csv(admin, dataset, "id,text\n1," + "a" * 5000 + "\n")
    wanted = {"dataset_id": dataset["id"], "agent_id": agent["id"]}
    for answer in (
        await admin.post(f"/projects/{project['id']}/jobs", json=wanted),
        await admin.post(f"/agents/{agent['id']}/preview", json={"dataset_id": dataset["id"]}),
        await admin.post(f"/agents/{agent['id']}/try", json={"dataset_id": dataset["id"], "limit": 1}),
    ):
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert error["field"] == "user_template"
        assert "more than" in error["detail"]
    check = await admin.post(f"/projects/{project['id']}/jobs/check?probe=false", json=wanted)
    assert check.json()["ok"] is False


async def test_templates_that_a_child_process_renders_are_previewed_and_estimated(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, filled: Any
) -> None:
    agent = await made(admin, f"/projects/{project['id']}/agents", agent_body(label_schema, user_template=WORDS))
    preview = await admin.post(f"/agents/{agent['id']}/preview", json={"dataset_id": filled["id"], "limit": 1})
    (prompt,) = preview.json()["items"]
    assert prompt["messages"][-1]["content"] == "this is text 0"
    assert {each["source"] for each in prompt["messages"][-1]["segments"]} == {"record", "template"}
    wanted = {"dataset_id": filled["id"], "agent_id": agent["id"]}
    check = (await admin.post(f"/projects/{project['id']}/jobs/check?probe=false", json=wanted)).json()
    assert check["ok"], check
    assert check["estimate"]["sampled"] == 10

"""Projects, label schemas, agents, providers; and errors of any kind."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from .conftest import LABELS, import_csv, made


async def test_projects_are_listed_by_name_in_pages(admin: httpx.AsyncClient) -> None:
    for name in ("c", "a", "b"):
        await made(admin, "/projects", {"name": name})
    first = (await admin.get("/projects?limit=2")).json()
    second = (await admin.get("/projects", params={"limit": 2, "after": first["next"]})).json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next"] is None


@pytest.mark.parametrize("kind", ["/projects", "/projects/{id}/datasets"])
async def test_a_name_is_given_once(admin: httpx.AsyncClient, project: Any, kind: str) -> None:
    path = kind.format(id=project["id"])
    await made(admin, path, {"name": "mine"})
    answer = await admin.post(path, json={"name": "mine"})
    assert (answer.status_code, answer.json()["type"], answer.json()["field"]) == (409, "/problems/name-taken", "name")


def schema_body(*values: str) -> dict[str, Any]:
    options = [{"value": value} for value in values]
    return {"name": "mood", "tasks": [{"kind": "single_choice", "name": "mood", "options": options}]}


async def test_an_equal_label_schema_is_the_version_that_is_there_and_another_is_a_new_one(
    admin: httpx.AsyncClient, project: Any
) -> None:
    path = f"/projects/{project['id']}/label-schemas"
    first = await admin.post(path, json=schema_body("good", "bad"))
    again = await admin.post(path, json=schema_body("good", "bad"))
    other = await admin.post(path, json=schema_body("good", "bad", "so so"))
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 201]
    assert again.json() == first.json()
    assert (first.json()["version"], other.json()["version"]) == (1, 2)
    assert (await admin.get(f"/label-schemas/{first.json()['id']}")).json() == first.json()


async def test_versions_made_at_once_are_numbered_without_gaps(admin: httpx.AsyncClient, project: Any) -> None:
    path = f"/projects/{project['id']}/label-schemas"
    made_at_once = await asyncio.gather(*(admin.post(path, json=schema_body("a", f"b{n}")) for n in range(4)))
    assert sorted(answer.json()["version"] for answer in made_at_once) == [1, 2, 3, 4]


async def test_a_bad_label_schema_is_told_with_the_field(admin: httpx.AsyncClient, project: Any) -> None:
    path = f"/projects/{project['id']}/label-schemas"
    answer = await admin.post(path, json=schema_body("Good", "good "))
    assert answer.status_code == 422
    assert "differ only in case or spaces" in answer.json()["detail"]
    assert answer.json()["field"] == "tasks[0]"
    misspelt = await admin.post("/projects", json={"name": "x", "descripton": "y"})
    assert misspelt.json()["field"] == "descripton"


def agent_body(label_schema: Any, **more: Any) -> dict[str, Any]:
    return {
        "name": "a",
        "provider": "offline",
        "model": "nearest-label",
        "label_schema_id": label_schema["id"],
    } | more


async def test_an_agent_gets_its_templates_from_the_label_schema(
    admin: httpx.AsyncClient, agent: Any, filled: Any
) -> None:
    assert agent["version"] == 1
    answer = await admin.post(f"/agents/{agent['id']}/preview", json={"dataset_id": filled["id"], "limit": 2})
    assert answer.status_code == 200, answer.text
    prompts = answer.json()["items"]
    assert [prompt["record_id"] for prompt in prompts] == ["t0", "t1"]
    system, user = prompts[0]["messages"]
    assert all(label in system["content"] for label in LABELS)
    assert "this is text 0" in user["content"]


async def test_an_equal_agent_is_the_version_that_is_there_and_another_is_a_new_one(
    admin: httpx.AsyncClient, project: Any, label_schema: Any
) -> None:
    path = f"/projects/{project['id']}/agents"
    first = await admin.post(path, json=agent_body(label_schema))
    again = await admin.post(path, json=agent_body(label_schema, parameters={"temperature": 0.0}))
    other = await admin.post(path, json=agent_body(label_schema, parameters={"temperature": 1.0}))
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 201]
    assert again.json() == first.json()
    assert other.json()["version"] == 2
    assert other.json()["fingerprint"] != first.json()["fingerprint"]
    listed = (await admin.get(path, params={"limit": 1})).json()
    rest = (await admin.get(path, params={"limit": 1, "after": listed["next"]})).json()
    assert [item["version"] for item in listed["items"] + rest["items"]] == [1, 2]
    assert rest["next"] is None


async def test_all_that_is_wrong_with_an_agent_is_told_together(
    admin: httpx.AsyncClient, project: Any, label_schema: Any
) -> None:
    body = agent_body(label_schema, provider="mine", user_template="{{ fields.text }")
    answer = await admin.post(f"/projects/{project['id']}/agents", json=body)
    assert answer.status_code == 422
    provider, template = answer.json()["errors"]
    assert provider["field"] == "provider"
    assert "offline, openai" in provider["cure"]
    assert template["field"] == "user_template"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "unknown"}, "model"),
        ({"label_schema_id": "none"}, "label_schema_id"),
        ({"system_template": "{{ fields.text }}"}, "system_template"),
        ({"user_template": "no record in it"}, "user_template"),
        ({"user_template": "{{ fields.text }} {{ nothing }}"}, "user_template"),
        ({"base_url": "http://169.254.169.254/"}, "base_url"),
        ({"parameters": {"temperature": 3}}, "parameters.temperature"),
    ],
)
async def test_what_cannot_work_is_refused_before_anything_is_paid_for(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, change: dict[str, Any], field: str
) -> None:
    answer = await admin.post(f"/projects/{project['id']}/agents", json=agent_body(label_schema, **change))
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field


async def test_a_template_may_read_fields_of_any_name(
    admin: httpx.AsyncClient, project: Any, label_schema: Any
) -> None:
    body = agent_body(label_schema, user_template="{{ fields.premise }} / {{ fields['hypothesis'] }}")
    assert (await admin.post(f"/projects/{project['id']}/agents", json=body)).status_code == 201


async def test_a_preview_tells_which_field_the_data_set_has_not(
    admin: httpx.AsyncClient, project: Any, dataset: Any, label_schema: Any
) -> None:
    body = agent_body(label_schema, user_template="{{ fields.premise }}")
    agent = await made(admin, f"/projects/{project['id']}/agents", body)
    await import_csv(admin, dataset, "id,text\n1,a\n")
    answer = await admin.post(f"/agents/{agent['id']}/preview", json={"dataset_id": dataset["id"]})
    assert (answer.status_code, answer.json()["field"]) == (422, "user_template")
    assert "premise" in answer.json()["detail"]


async def test_providers_are_names_and_models_alone(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/providers")).json()["items"] == [
        {"name": "offline", "models": ["nearest-label"], "default_model": "nearest-label"},
        {"name": "openai", "models": [], "default_model": None},
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/projects/none", 404, "not-found"),
        ("GET", "/nowhere", 404, "no-such-route"),
        ("PUT", "/projects", 405, "method-not-allowed"),
        ("GET", "/projects?limit=0", 422, "invalid-request"),
        ("GET", "/projects?limits=1", 422, "unknown-parameter"),
        ("GET", "/jobs/none/annotations?outcomes=failed", 422, "unknown-parameter"),
        ("POST", "/jobs/none/pause?now=true", 422, "unknown-parameter"),
        ("GET", "/projects?after=%21%21", 422, "invalid-cursor"),
        ("GET", "/projects?after=WzFd", 422, "invalid-cursor"),
    ],
)
async def test_every_error_is_a_problem(
    admin: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await admin.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{code}", status)
    assert problem["detail"]


async def test_a_body_above_a_megabyte_is_refused_said_or_unsaid(admin: httpx.AsyncClient) -> None:
    said = await admin.post("/projects", json={"name": "x", "description": "x" * 1_100_000})
    assert (said.status_code, said.json()["type"]) == (413, "/problems/body-too-large")

    async def unsaid() -> Any:
        for _ in range(200):
            yield b"x" * 10_000

    answer = await admin.post("/projects", content=unsaid(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")


async def test_broken_json_is_told(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/projects", content=b'{"name": ', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


async def test_answers_are_private_and_no_other_origin_is_let_in(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/projects", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_names_that_differ_by_case_alone_are_refused(admin: httpx.AsyncClient, project: Any) -> None:
    for path, name, other in (("/projects", "Tweets", "tweets"), (f"/projects/{project['id']}/datasets", "ΣΕΤ", "σετ")):
        await admin.post(path, json={"name": other})
        refused = await admin.post(path, json={"name": name})
        assert (refused.status_code, repr(other) in refused.json()["detail"]) == (409, True), refused.text


async def test_numbers_of_thousands_of_digits_are_the_callers_fault(
    admin: httpx.AsyncClient, project: Any, dataset: Any
) -> None:
    digits = "9" * 4400
    json_body: dict[str, Any] = {"content": f'{{"name": {digits}}}', "headers": {"content-type": "application/json"}}
    answers = [
        await admin.get(f"/jobs/j/annotations/{digits}"),
        await admin.get(f"/projects?limit={digits}"),
        await admin.get(f"/datasets/{dataset['id']}/find", params={"where": f"length > {digits}"}),
        await admin.post("/projects", **json_body),
        await admin.post("/login-links", **json_body),
        await admin.post(f"/projects/{project['id']}/label-schemas", **json_body),
        await admin.post(
            f"/datasets/{dataset['id']}/imports?format=jsonl&text_column=text", content=f'{{"text": {digits}}}\n'
        ),
        await admin.post("/import-preview", content=f'{{"text": {digits}}}\n'),
        await admin.get("/projects", headers={"traceparent": f"00-{digits}-{digits}-01"}),
    ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == [], [
        answer.text[:300] for answer in answers
    ]

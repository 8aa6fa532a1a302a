"""Label schemas of several tasks, over HTTP: made, made again, exported and imported."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import yaml
from pymongo.database import Database as MongoDatabase

from .conftest import made

TICKETS = """
name: ticket
tasks:
  - name: topic
    kind: multiple_choice
    at_least: 1
    options: [billing, bug, {value: how_to, name: How to, aliases: [question], color: "#1565c0", key: h}]
  - name: urgent
    options: [no, yes]
  - name: parts
    kind: span
    options: [product, person]
    attributes: [{name: role, options: [customer, staff]}]
  - {name: amount, kind: number, minimum: 0, maximum: 10000, step: 0.01, unit: USD}
  - {name: summary, kind: text, max_length: 80}
"""


async def sent(client: httpx.AsyncClient, project: Any, content: str, **params: str) -> httpx.Response:
    return await client.post(f"/projects/{project['id']}/label-schemas/import", content=content, params=params)


async def test_a_file_makes_a_schema_of_all_kinds_and_its_export_makes_the_same(
    admin: httpx.AsyncClient, project: Any
) -> None:
    first = await sent(admin, project, TICKETS)
    assert first.status_code == 201, first.text
    schema = first.json()
    kinds = ["multiple_choice", "single_choice", "span", "number", "text"]
    assert [task["kind"] for task in schema["tasks"]] == kinds
    assert [option["value"] for option in schema["tasks"][1]["options"]] == ["no", "yes"]
    for file_format in ("yaml", "json"):
        export = await admin.get(f"/label-schemas/{schema['id']}/export", params={"format": file_format})
        assert export.headers["content-type"].startswith(f"application/{file_format}")
        assert f'filename="ticket.v1.{file_format}"' in export.headers["content-disposition"]
        again = await sent(admin, project, export.text, format=file_format)
        assert (again.status_code, again.json()) == (200, schema)
    echoed = await admin.post(
        f"/projects/{project['id']}/label-schemas", json={k: schema[k] for k in ("name", "tasks")}
    )
    assert (echoed.status_code, echoed.json()) == (200, schema)
    whole = await admin.post(f"/projects/{project['id']}/label-schemas", json=yaml.safe_load(export.text))
    assert (whole.status_code, whole.json()) == (200, schema)
    renamed = await sent(admin, project, export.text, name="other")
    assert (renamed.status_code, renamed.json()["name"]) == (201, "other")


async def test_a_document_of_before_a_field_came_equals_the_schema_that_leaves_it_out(
    admin: httpx.AsyncClient, project: Any, indexed: MongoDatabase[dict[str, Any]]
) -> None:
    body = {"name": "mood", "tasks": [{"name": "mood", "options": [{"value": "good"}, {"value": "bad"}]}]}
    path = f"/projects/{project['id']}/label-schemas"
    schema = await made(admin, path, body)
    for field in ("aliases", "color", "key", "description"):
        indexed["label_schemas"].update_one({"_id": schema["id"]}, {"$unset": {f"tasks.0.options.$[].{field}": ""}})
    assert (await admin.get(f"/label-schemas/{schema['id']}")).json() == schema
    again = await admin.post(path, json=body)
    assert (again.status_code, again.json()) == (200, schema)


@pytest.mark.parametrize(
    ("tasks", "field", "words"),
    [
        ([], "tasks", "at least 1 item"),
        ([{"name": f"t{n}", "options": ["a", "b"]} for n in range(21)], "tasks", "at most 20 items"),
        ([{"name": "T", "options": ["a", "b"]}, {"name": "t ", "kind": "text"}], "tasks", "have the same name"),
        ([{"name": "t", "kind": "txt"}], "tasks[0].kind", "'txt' is no kind of task"),
        ([{"name": "t", "kind": "text"}, {"name": "n", "kind": "number"}], "tasks[1].minimum", "('n'): Field required"),
        ([{"name": "t", "kind": "text", "options": ["a"]}], "tasks[0].options", "has no field 'options'"),
        ([{"kind": "text"}], "tasks[0].name", "Field required"),
    ],
)
async def test_what_is_wrong_with_a_schema_is_told_by_task_and_field(
    admin: httpx.AsyncClient, project: Any, tasks: list[Any], field: str, words: str
) -> None:
    answer = await admin.post(f"/projects/{project['id']}/label-schemas", json={"name": "s", "tasks": tasks})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert words in answer.json()["detail"]


async def test_a_faulty_file_is_told_with_its_line_and_nothing_is_made(admin: httpx.AsyncClient, project: Any) -> None:
    twice = await sent(admin, project, "name: s\noptions: [a, b]\noptions: [c, d]")
    assert (twice.status_code, twice.json()["type"]) == (422, "/problems/bad-schema-file")
    assert "line 3" in twice.json()["detail"]
    wrong = await sent(admin, project, "name: s\ntasks: [{name: t, kind: number, minimum: 5, maximum: 1}]")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "tasks[0]")
    assert "minimum 5 is above maximum 1" in wrong.json()["detail"]
    assert (await admin.get(f"/projects/{project['id']}/label-schemas")).json()["items"] == []


async def test_a_pattern_that_takes_too_long_to_match_is_refused(admin: httpx.AsyncClient, project: Any) -> None:
    task = {"kind": "text", "name": "summary", "max_length": 5000, "pattern": r"(?:[\pL\s]{0,50}x?)*z"}
    path = f"/projects/{project['id']}/label-schemas"
    refused = await admin.post(path, json={"name": "slow", "tasks": [task]})
    assert refused.status_code == 422
    assert "takes too long to match texts of 5,000 characters" in refused.text
    made = await admin.post(path, json={"name": "slow", "tasks": [task | {"pattern": r"[\pL\s]+"}]})
    assert made.status_code == 201, made.text

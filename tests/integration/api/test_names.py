"""Names that differ by case alone are refused: people take one for the other."""

from __future__ import annotations

from typing import Any

import httpx

from .conftest import made


async def test_a_name_in_another_case_is_refused_with_the_one_that_is_there(
    admin: httpx.AsyncClient, project: Any
) -> None:
    of_project = f"/projects/{project['id']}"
    task = {"name": "t", "kind": "single_choice", "question": "?", "options": [{"value": "a"}, {"value": "b"}]}
    schema = await made(admin, f"{of_project}/label-schemas", {"name": "Straße", "tasks": [task]})
    agent = {"provider": "offline", "model": "nearest-label", "label_schema_id": schema["id"]}
    second = {**task, "question": "Which?"}
    await made(admin, f"{of_project}/label-schemas", {"name": "Straße", "tasks": [second]})
    await made(admin, f"{of_project}/datasets", {"name": "Tweets"})
    await made(admin, f"{of_project}/agents", agent | {"name": "Reader"})
    for path, body, there in (
        ("/projects", {"name": project["name"].swapcase()}, project["name"]),
        (f"{of_project}/datasets", {"name": "tweets"}, "Tweets"),
        (f"{of_project}/label-schemas", {"name": "STRASSE", "tasks": [task]}, "Straße"),
        (f"{of_project}/agents", agent | {"name": "READER"}, "Reader"),
    ):
        answer = await admin.post(path, json=body)
        assert answer.status_code == 409, (path, answer.text)
        problem = answer.json()
        assert (problem["type"], problem["field"]) == ("/problems/name-taken", "name")
        assert repr(there) in problem["detail"]
        assert body["name"] in problem["detail"]

"""Empty projects and data sets can be deleted; nothing that holds anything ever is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tandem.store.database import Database
from tandem.web import Services
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.label_schemas.service import LabelSchemaService

from .conftest import client_of, import_csv, made, rows

SCHEMA = {"name": "s", "tasks": [{"name": "t", "options": [{"value": "a"}, {"value": "b"}]}]}


async def test_an_empty_data_set_goes_and_its_name_is_free(admin: httpx.AsyncClient, dataset: Any) -> None:
    await import_csv(admin, dataset, "id,text\n1,\n")  # refused
    assert (await admin.delete(f"/datasets/{dataset['id']}")).status_code == 204
    assert (await admin.get(f"/datasets/{dataset['id']}")).status_code == 404
    assert (await admin.delete(f"/datasets/{dataset['id']}")).status_code == 404
    await made(admin, f"/projects/{dataset['project_id']}/datasets", {"name": dataset["name"]})


async def test_a_data_set_with_records_stays(admin: httpx.AsyncClient, filled: Any) -> None:
    answer = await admin.delete(f"/datasets/{filled['id']}")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-empty")
    assert "has 10 records" in answer.json()["detail"]
    assert (await admin.get(f"/datasets/{filled['id']}")).json() == filled
    assert len((await admin.get(f"/datasets/{filled['id']}/records")).json()["items"]) == 10


async def test_a_data_set_into_which_something_is_imported_stays(admin: httpx.AsyncClient, dataset: Any) -> None:
    going, go_on = asyncio.Event(), asyncio.Event()

    async def slow_file() -> AsyncIterator[bytes]:
        yield rows(1500).encode()
        going.set()
        await go_on.wait()

    importing = asyncio.create_task(import_csv(admin, dataset, slow_file()))
    await asyncio.wait_for(going.wait(), 10)
    answer = await admin.delete(f"/datasets/{dataset['id']}")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/import-running")
    go_on.set()
    assert (await importing).json()["records"] == 1500


async def test_what_a_killed_import_left_goes_with_its_data_set(
    admin: httpx.AsyncClient, dataset: Any, database: Database
) -> None:
    left = {"_id": f"{dataset['id']}:0", "dataset_id": dataset["id"], "seq": 0, "record_id": "a", "import_id": "dead"}
    await database["records"].insert_one(left)
    assert (await admin.delete(f"/datasets/{dataset['id']}")).status_code == 204
    assert await database["records"].count_documents({}) == 0


async def test_an_empty_project_goes_and_its_name_is_free(admin: httpx.AsyncClient, project: Any) -> None:
    assert (await admin.delete(f"/projects/{project['id']}")).status_code == 204
    assert (await admin.delete(f"/projects/{project['id']}")).status_code == 404
    await made(admin, "/projects", {"name": project["name"]})


async def test_a_project_with_anything_in_it_stays_and_says_what(
    admin: httpx.AsyncClient, project: Any, dataset: Any
) -> None:
    path = f"/projects/{project['id']}"
    answer = await admin.delete(path)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-empty")
    assert answer.json()["detail"] == "The project 'tweets' is not empty: 1 data set."
    await admin.delete(f"/datasets/{dataset['id']}")
    for label in ("b", "c"):
        task = {"name": "t", "options": [{"value": "a"}, {"value": label}]}
        await made(admin, f"{path}/label-schemas", {"name": "s", "tasks": [task]})
    assert "not empty: 2 versions of label schemas." in (await admin.delete(path)).json()["detail"]
    assert (await admin.get(path)).json() == project


async def test_a_project_with_a_job_stays(admin: httpx.AsyncClient, job: Any) -> None:
    answer = await admin.delete(f"/projects/{job['project_id']}")
    assert "not empty: 1 job, 1 data set, 1 version of agents, 1 version of label schemas." in answer.json()["detail"]
    assert (await admin.get(f"/jobs/{job['id']}")).status_code == 200


async def test_who_may_not_make_projects_may_not_delete_them(
    admin: httpx.AsyncClient, app: FastAPI, project: Any
) -> None:
    scope = {"name": "here", "role": "admin", "project_ids": [project["id"]]}
    key = await made(admin, "/api-keys", scope)
    async with client_of(app, key["token"]) as client:
        assert (await client.delete(f"/projects/{project['id']}")).status_code == 403


async def test_what_is_made_while_its_project_is_deleted_is_never_left_without_it(
    admin: httpx.AsyncClient, database: Database
) -> None:
    for number in range(30):
        project = await made(admin, "/projects", {"name": f"p{number}"})
        path = f"/projects/{project['id']}"
        await asyncio.gather(
            admin.delete(path),
            admin.post(f"{path}/datasets", json={"name": "d"}),
            admin.post(f"{path}/label-schemas", json=SCHEMA),
        )
        query = {"project_id": project["id"]}
        within = [await database[each].count_documents(query) for each in ("datasets", "label_schemas")]
        if (await admin.get(path)).status_code == 404:
            assert within == [0, 0]


@pytest.mark.parametrize(("kind", "service"), [("datasets", DatasetService), ("label_schemas", LabelSchemaService)])
async def test_what_comes_right_after_its_project_was_deleted_is_taken_back(  # noqa: PLR0917 - fixtures
    admin: httpx.AsyncClient,
    services: Services,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    service: type[DatasetService | LabelSchemaService],
) -> None:
    project = await made(admin, "/projects", {"name": "p"})
    path = f"/projects/{project['id']}"
    writer = services[service]._writer
    insert = writer.insert

    async def late(document: Any) -> None:
        assert (await admin.delete(path)).status_code == 204
        await insert(document)

    monkeypatch.setattr(writer, "insert", late)
    body = SCHEMA if kind == "label_schemas" else {"name": "d"}
    answer = await admin.post(f"{path}/{kind.replace('_', '-')}", json=body)
    assert answer.status_code == 404
    assert await database[kind].count_documents({}) == 0

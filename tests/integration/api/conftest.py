"""The real app over a real MongoDB, spoken to over HTTP in the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pymongo import MongoClient
from pymongo.database import Database as MongoDatabase

from tandem.rendering.pool import RendererPool
from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem.web import Services
from tandem_api.app import make_app
from tandem_api.bootstrap import make_services
from tandem_api.resources.access.service import AccessService
from tandem_api.settings import ApiSettings, ProviderOffer

ADMIN_KEY = "an-admin-key-that-is-long-enough-for-tests"
LABELS = ("negative", "neutral", "positive")


@pytest.fixture(scope="session")
def indexed(mongo_url: str) -> Iterator[MongoDatabase[dict[str, Any]]]:
    """A database with all its indexes, which take longer to make than most tests here run."""
    name = f"test_api_{uuid4().hex[:12]}"

    async def make_indexes() -> None:
        database = Database(MongoSettings.model_validate({"url": mongo_url, "database": name}))
        await ensure_indexes(database)
        database.close()

    asyncio.run(make_indexes())
    with MongoClient[dict[str, Any]](mongo_url) as client:
        yield client[name]
        client.drop_database(name)


@pytest.fixture
def settings(mongo_url: str, indexed: MongoDatabase[dict[str, Any]]) -> ApiSettings:
    for collection in indexed.list_collection_names():
        indexed[collection].delete_many({})
    return ApiSettings(
        mongo=MongoSettings.model_validate({"url": mongo_url, "database": indexed.name}),
        providers=(ProviderOffer(name="offline", models=("nearest-label",)), ProviderOffer(name="openai")),
        bootstrap_admin_key=ADMIN_KEY,
        max_upload_bytes=50_000_000,
        max_unpacked_bytes=20_000_000,
        import_lease_seconds=1,
        upload_idle_seconds=5,
    )


@pytest.fixture
async def database(settings: ApiSettings) -> AsyncIterator[Database]:
    database = Database(settings.mongo)
    yield database
    database.close()


@pytest.fixture
async def services(settings: ApiSettings, database: Database) -> AsyncIterator[Services]:
    async with RendererPool(settings.rendering) as renderers:
        services, _ = make_services(settings, database, renderers)
        await services[AccessService].ensure_bootstrap_admin(ADMIN_KEY)
        yield services


@pytest.fixture
async def app(settings: ApiSettings, database: Database, services: Services) -> FastAPI:
    return make_app(services, make_services(settings, database)[1], secure_cookies=settings.secure_cookies)


def client_of(app: FastAPI, token: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://api/api/v1", headers=headers
    )


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, ADMIN_KEY) as client:
        yield client


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def key(admin: httpx.AsyncClient, role: str, **more: Any) -> Any:
    """Make an API key of this role; the answer, with its token."""
    return await made(admin, "/api-keys", {"name": f"a {role}", "role": role} | more)


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> Any:
    return await made(admin, "/projects", {"name": "tweets"})


@pytest.fixture
async def dataset(admin: httpx.AsyncClient, project: Any) -> Any:
    return await made(admin, f"/projects/{project['id']}/datasets", {"name": "2026"})


@pytest.fixture
async def label_schema(admin: httpx.AsyncClient, project: Any) -> Any:
    task: dict[str, Any] = {"kind": "single_choice", "name": "sentiment", "question": "What is the sentiment?"}
    task |= {"options": [{"value": label, "name": "", "description": f"it is {label}"} for label in LABELS]}
    return await made(admin, f"/projects/{project['id']}/label-schemas", {"name": "sentiment", "tasks": [task]})


@pytest.fixture
async def agent(admin: httpx.AsyncClient, project: Any, label_schema: Any) -> Any:
    body = {
        "name": "nearest",
        "provider": "offline",
        "model": "nearest-label",
        "label_schema_id": label_schema["id"],
    }
    return await made(admin, f"/projects/{project['id']}/agents", body)


async def import_csv(client: httpx.AsyncClient, dataset: Any, content: Any, **params: Any) -> httpx.Response:
    if isinstance(content, str):
        content = content.encode()
    return await client.post(
        f"/datasets/{dataset['id']}/imports", params=params, content=content, headers={"Content-Type": "text/csv"}
    )


def rows(count: int, *, start: int = 0) -> str:
    lines = [f"t{n},this is text {n},{LABELS[n % 3]}" for n in range(start, start + count)]
    return "\r\n".join(["id,text,sentiment", *lines, ""])


@pytest.fixture
async def filled(admin: httpx.AsyncClient, dataset: Any) -> Any:
    answer = await import_csv(admin, dataset, rows(10), gold_column="sentiment")
    assert answer.status_code == 201, answer.text
    return (await admin.get(f"/datasets/{dataset['id']}")).json()


@pytest.fixture
async def job(admin: httpx.AsyncClient, project: Any, filled: Any, agent: Any) -> Any:
    body = {"dataset_id": filled["id"], "agent_id": agent["id"], "name": "first", "review_policy": {"threshold": 0.6}}
    return await made(admin, f"/projects/{project['id']}/jobs", body)

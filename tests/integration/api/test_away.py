"""MongoDB away: a problem that says to come back, a process that is alive and not ready."""

from __future__ import annotations

import asyncio

import httpx

from tandem.observability.health import Health
from tandem.settings import HttpSettings, MongoSettings
from tandem.store.database import Database
from tandem.store.watch import HEALTH
from tandem.testing.waiting import eventually
from tandem_api.app import make_app
from tandem_api.bootstrap import build, make_services
from tandem_api.settings import ApiSettings

from .conftest import ADMIN_KEY, client_of

NOWHERE = MongoSettings.model_validate(
    {"url": "mongodb://127.0.0.1:9/?directConnection=true", "server_selection_timeout_seconds": 0.2}
)


async def test_without_mongodb_a_request_is_told_to_come_back() -> None:
    settings = ApiSettings(mongo=NOWHERE)
    database = Database(NOWHERE)
    async with client_of(make_app(*make_services(settings, database)), ADMIN_KEY) as client:
        answer = await client.get("/projects")
    database.close()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_without_mongodb_the_service_waits_and_says_why() -> None:
    health = Health()

    async def start() -> None:
        async with build(ApiSettings(mongo=NOWHERE, http=HttpSettings(port=0)), health):
            raise AssertionError("it started without its database")

    starting = asyncio.create_task(start())
    await eventually(lambda: health.problem(HEALTH) not in (None, "not connected yet"))
    assert not health.ready
    assert "cannot be reached" in (health.problem(HEALTH) or "")
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)


async def test_with_mongodb_the_service_serves_and_is_ready(settings: ApiSettings) -> None:
    health = Health()
    served = settings.model_copy(update={"http": HttpSettings(port=0)})
    async with build(served, health) as app:
        tasks = [asyncio.ensure_future(coroutine()) for coroutine in app.run.values()]
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {ADMIN_KEY}"}) as client:
            answer = await client.get(f"http://127.0.0.1:{app.ports['http_port']()}/api/v1/projects")
        assert answer.json() == {"items": [], "next": None}
        assert health.ready
        for step in app.stop:
            await step()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

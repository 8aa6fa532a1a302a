"""MongoDB away at the dispatcher's start: it waits, alive and not ready, and says why."""

from __future__ import annotations

import asyncio

from tandem.observability.health import Health
from tandem.settings import MongoSettings
from tandem.store.watch import HEALTH
from tandem.testing.waiting import eventually
from tandem_api.dispatch.bootstrap import build
from tandem_api.dispatch.settings import DispatcherSettings

NOWHERE = MongoSettings.model_validate(
    {"url": "mongodb://127.0.0.1:9/?directConnection=true", "server_selection_timeout_seconds": 0.2}
)


async def test_without_mongodb_the_dispatcher_waits_and_says_why() -> None:
    health = Health()

    async def start() -> None:
        async with build(DispatcherSettings(mongo=NOWHERE), health):
            raise AssertionError("it started without its database")

    starting = asyncio.create_task(start())
    await eventually(lambda: health.problem(HEALTH) not in (None, "not connected yet"))
    assert not starting.done()
    assert not health.ready
    assert "cannot be reached" in (health.problem(HEALTH) or "")
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)

"""The real api on a port of its own, in a thread, and the client of people who work in notebooks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database as MongoDatabase

from served import served
from tandem.rendering.pool import RendererPool
from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem_api.app import make_app
from tandem_api.bootstrap import make_services
from tandem_api.resources.access.service import AccessService
from tandem_api.settings import ApiSettings, ProviderOffer
from tandem_client import Tandem

ADMIN_KEY = "an-admin-key-that-is-long-enough-for-tests"


@dataclass
class World:
    tandem: Tandem
    mongo: MongoDatabase[dict[str, Any]]


@pytest.fixture(scope="module")
def world(mongo_url: str) -> Iterator[World]:
    name = f"test_notebook_{uuid4().hex[:12]}"
    settings = ApiSettings(
        mongo=MongoSettings.model_validate({"url": mongo_url, "database": name}),
        providers=(ProviderOffer(name="offline", models=("nearest-label",)),),
        bootstrap_admin_key=ADMIN_KEY,
    )
    address: Future[str] = Future()
    done: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        database = Database(settings.mongo)
        await ensure_indexes(database)
        stop = asyncio.Event()
        async with RendererPool(settings.rendering) as renderers:
            services, authenticator = make_services(settings, database, renderers)
            await services[AccessService].ensure_bootstrap_admin(ADMIN_KEY)
            async with served(make_app(services, authenticator, secure_cookies=False)) as url:
                done.set_result((asyncio.get_running_loop(), stop))
                address.set_result(url)
                await stop.wait()
        database.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as mongo:
        with Tandem(address.result(60), ADMIN_KEY) as tandem:
            yield World(tandem, mongo[name])
        loop, stop = done.result()
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        mongo.drop_database(name)

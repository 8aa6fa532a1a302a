from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from postprocessor_world import World, a_world
from tandem.messaging import Connection, Producer
from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem.testing.brokers import Broker
from tandem_postprocessor.settings import PostprocessorSettings


@pytest.fixture
async def world(mongo_url: str, mongo_db_name: str, broker: Broker, topic_prefix: str) -> AsyncIterator[World]:
    async with a_world(mongo_url, mongo_db_name, broker, topic_prefix) as made:
        yield made


@pytest.fixture
async def store(mongo_url: str, mongo_db_name: str) -> AsyncIterator[World]:
    """A world without a broker, for the handlers alone."""
    settings = PostprocessorSettings(mongo=MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    database = Database(settings.mongo)
    await ensure_indexes(database)
    yield World(settings, database, Producer(Connection(settings.kafka)))
    database.close()

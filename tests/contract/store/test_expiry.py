"""What is kept for a while only is forgotten by MongoDB itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings(url=SecretStr(mongo_url), database=mongo_db_name))
    await ensure_indexes(database)
    yield database
    database.close()


@pytest.mark.parametrize("collection", ["jobs", "records", "annotations", "summaries", "api_keys"])
async def test_mongodb_deletes_documents_at_the_time_that_they_name(database: Database, collection: str) -> None:
    """It looks once a minute, so the test does not wait for it."""
    indexes = await database[collection].index_information()
    ending = [index for index in indexes.values() if index["key"] == [("expires_at", 1)]]
    assert [index["expireAfterSeconds"] for index in ending] == [0]


@pytest.mark.parametrize("collection", ["jobs", "records", "annotations"])
async def test_the_index_holds_only_what_is_not_for_keeping(database: Database, collection: str) -> None:
    index = (await database[collection].index_information())["expires_at_1"]
    assert index["partialFilterExpression"] == {"expires_at": {"$exists": True}}

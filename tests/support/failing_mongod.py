"""A MongoDB that can be told to fail: its own fail points, which answer chosen commands with chosen errors."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
import pymongo.common
import pytest

from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem_local.parts.mongod import Mongod


class FailingMongod:
    """The server and the way to make it fail. Only commands of our own services fail (`appname` tandem)."""

    def __init__(self, url: str, client: pymongo.MongoClient[dict[str, Any]]) -> None:
        self.url = url
        self.client = client

    @contextmanager
    def failing(self, command: str, **how: Any) -> Iterator[None]:
        """Have every such command fail, e.g. `failing("insert", errorCode=11602)`.

        With `errorCode` nothing is carried out; with `writeConcernError` the command is, and its acknowledgement fails.
        """
        data = {"failCommands": [command], "appName": "tandem", **how}
        self.client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
        try:
            yield
        finally:
            self.client.admin.command("configureFailPoint", "failCommand", mode="off")

    def settings(self, database: str) -> MongoSettings:
        # Polling: after "not primary" the next look at the server would else wait for a change that never comes.
        return MongoSettings.model_validate(
            {
                "url": f"{self.url}&serverMonitoringMode=poll",
                "database": database,
                "server_selection_timeout_seconds": 2,
            }
        )


@pytest.fixture(scope="session")
def failing_mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingMongod]:
    """Start the server, the same for the whole session."""
    mongod = Mongod(tmp_path_factory.mktemp("failing-mongod"), parameters={"enableTestCommands": "1"})
    mongod.start()
    with pymongo.MongoClient[dict[str, Any]](mongod.url) as client:
        yield FailingMongod(mongod.url, client)
    mongod.kill()


@pytest.fixture
async def failing_database(failing_mongod: FailingMongod, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """Yield a database of the test's own; it is never dropped, which would wait for transactions that are open."""
    # The driver asks a server that said "not primary" for its state half a second later at the earliest.
    monkeypatch.setattr(pymongo.common, "MIN_HEARTBEAT_INTERVAL", 0.01)
    database = Database(failing_mongod.settings(uuid.uuid4().hex))
    yield database
    database.close()

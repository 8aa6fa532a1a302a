from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from tandem.testing.waiting import eventually
from tandem_local.parts.mongod import Mongod


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[Mongod]:
    server = Mongod(tmp_path / "data")
    server.start()
    yield server
    server.kill()


def connect(server: Mongod) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(server.url, serverSelectionTimeoutMS=5000)


def test_transactions_work_from_the_start(mongod: Mongod) -> None:
    with connect(mongod) as client:
        with client.start_session() as session, session.start_transaction():
            client.shop.goods.insert_one({"_id": 1}, session=session)
        assert client.shop.goods.count_documents({}) == 1


def test_acknowledged_writes_survive_sigkill(mongod: Mongod) -> None:
    with connect(mongod) as client:
        client.shop.goods.insert_many([{"_id": number} for number in range(1000)])
    mongod.kill()
    mongod.start()
    with connect(mongod) as client:
        assert client.shop.goods.count_documents({}) == 1000


def test_data_are_found_again_on_another_port(mongod: Mongod) -> None:
    with connect(mongod) as client:
        client.shop.goods.insert_one({"_id": 1})
    assert mongod.stop() == 0
    moved = Mongod(mongod.data_dir)
    assert moved.port != mongod.port
    with moved, connect(moved) as client:
        assert client.shop.goods.count_documents({}) == 1
        client.shop.goods.insert_one({"_id": 2})


@pytest.fixture
def orphan(tmp_path: Path) -> Mongod:
    """A server whose parent was killed."""
    program = (
        "import os, pathlib, sys, time; from tandem_local.parts.mongod import Mongod;"
        "server = Mongod(pathlib.Path(sys.argv[1])); server.start();"
        "print(server.port, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        parent.kill()
    return Mongod(tmp_path / "data", port=port)


async def test_the_server_ends_when_its_parent_is_killed(orphan: Mongod) -> None:
    await eventually(lambda: not orphan.is_ready(), message="the orphan ends")

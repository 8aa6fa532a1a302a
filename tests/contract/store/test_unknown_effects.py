"""Writes that seemed to fail and took effect: made again, they are there once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from pymongo.errors import DuplicateKeyError

from failing_mongod import FailingMongod
from tandem.people import Credential, local_person, name_only_id
from tandem.store.api_keys.writer import ApiKeyWriter
from tandem.store.conflicts import again_on_conflict
from tandem.store.database import Database, StoreUnavailableError, utcnow
from tandem.store.datasets.writer import DatasetWriter, ImportLeaseLostError
from tandem.store.indexes import ensure_indexes
from tandem.store.migrations import MIGRATIONS, MigrationRunner
from tandem.store.patience import insert_once, patiently
from tandem.store.records.documents import RecordDocument
from tandem.store.records.writer import RecordCollisionError, RecordWriter

STEPPED_DOWN = {"code": 11602, "errmsg": "interrupted by a step-down"}


async def while_failing(
    mongod: FailingMongod, command: str, call: Callable[[], Awaitable[None]], *, seconds: float = 0.5
) -> None:
    """Make the call while acknowledgements of the command fail, for a while at least."""
    with mongod.failing(command, writeConcernError=STEPPED_DOWN):
        calling = asyncio.ensure_future(call())
        await asyncio.wait((calling,), timeout=seconds)
    await calling


async def test_a_document_is_inserted_once_however_often_its_acknowledgement_fails(
    failing_mongod: FailingMongod, failing_database: Database
) -> None:
    things = failing_database["things"]
    await while_failing(failing_mongod, "insert", lambda: insert_once(things, {"_id": "a", "name": "x"}))
    assert await things.count_documents({}) == 1


async def test_a_unique_value_that_another_document_has_is_still_told(
    failing_mongod: FailingMongod, failing_database: Database
) -> None:
    things = failing_database["things"]
    await things.create_index("name", unique=True)
    await insert_once(things, {"_id": "a", "name": "x"})
    with pytest.raises(DuplicateKeyError):
        await insert_once(things, {"_id": "b", "name": "x"})
    with pytest.raises(DuplicateKeyError):
        await while_failing(failing_mongod, "insert", lambda: insert_once(things, {"_id": "c", "name": "x"}))


async def test_patience_ends(failing_mongod: FailingMongod, failing_database: Database) -> None:
    tries = 0

    async def ping() -> None:
        nonlocal tries
        tries += 1
        await failing_database.ping()

    with failing_mongod.failing("ping", errorCode=91), pytest.raises(StoreUnavailableError):
        await patiently(ping, seconds=0.5)
    assert tries > 1


def record(seq: int, import_id: str) -> RecordDocument:
    document = {"_id": f"d:{seq}", "dataset_id": "d", "seq": seq, "record_id": str(seq), "import_id": import_id}
    return cast("RecordDocument", document)


async def test_records_inserted_again_are_the_import_s_own_and_others_are_a_collision(
    failing_mongod: FailingMongod, failing_database: Database
) -> None:
    await ensure_indexes(failing_database)
    writer = RecordWriter(failing_database, patience_seconds=10)
    own = [record(seq, "mine") for seq in range(10)]
    await while_failing(failing_mongod, "insert", lambda: writer.insert(own))
    assert await failing_database["records"].count_documents({}) == 10
    with pytest.raises(RecordCollisionError):
        await writer.insert([record(seq, "another") for seq in range(8, 12)])


async def test_a_commit_of_an_import_made_again_finds_that_it_took_effect(failing_database: Database) -> None:
    await failing_database["datasets"].insert_one({"_id": "d", "visible_below": 0, "record_count": 0, "imports": []})
    writer = DatasetWriter(failing_database)

    async def commit(import_id: str) -> int:
        committed = await writer.commit_import(
            "d",
            {"import_id": import_id, "records": 5, "skipped": 0, "committed_at": None, "committed_by": "ada"},  # type: ignore[typeddict-item]  # the store sets the time
            fields=["text"],
            ids_made=False,
            columns=None,
            gold_tasks=[],
            visible_below=5,
        )
        return committed["record_count"]

    assert await writer.begin_import("d", "first", seconds=60) is not None
    assert await writer.begin_import("d", "first", seconds=60) is not None, "the lease is its own"
    assert await writer.begin_import("d", "second", seconds=60) is None
    assert await commit("first") == 5
    assert await commit("first") == 5, "counted once"
    assert not await writer.give_up_import("d", "first"), "it was committed"
    with pytest.raises(ImportLeaseLostError):
        await commit("second")
    assert await writer.give_up_import("d", "second")


async def test_a_credential_is_given_once_with_its_person_however_often_the_commit_seems_to_fail(
    failing_mongod: FailingMongod, failing_database: Database
) -> None:
    await ensure_indexes(failing_database)
    ada = local_person("Ada", project_ids=None, now=utcnow())
    key = {"_id": "k", "hash": "h", "kind": "key", "person_id": ada["_id"], "project_ids": None, "revoked": False}

    async def give() -> None:
        async for attempt in again_on_conflict(or_unavailable=True):
            with attempt:
                await ApiKeyWriter(failing_database).give(cast("Credential", key), new_person=ada)

    await while_failing(failing_mongod, "commitTransaction", give)
    assert await failing_database["people"].count_documents({"credentials_made": 1}) == 1
    assert await failing_database["api_keys"].count_documents({}) == 1


async def test_a_migration_whose_writes_seem_to_fail_is_finished_by_the_next_try(
    failing_mongod: FailingMongod, failing_database: Database
) -> None:
    await ensure_indexes(failing_database)
    await failing_database["jobs"].insert_one(
        {
            "_id": "j",
            "project_id": "p",
            "dataset_id": "d",
            "selection": {"from_seq": 0, "below_seq": 3},
            "published": {"review_policy": {"confidence_below": 0.7}},
            "created_at": utcnow(),
            "created_by": "Ada",
        }
    )
    runner = MigrationRunner(failing_database, MIGRATIONS, holder="one")
    with failing_mongod.failing("update", writeConcernError=STEPPED_DOWN), pytest.raises(StoreUnavailableError):
        await runner.run()
    assert await patiently(runner.run, seconds=10)
    job = await failing_database["jobs"].find_one({"_id": "j"})
    assert job is not None
    assert job["created_by_id"] == name_only_id("Ada")
    assert await failing_database["campaigns"].count_documents({"jobs": "j"}) == 1

"""Every error that MongoDB documents as passing, injected into every kind of command by the server itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pymongo import IndexModel, UpdateOne
from pymongo.errors import PyMongoError

from failing_mongod import FailingMongod
from tandem.store.database import Collection, Database, StoreConflictError, StoreUnavailableError, store_errors
from tandem.store.errors import CONFLICT_CODES, CONFLICT_LABEL, UNAVAILABLE_CODES, UNAVAILABLE_LABELS

Call = Callable[[Database, Collection], Awaitable[object]]


async def _in_transaction(database: Database, collection: Collection) -> None:
    async with database.transaction() as session:
        await collection.insert_one({"x": 1}, session=session)


READS: dict[str, tuple[str, Call]] = {
    "find": ("find", lambda _, c: c.find_one({})),
    "getMore": ("getMore", lambda _, c: c.find({}, batch_size=2).to_list(None)),
    "aggregate": ("aggregate", lambda _, c: c.aggregate([{"$match": {}}]).to_list(None)),
    "count": ("aggregate", lambda _, c: c.count_documents({})),
    "distinct": ("distinct", lambda _, c: c.distinct("x")),
    "ping": ("ping", lambda d, _: d.ping()),
}
WRITES: dict[str, tuple[str, Call]] = {
    "insert": ("insert", lambda _, c: c.insert_one({"x": 1})),
    "insert many": ("insert", lambda _, c: c.insert_many([{"x": 1}, {"x": 2}], ordered=False)),
    "update": ("update", lambda _, c: c.update_one({"x": 1}, {"$set": {"y": 1}})),
    "update many": ("update", lambda _, c: c.update_many({}, {"$set": {"y": 1}})),
    "bulk write": ("update", lambda _, c: c.bulk_write([UpdateOne({"x": 1}, {"$set": {"y": 1}})], ordered=False)),
    "replace": ("update", lambda _, c: c.replace_one({"x": 1}, {"x": 1}, upsert=True)),
    "findAndModify": ("findAndModify", lambda _, c: c.find_one_and_update({"x": 1}, {"$set": {"y": 1}})),
    "delete": ("delete", lambda _, c: c.delete_one({"x": 1})),
    "delete many": ("delete", lambda _, c: c.delete_many({"x": -1})),
    "createIndexes": ("createIndexes", lambda _, c: c.create_indexes([IndexModel([("z", 1)])])),
    "in a transaction": ("insert", _in_transaction),
    "commit": ("commitTransaction", _in_transaction),
}
PERMANENT = {"Unauthorized": 13, "BadValue": 2, "DocumentValidationFailure": 121, "IndexOptionsConflict": 85}
PERMANENT_CONCERNS = {"UnknownReplWriteConcern": 79, "UnsatisfiableWriteConcern": 100}
CONCERN_CODES = (11602, 11600, 91, 189, 10107, 13435, 13436, 64, 262, 50, 11601, 9001)


@pytest.fixture
async def database(failing_database: Database) -> Database:
    await failing_database["things"].insert_many([{"x": number} for number in range(5)])
    return failing_database


async def outcome(call: Call, database: Database) -> type[BaseException] | None:
    try:
        async with store_errors():
            await call(database, database["things"])
    except (StoreUnavailableError, PyMongoError) as error:
        return type(error)
    return None


async def outcomes(
    failing_mongod: FailingMongod, database: Database, kinds: dict[str, tuple[str, Call]], **how: Any
) -> dict[str, type[BaseException] | None]:
    found: dict[str, type[BaseException] | None] = {}
    for name, (command, call) in kinds.items():
        with failing_mongod.failing(command, **how):
            found[name] = await outcome(call, database)
        assert await outcome(call, database) is None, f"{name} works again once the server does"
    return found


@pytest.mark.parametrize(("code", "name"), sorted(UNAVAILABLE_CODES.items()))
async def test_a_code_that_passes_is_known_on_every_command(
    code: int, name: str, failing_mongod: FailingMongod, database: Database
) -> None:
    found = await outcomes(failing_mongod, database, READS | WRITES, errorCode=code)
    expected = dict.fromkeys(READS | WRITES, StoreUnavailableError)
    in_transaction = found.pop("in a transaction")  # where the server labels some codes as a conflict
    assert in_transaction is not None
    assert issubclass(in_transaction, StoreUnavailableError), name
    assert found == {kind: error for kind, error in expected.items() if kind in found}, name


@pytest.mark.parametrize(("code", "name"), sorted(CONFLICT_CODES.items()))
async def test_a_conflict_is_known_on_every_command(
    code: int, name: str, failing_mongod: FailingMongod, database: Database
) -> None:
    """The server itself tries a write again after a WriteConflict (112) and labels no other command's."""
    found = await outcomes(failing_mongod, database, READS | WRITES, errorCode=code)
    assert found == dict.fromkeys(READS | WRITES, StoreConflictError), name


@pytest.mark.parametrize("code", CONCERN_CODES)
async def test_a_write_concern_that_was_interrupted_is_known_on_every_write(
    code: int, failing_mongod: FailingMongod, database: Database
) -> None:
    concern = {"code": code, "errmsg": "interrupted"}
    kinds = {name: kind for name, kind in WRITES.items() if name != "in a transaction"}
    found = await outcomes(failing_mongod, database, kinds, writeConcernError=concern)
    assert found == dict.fromkeys(kinds, StoreUnavailableError)


@pytest.mark.parametrize("label", UNAVAILABLE_LABELS)
async def test_a_label_is_known_whatever_the_code(
    label: str, failing_mongod: FailingMongod, database: Database
) -> None:
    kinds = {name: kind for name, kind in (READS | WRITES).items() if name not in ("in a transaction", "commit")}
    found = await outcomes(failing_mongod, database, kinds, errorCode=8, errorLabels=[label])
    assert found == dict.fromkeys(kinds, StoreUnavailableError)


async def test_a_transient_transaction_is_a_conflict(failing_mongod: FailingMongod, database: Database) -> None:
    kinds = {"in a transaction": WRITES["in a transaction"]}
    found = await outcomes(failing_mongod, database, kinds, errorCode=8, errorLabels=[CONFLICT_LABEL])
    assert found == {"in a transaction": StoreConflictError}


async def test_a_connection_that_breaks_is_known_on_every_command(
    failing_mongod: FailingMongod, database: Database
) -> None:
    found = await outcomes(failing_mongod, database, READS | WRITES, closeConnection=True)
    assert found == dict.fromkeys(READS | WRITES, StoreUnavailableError)


@pytest.mark.parametrize("code", PERMANENT.values(), ids=PERMANENT.keys())
async def test_what_no_retry_mends_stays_loud(code: int, failing_mongod: FailingMongod, database: Database) -> None:
    found = await outcomes(failing_mongod, database, READS | WRITES, errorCode=code)
    for kind, error in found.items():
        assert error is not None, kind
        assert issubclass(error, PyMongoError), kind


@pytest.mark.parametrize("code", PERMANENT_CONCERNS.values(), ids=PERMANENT_CONCERNS.keys())
async def test_a_write_concern_that_cannot_be_met_stays_loud(
    code: int, failing_mongod: FailingMongod, database: Database
) -> None:
    kinds = {name: kind for name, kind in WRITES.items() if name != "in a transaction"}
    found = await outcomes(failing_mongod, database, kinds, writeConcernError={"code": code, "errmsg": "never"})
    for kind, error in found.items():
        assert error is not None, kind
        assert issubclass(error, PyMongoError), kind

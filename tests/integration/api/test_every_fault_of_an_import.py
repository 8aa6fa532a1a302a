"""Whichever call of an import fails: its records are all there, or none is and the file can be sent again at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from faults import FailingStore
from tandem.people import Caller, Role
from tandem.store.database import Database, StoreUnavailableError, utcnow
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.datasets.writer import DatasetWriter
from tandem.store.records.writer import RecordWriter
from tandem_api.resources.datasets.import_run import ImportOptions
from tandem_api.resources.datasets.importing import Importer, ImportLimits
from tandem_api.resources.datasets.parsing.jsonl_rows import JsonlRows
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.recognising import FileFormat
from tandem_api.resources.datasets.parsing.rows import SizeLimits
from tandem_api.resources.datasets.schemas import ImportResult, OnDuplicate, OnSameContent

SIZE = 3
ADA = Caller("key", None, "ada", Role.ADMIN, None, person_id="ada", root_hash="h")
LIMITS = SizeLimits(record_bytes=100_000)


IMPORT_LIMITS = ImportLimits(LIMITS, upload_bytes=10_000, unpacked_bytes=100_000, idle_seconds=60, lease_seconds=600)


class SilentWriter(DatasetWriter):
    """Commits, and is cut off before it hears of it, however often it tries."""

    async def commit_import(self, *args: Any, **more: Any) -> DatasetDocument:
        await super().commit_import(*args, **more)
        raise StoreUnavailableError("injected")


def reading() -> ImportOptions:
    mapping = ColumnMapping(text_columns=("text",), id_column="id")
    return ImportOptions(JsonlRows(LIMITS), FileFormat.JSONL, None, mapping, OnDuplicate.SKIP, OnSameContent.KEEP)


async def emptied(database: Database) -> None:
    """A data set without records."""
    await database["datasets"].delete_many({})
    await database["records"].delete_many({})
    document: DatasetDocument = {
        "_id": "d",
        "project_id": "p",
        "name": "d",
        "fields": [],
        "gold_tasks": [],
        "record_count": 0,
        "visible_below": 0,
        "import_lease": None,
        "imports": [],
        "created_at": utcnow(),
    }
    await DatasetWriter(database).insert(document)


async def file() -> AsyncIterator[bytes]:
    for number in range(SIZE):
        yield f'{{"id": "r{number}", "text": "text {number}"}}\n'.encode()


async def test_an_import_is_whole_whichever_call_fails(failing_store: FailingStore) -> None:
    store, plain = failing_store, failing_store.plain
    importer = Importer(DatasetWriter(store.failing), RecordWriter(store.failing), IMPORT_LIMITS)

    async def send() -> ImportResult:
        with store.faults.watched():
            return await importer.run("d", file(), reading(), by=ADA)

    async def story() -> None:
        await emptied(plain)
        try:
            result = await send()
        except (StoreUnavailableError, BulkWriteError):
            result = await send()
        assert (result.records, result.skipped) == (SIZE, 0)
        stored = await plain["datasets"].find_one({"_id": "d"})
        assert stored is not None
        assert (stored["record_count"], stored["visible_below"], stored["import_lease"]) == (SIZE, SIZE, None)
        assert await plain["records"].count_documents({"dataset_id": "d"}) == SIZE

    assert await store.faults.every(story) > 5


async def test_an_import_that_is_never_told_of_its_commit_keeps_its_records(failing_store: FailingStore) -> None:
    plain = failing_store.plain
    await emptied(plain)
    limits = replace(IMPORT_LIMITS, lease_seconds=0.3)
    importer = Importer(SilentWriter(plain), RecordWriter(plain), limits)
    with pytest.raises(StoreUnavailableError):
        await importer.run("d", file(), reading(), by=ADA)
    stored = await plain["datasets"].find_one({"_id": "d"})
    assert stored is not None
    assert (stored["record_count"], stored["visible_below"]) == (SIZE, SIZE)
    assert await plain["records"].count_documents({"dataset_id": "d"}) == SIZE

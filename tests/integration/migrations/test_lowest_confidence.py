"""Annotations of older versions get the lowest confidence of their labels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem.store.migrations.confidence import STRETCH, give_lowest_confidence
from tandem.store.migrations.runner import MigrationLease


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


async def test_annotations_get_the_lowest_confidence_once(database: Database) -> None:
    def annotation(seq: int, *confidences: float | None, **more: Any) -> dict[str, Any]:
        labels = [{"task": f"t{n}", "confidence": each} for n, each in enumerate(confidences)]
        return {"_id": f"j:{seq}", "job_id": "j", "seq": seq, "labels": labels, **more}

    await database["annotations"].insert_many(
        [
            annotation(0, 0.9, None, 0.4),
            annotation(1, None),
            annotation(2),
            annotation(5 * STRETCH, 0.7),
            annotation(5 * STRETCH + 1, 0.7, lowest_confidence=0.6),
        ]
    )
    lease = MigrationLease(database, holder="one")
    assert await lease.acquire()
    assert await give_lowest_confidence(database, lease) == {"annotations": 2}
    found = {each["seq"]: each.get("lowest_confidence") async for each in database["annotations"].find()}
    assert found == {0: 0.4, 1: None, 2: None, 5 * STRETCH: 0.7, 5 * STRETCH + 1: 0.6}
    assert await give_lowest_confidence(database, lease) == {"annotations": 0}

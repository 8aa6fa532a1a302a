"""How MongoDB answers the annotations' queries: by their indexes, and the counts without touching a document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tandem.events import Outcome
from tandem.jobs import Selection
from tandem.settings import MongoSettings
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes

RECORDS = 2000


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    """A database that keeps a profile of every operation."""
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    await database["annotations"].insert_many(
        {
            "_id": f"{job}:{seq}",
            "job_id": job,
            "seq": seq,
            "attempt": 1,
            "outcome": ("labeled", "labeled", "invalid", "failed")[seq % 4],
            "needs_review": seq % 4 == 2,
            **({"verification_revision": 2} if seq % 100 == 0 else {}),
            **({"verification": {"revision": 1}} if seq % 40 == 2 else {}),
            **({"review_asked": {"order": "o", "attempt": 1}} if seq % 50 == 0 else {}),
        }
        for job in ("j", "other")
        for seq in range(RECORDS)
    )
    await database.raw.command("profile", 2)
    yield database
    await database.raw.command("profile", 0)
    database.close()


async def examined(database: Database, work: Callable[[], Awaitable[Any]]) -> tuple[int, int, str]:
    """Keys and documents that the work made the server examine, and the plan it chose."""
    await work()
    profile = database["system.profile"].find({"ns": f"{database.raw.name}.annotations"}).sort("ts", -1)
    entries = await profile.to_list(1)
    return entries[0]["keysExamined"], entries[0]["docsExamined"], entries[0]["planSummary"]


COVERED: dict[str, tuple[Callable[[AnnotationReader], Awaitable[Any]], int]] = {
    "counts of a range": (lambda reader: reader.count_by_outcome("j", Selection.range(500, 700)), 201),
    "counts of all": (lambda reader: reader.count_by_outcome("j"), RECORDS),
    "ended": (lambda reader: reader.ended("j", Selection.range(500, 700)), 201),
    "count for review": (lambda reader: reader.count_needing_review("j"), RECORDS // 4 + 1),
    "decided of those sent to people": (lambda reader: reader.count_reviewed("j"), RECORDS // 40 + 1),
    "looks that were asked for": (lambda reader: reader.count_asked("j", 1000), 21),
    "applied decisions": (lambda reader: reader.decided_revisions("j", 0, 1000), 11),
    "applied decisions by block": (lambda reader: reader.decided_blocks("j", 1000), RECORDS // 100 + 1),
}


@pytest.mark.parametrize("name", COVERED)
async def test_counts_are_answered_from_the_index_alone(database: Database, name: str) -> None:
    query, most_keys = COVERED[name]
    keys, documents, plan = await examined(database, lambda: query(AnnotationReader(database)))
    assert documents == 0, plan
    assert keys <= most_keys, plan


PAGES: dict[str, dict[str, Any]] = {
    "all": {},
    "one outcome": {"outcome": Outcome.FAILED},
    "for review": {"needs_review": True},
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_touches_only_what_it_shows(database: Database, name: str) -> None:
    reader = AnnotationReader(database)
    keys, documents, plan = await examined(database, lambda: reader.page("j", after_seq=1000, limit=20, **PAGES[name]))
    assert documents <= 20, plan
    assert keys <= 21, plan

"""What answers cost: counted once each, summed from the annotations, read by indexes alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tandem.jobs import Selection
from tandem.pricing import ModelSpend, totals_of
from tandem.settings import MongoSettings
from tandem.store.annotations.documents import SpendingPart
from tandem.store.annotations.spending import SpendingReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes

RECORDS = 1000


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    await database["annotations"].insert_many(
        {"_id": f"{job}:{seq}", "job_id": job, "seq": seq, "attempt": 1, "outcome": "labeled", "needs_review": False}
        | ({"spending": paid(f"w@{seq}", "m", 0.5)} if seq % 2 else {})
        for job in ("j", "other")
        for seq in range(RECORDS)
    )
    yield database
    database.close()


def paid(answer: str, model: str, amount: float) -> SpendingPart:
    row = ModelSpend("p", model, calls=2, retries=1, prompt_tokens=10, completion_tokens=1, amount=amount)
    return {"answer": answer, "models": [row.document()]}


async def test_sums_of_stretches_add_up_to_the_whole(database: Database) -> None:
    reader = SpendingReader(database)
    (row,) = await reader.first_answers("j", Selection.range(100, 200))
    assert (row.provider, row.model, row.calls, row.retries, row.tokens, row.amount) == ("p", "m", 100, 50, 550, 25.0)
    (low,), (high,) = (
        await reader.first_answers("j", Selection.range(0, 333)),
        await reader.first_answers("j", Selection.range(333, RECORDS)),
    )
    (whole,) = await reader.first_answers("j")
    assert low + high == whole


async def test_another_paid_answer_counts_once_and_changes_no_sum_of_first_answers(database: Database) -> None:
    reader, writer = SpendingReader(database), AnnotationWriter(database)
    before = await reader.first_answers("j")
    for _ in range(2):
        await writer.also_paid([("j:1", paid("w@late", "m", 0.25)), ("j:1", paid("w@1", "m", 0.5))])
        await writer.also_paid([("j:2", paid("w@2", "n", 1.0))])
    assert await reader.first_answers("j") == before
    more = await reader.more(["j", "other"])
    assert {row.model: row.amount for row in more["j"]} == {"m": 0.25, "n": 1.0}
    assert "other" not in more


async def test_a_higher_attempt_keeps_what_the_first_answer_cost(database: Database) -> None:
    attempt: Any = dict.fromkeys(
        ("outcome", "reason", "detail", "labels", "needs_review", "review_reason", "priority", "content_hash")
    ) | dict.fromkeys(("provider", "model", "agent_id", "agent_version", "usage", "price", "seconds", "raw"))
    newer = attempt | {
        "labels": [],
        "_id": "j:1",
        "job_id": "j",
        "seq": 1,
        "attempt": 2,
        "event_id": "e",
        "created_at": None,
    }
    assert await AnnotationWriter(database).supersede([newer | {"spending": paid("w@new", "m", 9.0)}])
    rows = (await SpendingReader(database).of_records("j", [1, 2]))[1]
    assert totals_of(rows).amount == 0.5


async def test_sums_are_answered_by_an_index_and_touch_their_stretch_alone(database: Database) -> None:
    await AnnotationWriter(database).also_paid([("j:7", paid("w@late", "m", 0.25))])
    await database.raw.command("profile", 2)
    reader = SpendingReader(database)

    async def last() -> dict[str, Any]:
        found = (
            await database["system.profile"].find({"ns": f"{database.raw.name}.annotations"}).sort("ts", -1).to_list(1)
        )
        return found[0]

    try:
        await reader.first_answers("j", Selection.range(500, 700))
        stretch = await last()
        await reader.more(["j"])
        more = await last()
    finally:
        await database.raw.command("profile", 0)
    assert (stretch["planSummary"].split()[0], stretch["docsExamined"]) == ("IXSCAN", 200)
    assert (more["planSummary"].split()[0], more["docsExamined"]) == ("IXSCAN", 1)

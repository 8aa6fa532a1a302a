"""What the annotations' reader and writer promise, on a real MongoDB."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tandem.events import Outcome
from tandem.jobs import Selection
from tandem.settings import MongoSettings
from tandem.store.annotations.documents import AnnotationDocument, OutcomeCounts
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, StoreUnavailableError, utcnow
from tandem.store.indexes import ensure_indexes


@dataclass
class Annotations:
    reader: AnnotationReader
    writer: AnnotationWriter


@pytest.fixture
async def kept(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Annotations]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield Annotations(AnnotationReader(database), AnnotationWriter(database))
    database.close()


def annotation(seq: int, outcome: Outcome = Outcome.LABELED, *, job: str = "j", **changes: Any) -> AnnotationDocument:
    label = {"task": "t", "value": "$5.00", "confidence": 0.95, "probabilities": {"$5.00": 0.95, "a.b": 0.05}}
    label["rule"] = "exact"
    document: AnnotationDocument = {
        "_id": f"{job}:{seq}",
        "job_id": job,
        "project_id": "p",
        "dataset_id": "d",
        "seq": seq,
        "record_id": f"r{seq}",
        "attempt": 1,
        "outcome": outcome.value,
        "reason": None if outcome is Outcome.LABELED else "no_option",
        "detail": None,
        "labels": [label] if outcome is Outcome.LABELED else [],
        "needs_review": outcome is Outcome.INVALID,
        "review_reason": None,
        "priority": 0.0,
        "content_hash": "h",
        "provider": "p",
        "model": "m",
        "agent_id": "a",
        "agent_version": 1,
        "usage": None,
        "price": None,
        "seconds": 0.1,
        "raw": "$not.a.path",
        "event_id": "e",
        "created_at": utcnow(),
    }
    return cast("AnnotationDocument", document | changes)


def decision(seq: int, revision: int, value: str | None) -> AppliedDecision:
    values = None if value is None else {"t": value}
    return AppliedDecision("j", seq, revision, values, 1, {"t": "x"}, False, "ada", datetime(2026, 1, 1, tzinfo=UTC))


async def test_the_first_write_wins_and_the_others_are_told(kept: Annotations) -> None:
    assert await kept.writer.insert_first([annotation(0), annotation(1)]) == set()
    batch = [annotation(1, raw="later"), annotation(2), annotation(2, raw="later")]
    assert await kept.writer.insert_first(batch) == {0, 2}
    found = await kept.reader.get_many(["j:1", "j:2", "j:3"])
    assert {key: document["raw"] for key, document in found.items()} == {"j:1": "$not.a.path", "j:2": "$not.a.path"}
    assert await kept.writer.insert_first([]) == set()


async def test_a_higher_attempt_takes_over_and_the_older_becomes_history(kept: Annotations) -> None:
    await kept.writer.insert_first([annotation(0)])
    assert await kept.writer.supersede([annotation(0, Outcome.FAILED, attempt=2)]) == 1
    assert await kept.writer.supersede([annotation(0, attempt=4)]) == 1
    for lower in (4, 3, 3, 1):
        assert await kept.writer.supersede([annotation(0, Outcome.INVALID, attempt=lower)]) == 0
    stored = await kept.reader.get("j", 0)
    assert stored is not None
    assert (stored["attempt"], stored["outcome"], stored["labels"][0]["value"]) == (4, "labeled", "$5.00")
    assert stored["labels"][0]["probabilities"] == {"$5.00": 0.95, "a.b": 0.05}
    assert [(old["attempt"], old["outcome"], old["raw"]) for old in stored["history"]] == [
        (1, "labeled", "$not.a.path"),
        (2, "failed", "$not.a.path"),
        (3, "invalid", "$not.a.path"),
    ]
    assert "verification" not in stored


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3), (1, 1, 3), (3,)])
async def test_decisions_in_any_order_end_in_the_highest_revision(kept: Annotations, order: tuple[int, ...]) -> None:
    await kept.writer.insert_first([annotation(0)])
    decisions = {1: decision(0, 1, "x"), 2: decision(0, 2, None), 3: decision(0, 3, "y")}
    for revision in order:
        await kept.writer.apply_decisions([decisions[revision]])
    stored = await kept.reader.get("j", 0)
    assert stored is not None
    assert stored["verification"]["values"] == {"t": "y"}
    assert stored["verification_revision"] == 3
    assert stored["verification"]["decided_by"] == "ada"


async def test_an_undo_clears_and_an_older_decision_does_not_come_back(kept: Annotations) -> None:
    await kept.writer.insert_first([annotation(0)])
    await kept.writer.apply_decisions([decision(0, 1, "x")])
    assert await kept.writer.apply_decisions([decision(0, 2, None), decision(0, 1, "x")]) == (1, [])
    assert await kept.writer.apply_decisions([decision(0, 1, "x")]) == (0, [])
    stored = await kept.reader.get("j", 0)
    assert stored is not None
    assert "verification" not in stored
    assert stored["verification_revision"] == 2


async def test_no_attempt_touches_a_persons_decision(kept: Annotations) -> None:
    await kept.writer.insert_first([annotation(0)])
    await kept.writer.apply_decisions([decision(0, 1, "x")])
    await kept.writer.supersede([annotation(0, Outcome.FAILED, attempt=2)])
    stored = await kept.reader.get("j", 0)
    assert stored is not None
    assert stored["outcome"] == "failed"
    assert stored["verification"]["values"] == {"t": "x"}
    assert stored["verification_revision"] == 1


async def test_decisions_without_an_annotation_are_given_back(kept: Annotations) -> None:
    await kept.writer.insert_first([annotation(0)])
    missing = decision(9, 1, "x")
    assert await kept.writer.apply_decisions([decision(0, 1, "x"), missing]) == (1, [missing])


async def test_counts_add_up_within_bounds(kept: Annotations) -> None:
    outcomes = [Outcome.LABELED, Outcome.INVALID, Outcome.FAILED]
    await kept.writer.insert_first([annotation(seq, outcomes[seq % 3]) for seq in range(0, 60, 2)])
    await kept.writer.insert_first([annotation(0, job="other")])
    reader = kept.reader
    whole = await reader.count_by_outcome("j")
    assert whole == OutcomeCounts(labeled=10, invalid=10, failed=10, needs_review=10)
    assert whole.ended == 30
    assert (
        await reader.count_by_outcome("j", Selection.range(0, 30))
        + await reader.count_by_outcome("j", Selection.range(30, 60))
        == whole
    )
    assert await reader.count_by_outcome("j", Selection.of([6])) == OutcomeCounts(labeled=1)
    assert await reader.ended("j", Selection.range(10, 17)) == [10, 12, 14, 16]
    assert await reader.ended("j", Selection.range(10, 17), attempt=2) == []
    assert await reader.count_needing_review("j") == 10
    assert await reader.count_needing_review("j", 0, 11) == 2
    assert [document["seq"] async for document in reader.needing_review("j", 0, 11)] == [4, 10]


async def test_pages_follow_each_other_without_gap_or_overlap(kept: Annotations) -> None:
    await kept.writer.insert_first(
        [annotation(seq, Outcome.INVALID if seq % 3 == 0 else Outcome.LABELED) for seq in range(50)]
    )
    filters: list[dict[str, Any]] = [
        {},
        {"outcome": Outcome.INVALID},
        {"needs_review": True},
        {"outcome": Outcome.LABELED},
    ]
    for chosen in filters:
        seen: list[int] = []
        while page := await kept.reader.page("j", after_seq=seen[-1] if seen else -1, limit=7, **chosen):
            seen += [document["seq"] for document in page]
        expected = (
            range(50) if not chosen else [s for s in range(50) if (s % 3 == 0) != (Outcome.LABELED in chosen.values())]
        )
        assert seen == list(expected)
    assert [document["seq"] async for document in kept.reader.stream("j")] == list(range(50))
    assert [document["seq"] async for document in kept.reader.stream("j", Selection.range(10, 13))] == [10, 11, 12]


async def test_mongodb_away_is_said_in_one_way() -> None:
    settings = MongoSettings.model_validate(
        {"url": "mongodb://127.0.0.1:1/?directConnection=true", "server_selection_timeout_seconds": 0.1}
    )
    database = Database(settings)
    with pytest.raises(StoreUnavailableError):
        await AnnotationReader(database).get("j", 0)
    with pytest.raises(StoreUnavailableError):
        await AnnotationWriter(database).insert_first([annotation(0)])
    with pytest.raises(StoreUnavailableError):
        async for _ in AnnotationReader(database).stream("j"):
            pass
    database.close()

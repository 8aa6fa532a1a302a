"""The review queue in MongoDB: taking in, claiming, deciding, and that each query has its index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from queue_items import claim_next, take_opinion
from tandem.events import Outcome, ReviewReason, TaskLabel
from tandem.settings import MongoSettings
from tandem.store.annotations.documents import ReviewTally
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.review_items.documents import ItemState, QueueChanges, QueueCounts, ReviewItem
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.review_items.writer import AfterOpinion, Claims, ItemMovedOnError, Reviewer, ReviewItemWriter

JOB = "job1"
ANN, BEN, PATH = Reviewer("id of ann", "ann"), Reviewer("id of ben", "ben"), Reviewer("$_id", "$record_id")


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


@pytest.fixture
def writer(database: Database) -> ReviewItemWriter:
    return ReviewItemWriter(database)


@pytest.fixture
def reader(database: Database) -> ReviewItemReader:
    return ReviewItemReader(database)


def item(
    seq: int, *, attempt: int = 1, priority: float = 0.5, value: str = "positive", job_id: str = JOB
) -> ReviewItem:
    return ReviewItem(
        job_id=job_id,
        project_id="p1",
        dataset_id="d1",
        seq=seq,
        record_id=f"r{seq}",
        attempt=attempt,
        outcome=Outcome.LABELED,
        reason=ReviewReason.LOW_CONFIDENCE,
        labels=(TaskLabel(task="sentiment", value=value, confidence=1 - priority, rule="exact"),),
        priority=priority,
        created_at=utcnow(),
    )


async def expire(database: Database, item_id: str) -> None:
    past = utcnow() - timedelta(seconds=1)
    await database["review_items"].update_one({"_id": item_id}, {"$set": {"reserved_until": past}})


async def test_taking_the_same_item_twice_changes_nothing(writer: ReviewItemWriter, reader: ReviewItemReader) -> None:
    assert await writer.take([item(0), item(1)]) == QueueChanges(inserted=2)
    before = await reader.get(f"{JOB}:0")
    assert await writer.take([item(0, value="negative"), item(1), item(2)]) == QueueChanges(inserted=1)
    assert await reader.get(f"{JOB}:0") == before
    assert await reader.counts(JOB) == QueueCounts(open=3)


async def test_one_batch_may_carry_two_attempts_of_a_record(writer: ReviewItemWriter, reader: ReviewItemReader) -> None:
    await writer.take([item(0), item(0, attempt=2, value="negative"), item(0)])
    found = await reader.get(f"{JOB}:0")
    assert found is not None
    assert (found.attempt, found.suggested_values) == (2, {"sentiment": "negative"})


def decided(by: Reviewer) -> AfterOpinion:
    return AfterOpinion(
        giver_id=by.person_id, revision=1, opinion_by=(by.person_id,), decided_by=by, decided_at=utcnow()
    )


async def test_a_higher_attempt_replaces_what_is_shown_and_voids_the_reservation(
    writer: ReviewItemWriter, reader: ReviewItemReader
) -> None:
    await writer.take([item(0)])
    claimed = await claim_next(writer, JOB, ANN, seconds=60)
    assert claimed is not None
    assert claimed.reservation

    assert await writer.take([item(0, attempt=2, value="negative")]) == QueueChanges(replaced=1)
    assert await writer.take([item(0)]) == QueueChanges()

    found = await reader.get(f"{JOB}:0")
    assert found is not None
    assert (found.attempt, found.suggested_values, found.reservation) == (2, {"sentiment": "negative"}, None)
    with pytest.raises(ItemMovedOnError):
        await take_opinion(writer, claimed, decided(ANN))


async def test_a_decided_item_stays_decided_when_a_higher_attempt_arrives(
    writer: ReviewItemWriter, reader: ReviewItemReader
) -> None:
    await writer.take([item(0)])
    claimed = await claim_next(writer, JOB, ANN, seconds=60)
    assert claimed is not None
    await take_opinion(writer, claimed, decided(ANN))
    await writer.take([item(0, attempt=2)])
    found = await reader.get(f"{JOB}:0")
    assert found is not None
    assert (found.state, found.attempt, found.decided_by) == (ItemState.DECIDED, 2, "ann")
    assert await reader.tally(JOB) == {0: ReviewTally(records=1, attempts=2)}


async def test_claims_come_by_fewest_skips_then_priority_then_seq(writer: ReviewItemWriter) -> None:
    await writer.take([item(0, priority=0.1), item(1, priority=0.9), item(2, priority=0.9), item(3, priority=0.5)])
    first = await claim_next(writer, JOB, ANN, seconds=60)
    assert first is not None
    assert first.seq == 1
    await writer.skip(first.item_id, first.reservation or "", person_id=ANN.person_id)
    order = []
    while (claimed := await claim_next(writer, JOB, ANN, seconds=60)) is not None:
        order.append(claimed.seq)
    assert order == [2, 3, 0, 1]


async def test_no_two_of_forty_concurrent_claims_get_the_same_item(writer: ReviewItemWriter) -> None:
    await writer.take([item(seq, priority=seq % 3 / 3) for seq in range(60)])

    async def claim_three(reviewer: str) -> list[int]:
        claims = [await claim_next(writer, JOB, Reviewer(reviewer, reviewer), seconds=60) for _ in range(3)]
        return [claim.seq for claim in claims if claim is not None]

    claimed = await asyncio.gather(*(claim_three(f"reviewer {n}") for n in range(40)))
    seqs = sorted(seq for batch in claimed for seq in batch)
    assert seqs == list(range(60))


async def test_an_expired_reservation_is_free_for_others_and_its_token_is_void_then(
    writer: ReviewItemWriter, database: Database
) -> None:
    await writer.take([item(0)])
    mine = await claim_next(writer, JOB, ANN, seconds=60)
    assert mine is not None
    assert await claim_next(writer, JOB, BEN, seconds=60) is None

    await expire(database, mine.item_id)
    token: dict[str, Any] = {"reservation": mine.reservation or "", "person_id": ANN.person_id}
    assert await writer.renew(mine.item_id, **token, seconds=60), "nobody took it: the token still holds"

    await expire(database, mine.item_id)
    theirs = await claim_next(writer, JOB, BEN, seconds=60)
    assert theirs is not None
    assert theirs.reservation != mine.reservation
    assert await writer.renew(mine.item_id, **token, seconds=60) is None
    assert await writer.skip(mine.item_id, **token) is None
    assert not await writer.release(mine.item_id, **token)


async def test_a_token_is_good_for_the_person_who_claimed_the_item_alone(
    writer: ReviewItemWriter, reader: ReviewItemReader
) -> None:
    await writer.take([item(0)])
    claimed = await claim_next(writer, JOB, ANN, seconds=60)
    assert claimed is not None
    token = claimed.reservation or ""
    namesake = Reviewer("id of another ann", "ann")
    assert await writer.held(JOB, namesake.person_id) == []
    assert await writer.renew(claimed.item_id, token, person_id=namesake.person_id, seconds=600) is None
    assert await writer.skip(claimed.item_id, token, person_id=namesake.person_id) is None
    assert not await writer.release(claimed.item_id, token, person_id=namesake.person_id)
    assert await reader.get(claimed.item_id) == claimed, "nothing changed"
    closed = await take_opinion(writer, claimed, decided(ANN))
    assert (closed.decided_by, closed.decided_by_id, closed.reserved_by_id) == ("ann", ANN.person_id, None)
    with pytest.raises(ItemMovedOnError):
        await take_opinion(writer, claimed, decided(ANN))
    withdrawn = AfterOpinion(giver_id=ANN.person_id, revision=2, opinion_by=(), hold_for=ANN)
    reopened = await take_opinion(writer, closed, withdrawn)
    assert (reopened.reserved_by_id, reopened.decided_by_id) == (ANN.person_id, None)


async def test_a_reviewer_named_like_a_field_path_stays_a_name(writer: ReviewItemWriter) -> None:
    await writer.take([item(0)])
    claimed = await claim_next(writer, JOB, PATH, seconds=60)
    assert claimed is not None
    assert (claimed.reserved_by_id, claimed.reserved_by) == ("$_id", "$record_id")
    assert [held.seq for held in await writer.held(JOB, "$_id")] == [0]


async def test_who_gave_an_opinion_does_not_get_the_item_again_and_an_adjudicator_gets_what_waits_for_one(
    writer: ReviewItemWriter,
) -> None:
    await writer.take([item(0)])
    claimed = await claim_next(writer, JOB, ANN, seconds=60, claims=Claims.UNREAD)
    assert claimed is not None
    one_opinion = AfterOpinion(giver_id=ANN.person_id, revision=1, opinion_by=(ANN.person_id,))
    still_open = await take_opinion(writer, claimed, one_opinion)
    assert (still_open.state, still_open.reserved_by_id, still_open.reservation) == (ItemState.OPEN, None, None)
    assert await claim_next(writer, JOB, ANN, seconds=60, claims=Claims.UNREAD) is None
    second = await claim_next(writer, JOB, PATH, seconds=60, claims=Claims.UNREAD)
    assert second is not None
    both = (ANN.person_id, PATH.person_id)
    disputed = AfterOpinion(giver_id=PATH.person_id, revision=2, opinion_by=both, waits_for_adjudicator=True)
    await take_opinion(writer, second, disputed)
    third = Reviewer("id of cleo", "cleo")
    assert await claim_next(writer, JOB, third, seconds=60, claims=Claims.UNREAD) is None
    assert await claim_next(writer, JOB, ANN, seconds=60, claims=Claims.ADJUDICATED) is not None


async def test_withdrawing_leaves_held_and_decided_items(writer: ReviewItemWriter, reader: ReviewItemReader) -> None:
    await writer.take([item(0, priority=0.9), item(1)])
    await claim_next(writer, JOB, ANN, seconds=60)
    assert await writer.withdraw(JOB, [0, 1]) == 1
    assert await reader.known(JOB, 0, 10) == {0: (1, ItemState.OPEN)}


async def test_counts_and_tallies_are_told_per_job_and_block(
    writer: ReviewItemWriter, reader: ReviewItemReader
) -> None:
    await writer.take([item(seq) for seq in (0, 1, 9, 10, 25)] + [item(3, job_id="job2")])
    assert await reader.counts_by_job([JOB, "job2", "job3"]) == {
        JOB: QueueCounts(open=5),
        "job2": QueueCounts(open=1),
    }
    assert await reader.count_open() == 6
    assert await reader.tally(JOB, 10) == {0: ReviewTally(3, 3), 1: ReviewTally(1, 1), 2: ReviewTally(1, 1)}


async def test_every_query_of_the_queue_is_answered_by_an_index(
    writer: ReviewItemWriter, reader: ReviewItemReader, database: Database
) -> None:
    await writer.take([item(seq) for seq in range(20)])
    await database.raw.command("profile", 2)
    claimed = await claim_next(writer, JOB, ANN, seconds=60, exclude=[f"{JOB}:1"])
    assert claimed is not None
    await writer.held(JOB, ANN.person_id)
    await writer.renew(claimed.item_id, claimed.reservation or "", person_id=ANN.person_id, seconds=60)
    await writer.skip(claimed.item_id, claimed.reservation or "", person_id=ANN.person_id)
    await reader.counts_by_job([JOB])
    await reader.count_open()
    await reader.tally(JOB, 10)
    await reader.known(JOB, 0, 10)
    await writer.withdraw(JOB, [3])
    await database.raw.command("profile", 0)
    plans = [
        entry["planSummary"]
        async for entry in database["system.profile"].find({"ns": f"{database.raw.name}.review_items"})
    ]
    assert len(plans) == 12
    assert not [plan for plan in plans if "IXSCAN" not in plan and "IDHACK" not in plan and "COUNT_SCAN" not in plan]

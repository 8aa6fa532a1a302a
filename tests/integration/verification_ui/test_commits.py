"""Opinions that are committed together: each stands or falls for itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from faults import FailingStore
from tandem.store.conflicts import again_on_conflict
from tandem.store.database import Database, StoreConflictError, utcnow
from tandem.store.opinions.documents import DecisionKind, OpinionDocument
from tandem.store.opinions.writer import OpinionWriter
from tandem.store.review_items.documents import ItemState, ReviewItem
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.review_items.writer import AfterOpinion, Reviewer, ReviewItemWriter
from tandem_verification_ui.review.commits import Change, OpinionCommits

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB, PROJECT, DATASET = "job1", "project1", "dataset1"
SIZE = 30
ANN = Reviewer("key of ann", "ann")


def commits(database: Database) -> OpinionCommits:
    writer, queue = OpinionWriter(database), ReviewItemWriter(database)
    return OpinionCommits(database=database, queue=queue, writer=writer, reservation_seconds=60)


def decision(item: ReviewItem) -> Change:
    opinion = OpinionDocument(
        job_id=JOB,
        project_id=PROJECT,
        dataset_id=DATASET,
        seq=item.seq,
        record_id=item.record_id,
        revision=1,
        kind=DecisionKind.CONFIRMED,
        values={"sentiment": "positive"},
        attempt=1,
        shown_attempt=1,
        decided_by=ANN.name,
        decided_by_id=ANN.person_id,
        decided_at=utcnow(),
        reservation=item.reservation or "",
    )
    by = AfterOpinion(ANN.person_id, 1, (ANN.person_id,), decided_by=ANN, decided_at=opinion.decided_at)
    return Change(opinion, (item, by))


async def claimed(database: Database) -> list[ReviewItem]:
    return await ReviewItemWriter(database).claim(JOB, ANN, limit=SIZE, seconds=60)


async def decided(database: Database) -> tuple[set[int], set[int]]:
    """Return the records with an opinion, and those whose item is decided."""
    opinions = await database["verifications"].distinct("seq", {"job_id": JOB})
    items = await database["review_items"].distinct("seq", {"job_id": JOB, "state": ItemState.DECIDED})
    return set(opinions), set(items)


async def test_those_that_conflict_are_refused_and_the_others_are_written(world: World) -> None:
    await world.queue(range(SIZE))
    items = await claimed(world.database)
    assert [item.seq for item in items] == list(range(SIZE))
    assert len({item.reservation for item in items}) == SIZE
    # Meanwhile one item lost its holder, and another one's record got an opinion.
    assert await ReviewItemWriter(world.database).release(
        items[4].item_id, items[4].reservation or "", person_id=ANN.person_id
    )
    await OpinionWriter(world.database).append([decision(items[9]).opinion])
    together = commits(world.database)
    changes = [decision(item) for item in [*items, items[20]]]  # the last record twice
    answers = await asyncio.gather(*map(together.commit, changes), return_exceptions=True)

    refused = [index for index, answer in enumerate(answers) if isinstance(answer, StoreConflictError)]
    assert {4, 9} < set(refused)
    assert len(refused) == 3, "of two opinions of one revision one is written"
    assert refused[-1] in (20, SIZE)
    written = [answer for answer in answers if isinstance(answer, ReviewItem)]
    assert len(written) == SIZE - 2
    assert {item.state for item in written} == {ItemState.DECIDED}
    every = set(range(SIZE))
    assert await decided(world.database) == (every - {4}, every - {4, 9})


@pytest.mark.parametrize("number", [1, 5])
async def test_opinions_are_written_once_whichever_call_fails(failing_store: FailingStore, number: int) -> None:
    from integration.verification_ui.conftest import World  # noqa: PLC0415 - shared with the tests beside it

    world = World(failing_store.plain)
    reader = ReviewItemReader(failing_store.plain)

    async def story() -> None:
        for collection in ("annotations", "review_items", "jobs", "records", "verifications"):
            await world.database[collection].delete_many({})
        await world.add_job()
        await world.queue(range(number))
        items = await claimed(world.database)
        together = commits(failing_store.failing)

        async def give(item: ReviewItem) -> None:
            async for attempt in again_on_conflict(or_unavailable=True):
                with attempt:
                    now = await reader.get(item.item_id)
                    if now is not None and now.state is ItemState.OPEN:
                        await together.commit(decision(item))

        with failing_store.faults.watched():
            await asyncio.gather(*map(give, items))
        assert await decided(world.database) == (set(range(number)), set(range(number)))
        assert await world.database["verifications"].count_documents({}) == number

    assert await failing_store.faults.every(story) > 3

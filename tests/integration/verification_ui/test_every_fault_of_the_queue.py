"""Whichever call fails: the queue ends up equal to the annotations that need a person, and nobody is asked twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faults import FailingStore
from tandem.events import JobState
from tandem.store.annotations.review_requests import review_requested
from tandem.store.jobs.documents import job_published
from tandem.store.review_items.documents import ItemState
from tandem_verification_ui.bootstrap import make_intake, make_sweep
from tandem_verification_ui.queue.schedule import SweepSchedule

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job1"
SIZE = 4


@pytest.fixture
def world(failing_store: FailingStore) -> World:
    from integration.verification_ui.conftest import World  # noqa: PLC0415 - shared with the tests beside it

    return World(failing_store.plain)


async def emptied(world: World) -> None:
    for collection in ("annotations", "review_items", "jobs", "records"):
        await world.database[collection].delete_many({})


async def items(world: World) -> dict[int, tuple[int, str]]:
    """Seq to the attempt and the state of its item."""
    found = await world.database["review_items"].find({}).to_list(None)
    return {item["seq"]: (item["attempt"], item["state"]) for item in found}


async def test_the_sweep_mends_the_queue_whichever_call_fails(failing_store: FailingStore, world: World) -> None:
    sweep = make_sweep(failing_store.failing, make_intake(failing_store.failing))

    async def story() -> None:
        await emptied(world)
        await world.add_job(state="running")
        await world.annotate(*(world.annotation(seq) for seq in range(SIZE)))
        await world.sweep.sweep_all()
        # Since then: one that is new, one that was asked for anew, one that needs nobody any more.
        await world.annotate(world.annotation(SIZE), world.annotation(1, attempt=2))
        await world.annotate(world.annotation(2, needs_review=False))
        schedule = SweepSchedule(sweep, sweep_seconds=60, full_sweep_seconds=60, settle_seconds=0)
        await failing_store.until_done(schedule.sweep_what_is_due)
        opened = ItemState.OPEN.value
        assert await items(world) == {0: (1, opened), 1: (2, opened), 3: (1, opened), SIZE: (1, opened)}

    assert await failing_store.faults.every(story) > 10


async def test_a_job_that_ended_is_swept_whichever_call_fails(failing_store: FailingStore, world: World) -> None:
    sweep = make_sweep(failing_store.failing, make_intake(failing_store.failing))

    async def story() -> None:
        await emptied(world)
        await world.add_job()
        schedule = SweepSchedule(sweep, sweep_seconds=60, full_sweep_seconds=60, settle_seconds=0)
        await schedule.sweep_what_is_due()
        await world.annotate(*(world.annotation(seq) for seq in range(SIZE)))
        document: Any = await world.database["jobs"].find_one({"_id": JOB})
        assert not JobState(document["state"]).is_live
        schedule.sweep_ended(job_published(document).job_id)
        await failing_store.until_done(schedule.sweep_what_is_due)
        assert await items(world) == dict.fromkeys(range(SIZE), (1, ItemState.OPEN.value))

    assert await failing_store.faults.every(story) > 3


async def test_requests_enter_once_whichever_call_fails(failing_store: FailingStore, world: World) -> None:
    intake = make_intake(failing_store.failing)

    async def story() -> None:
        await emptied(world)
        older = [review_requested(world.annotation(seq)) for seq in range(SIZE)]
        await make_intake(world.database).take(older[:1], source="event")
        newer = [review_requested(world.annotation(seq, attempt=2)) for seq in range(2)]

        async def take() -> None:
            await intake.take(older, source="event")
            await intake.take(newer, source="event")

        await failing_store.until_done(take)
        opened = ItemState.OPEN.value
        assert await items(world) == {0: (2, opened), 1: (2, opened), 2: (1, opened), 3: (1, opened)}

    assert await failing_store.faults.every(story) > 5

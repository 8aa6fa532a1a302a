"""The dispatcher on a real MongoDB and real brokers: what it publishes, what it saves, what it survives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from dispatch_world import FAST, WORKER, World
from tandem.events import Event, JobState
from tandem.jobs import Selection
from tandem.jobs.moves import CANCEL, PAUSE, RESUME
from tandem.messaging import Outgoing
from tandem.store.database import utcnow
from tandem.store.jobs.dispatch_writer import JobDispatchWriter, LeaseLostError, WalkProgress
from tandem.store.jobs.documents import first_dispatch, selection_part
from tandem.store.jobs.writer import JobWriter
from tandem.testing.waiting import eventually


async def test_a_job_is_walked_in_windows_and_completed_when_its_last_record_has_ended(world: World) -> None:
    await world.job(45)
    async with world.running() as dispatcher:
        await eventually(lambda: len(world.seen.requests) == 16 and world.seen.jobs)
        await world.annotate(range(16))
        await eventually(lambda: len(world.seen.requests) >= 32)
        await world.annotate(range(16, 40))
        await eventually(lambda: len(world.seen.requests) == 45)
        await world.annotate(range(40, 45), outcome="invalid")
        await eventually(lambda: any(job.state is JobState.COMPLETED for job in world.seen.jobs))
        await dispatcher.stop()
    job = await world.document()
    assert job["state"] == "completed"
    assert job["finished_at"] is not None
    assert job["dispatch"]["totals"] == {"labeled": 40, "invalid": 5, "failed": 0, "needs_review": 5}
    assert job["dispatch"]["announced"]
    assert set(world.seen.asked.values()) == {1}


async def test_a_record_that_no_message_holds_ends_with_the_reason_and_the_others_are_asked(world: World) -> None:
    await world.job(3)
    await world.database["records"].update_one({"seq": 1}, {"$set": {"fields.text": "\x01" * 256 * 1024}})
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 2 and world.seen.responses)
        await world.annotate([0, 2])
        await world.annotate([1], outcome="failed")
        await eventually(lambda: any(job.state is JobState.COMPLETED for job in world.seen.jobs))
    assert set(world.seen.asked) == {0, 2}
    (response,) = world.seen.responses
    assert response.seq == 1
    assert response.error is not None
    assert response.error.kind == "too_large"
    assert "takes 157" in response.error.message


async def test_a_stop_while_the_broker_is_away_ends_and_another_dispatcher_takes_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.job(3)
    monkeypatch.setattr("tandem_api.dispatch.dispatcher.HAND_OVER_SECONDS", 0.1)
    publishing = asyncio.Event()

    async def never(_events: Sequence[Outgoing | Event]) -> None:
        publishing.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as away:
        away.setattr(world.producer, "send_all", never)
        async with world.running("one") as first:
            await publishing.wait()
            await first.stop()
    async with world.running("two"):
        await eventually(lambda: len(world.seen.requests) == 3)


async def test_what_was_not_answered_in_time_is_asked_again_and_ends_as_undelivered(world: World) -> None:
    await world.job(3)
    await world.annotate([0])
    settings = FAST.model_copy(update={"deadline_seconds": 0.2})
    async with world.running(settings=settings):
        await eventually(lambda: {response.seq for response in world.seen.responses} == {1, 2})
    assert world.seen.asked[1] == 3
    assert [request.ask for request in world.seen.requests if request.seq == 1] == [1, 2, 3]
    assert {response.error.kind for response in world.seen.responses if response.error} == {"undelivered"}


async def test_nothing_falls_overdue_while_no_worker_is_alive(world: World) -> None:
    await world.job(3)
    world.workers.clear()
    settings = FAST.model_copy(update={"deadline_seconds": 0.1})
    async with world.running(settings=settings):
        await eventually(lambda: len(world.seen.requests) == 3)
        published = len(world.seen.jobs)
        await eventually(lambda: len(world.seen.jobs) > published)  # three seconds of its life later
        assert set(world.seen.asked.values()) == {1}
        world.workers.append(WORKER)
        await eventually(lambda: world.seen.asked[0] > 1)


async def test_a_killed_dispatchers_job_goes_on_at_a_higher_epoch_with_what_has_not_ended(world: World) -> None:
    await world.job(40)
    async with world.running("killed"):
        await eventually(lambda: len(world.seen.requests) == 16)
        await world.annotate(range(4))
        await eventually(lambda: len(world.seen.requests) >= 20)
    async with world.running("successor"):
        await eventually(lambda: any(request.epoch == 2 for request in world.seen.requests))
        await eventually(lambda: {r.seq for r in world.seen.requests if r.epoch == 2} >= set(range(4, 16)))
        await world.annotate(range(40))
        await eventually(lambda: any(job.state is JobState.COMPLETED for job in world.seen.jobs))
    anew = [request for request in world.seen.requests if request.epoch == 2]
    assert all(request.seq >= 4 for request in anew)
    assert all(request.ask == 1 for request in anew)
    assert (await world.document())["dispatch"]["totals"]["labeled"] == 40


async def test_a_clean_hand_over_keeps_the_epoch_and_asks_for_nothing_twice(world: World) -> None:
    await world.job(40)
    async with world.running("first") as first:
        await eventually(lambda: len(world.seen.requests) == 16)
        await first.stop()
    async with world.running("second"):
        await world.annotate(range(8))
        await eventually(lambda: len(world.seen.requests) >= 24)
        await world.annotate(range(40))
        await eventually(lambda: any(job.state is JobState.COMPLETED for job in world.seen.jobs))
    assert set(world.seen.asked.values()) == {1}
    assert (await world.document())["epoch"] == 1


async def test_a_paused_job_gets_no_more_and_a_resumed_one_is_asked_anew(world: World) -> None:
    await world.job(40)
    jobs = JobWriter(world.database)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 16)
        await jobs.move("job", PAUSE, reason="by a person")
        await eventually(lambda: any(job.state is JobState.PAUSED for job in world.seen.jobs))
        await world.annotate(range(8))
        await jobs.move("job", RESUME, reason=None)
        await eventually(lambda: {r.seq for r in world.seen.requests if r.epoch == 2} >= set(range(8, 16)))
    first = [request.seq for request in world.seen.requests if request.epoch == 1]
    assert sorted(first) == list(range(16))


async def test_a_cancelled_job_is_announced_and_let_go(world: World) -> None:
    await world.job(40)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 16)
        await JobWriter(world.database).move("job", CANCEL, reason="by a person")

        async def announced() -> bool:
            return bool((await world.document())["dispatch"]["announced"])

        await eventually(announced)
        await eventually(lambda: world.seen.jobs and world.seen.jobs[-1].state is JobState.CANCELLED)
    assert len(world.seen.requests) == 16


async def test_a_small_job_does_not_wait_behind_a_large_one(world: World) -> None:
    await world.job(10_000, job_id="large")
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 16)
        await world.job(4, job_id="small")
        await world.annotate(range(16), job_id="large")
        await eventually(lambda: {r.seq for r in world.seen.requests if r.job_id == "small"} == {0, 1, 2, 3})


async def test_a_broker_that_forgot_is_told_everything_outstanding_again(world: World) -> None:
    await world.job(10)
    async with world.running() as dispatcher:
        await eventually(lambda: len(world.seen.requests) == 10)
        await world.annotate([0])

        async def settled() -> bool:
            return (await world.document())["dispatch"]["low"] == 1

        await eventually(settled)
        dispatcher.broker_forgot("annotation.requests")
        await eventually(lambda: len(world.seen.requests) == 19)
    assert world.seen.asked[0] == 1
    assert {request.ask for request in world.seen.requests} == {1}
    assert {request.epoch for request in world.seen.requests} == {1}


async def test_a_dispatcher_started_on_a_new_broker_asks_anew_for_what_the_old_one_held(world: World) -> None:
    await world.job(30)
    async with world.running("one") as first:
        await eventually(lambda: len(world.seen.asked) == 16, message="the window is full")
        await first.stop()
    await world.database["jobs"].update_one({}, {"$set": {"dispatch.jobs_offset": 1_000_000}})  # the old broker's log

    second = world.dispatcher("two")
    world.producer.on_log_reset.append(second.broker_forgot)
    async with world.running("two", dispatcher=second):
        await eventually(lambda: sum(world.seen.asked.values()) >= 32, message="all outstanding are asked again")
        await second.stop()

    assert set(world.seen.asked.values()) == {2}
    assert {request.epoch for request in world.seen.requests} == {1}


async def test_a_holder_that_lost_its_lease_can_write_nothing(world: World) -> None:
    await world.job(10)
    one = JobDispatchWriter(world.database, holder="one")
    two = JobDispatchWriter(world.database, holder="two")
    assert await one.acquire("job", seconds=60) is not None
    assert await two.acquire("job", seconds=60) is None
    await world.database["jobs"].update_one({"_id": "job"}, {"$set": {"dispatch.lease.until": utcnow()}})
    taken = await two.acquire("job", seconds=60)
    assert taken is not None
    assert taken["epoch"] == 2
    totals = taken["dispatch"]["totals"]
    progress = WalkProgress(cursor=5, low=0, totals=totals, asks={}, asked_epoch=1, rate_per_second=0)
    with pytest.raises(LeaseLostError):
        await one.save("job", epoch=1, progress=progress)
    with pytest.raises(LeaseLostError):
        await one.complete("job", epoch=2, progress=progress)
    assert (await world.document())["dispatch"]["cursor"] == 0


async def test_a_job_over_a_set_asks_for_its_records_alone(world: World) -> None:
    """Scattered seqs, in two passes, with a dispatcher that is killed in each."""
    seqs = [*range(0, 60, 7), 61, 62, 63, 199]
    await world.job(
        200, selection=selection_part(Selection.of(seqs), len(seqs)), dispatch=first_dispatch(0, is_set=True)
    )
    async with world.running("one"):
        await eventually(lambda: len(world.seen.asked) >= 10)
        await world.annotate(seqs[:4])
        await eventually(lambda: set(world.seen.asked) == set(seqs))
    async with world.running("two"):
        await world.annotate(seqs)
        await eventually_completed(world, {"labeled": len(seqs), "invalid": 0, "failed": 0, "needs_review": 0})
    again = seqs[2::3]
    before = len(world.seen.requests)
    await world.run_again(again)
    async with world.running("three"):
        await eventually(lambda: {request.seq for request in world.seen.requests[before:]} == set(again))
    async with world.running("four"):
        await world.annotate(again, attempt=2, outcome="invalid")
        left = len(seqs) - len(again)
        totals = {"labeled": left, "invalid": len(again), "failed": 0, "needs_review": len(again)}
        await eventually_completed(world, totals)
    assert set(world.seen.asked) == set(seqs)
    assert {request.attempt for request in world.seen.requests[before:]} == {2}


async def eventually_completed(world: World, totals: dict[str, int]) -> None:
    async def done() -> bool:
        document = await world.document()
        return document["state"] == "completed" and document["dispatch"]["totals"] == totals

    await eventually(done)

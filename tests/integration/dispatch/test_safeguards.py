"""Canaries, failure stops and rates: the dispatcher asks for no more than they allow, whoever feeds the job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dispatch_world import FAST, WORKER, World
from tandem.events import AnnotationRequestedV1, JobState
from tandem.jobs.moves import GO, PAUSE, RESUME
from tandem.store.jobs.documents import JobDocument
from tandem.store.jobs.writer import JobWriter
from tandem_api.dispatch.dispatcher import Dispatcher

SETTINGS = FAST.model_copy(update={"look_seconds": 0.01, "lease_seconds": 60})


def requests(world: World) -> list[AnnotationRequestedV1]:
    return [event for event in world.producer.handed_over if isinstance(event, AnnotationRequestedV1)]


class Turns:
    """A dispatcher that takes turns on a clock of the test's own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = 1000.0
        self.number = 0
        self.dispatcher = self._start()

    def _start(self) -> Dispatcher:
        self.number += 1
        return self.world.dispatcher(f"d{self.number}", SETTINGS, lambda: self.now)

    async def killed(self) -> None:
        lease = {"$set": {"dispatch.lease.until": datetime.now(UTC) - timedelta(seconds=1)}}
        await self.world.database["jobs"].update_many({}, lease)
        self.dispatcher = self._start()

    async def take(self, number: int = 3, seconds: float = 0.1) -> JobDocument:
        for _ in range(number):
            self.now += seconds
            await self.dispatcher.tick()
        return await self.world.document()

    @property
    def asked(self) -> set[int]:
        return {request.seq for request in requests(self.world)}


def canary(records: int, most_unlabeled: float | None = None) -> dict[str, Any]:
    return {"records": records, "below_seq": records, "most_unlabeled": most_unlabeled, "passed": False}


async def test_a_canary_ends_and_the_rest_waits_for_a_go(world: World) -> None:
    await world.job(9, canary=canary(4))
    turns = Turns(world)
    await turns.take()
    assert turns.asked == {0, 1, 2, 3}
    await world.annotate([0, 1, 3])
    assert (await turns.take())["state"] == JobState.RUNNING, "one of the canary has not ended"
    await turns.killed()
    await world.annotate([2], outcome="invalid")
    job = await turns.take()
    assert (job["state"], job.get("waiting_for")) == (JobState.WAITING, "canary")
    assert "1 of the first 4 records has no label (25.0%)" in (job["state_reason"] or "")
    await turns.killed()
    assert (await turns.take())["state"] == JobState.WAITING
    assert turns.asked == {0, 1, 2, 3}

    await JobWriter(world.database).move("job", GO, reason=None)
    job = await turns.take()
    assert turns.asked == set(range(9))
    await world.annotate(range(4, 9))
    job = await turns.take()
    assert job["state"] == JobState.COMPLETED
    assert job["dispatch"]["totals"] == {"labeled": 8, "invalid": 1, "failed": 0, "needs_review": 1}


async def test_a_canary_within_its_rule_goes_on_by_itself_and_one_beyond_it_waits(world: World) -> None:
    await world.job(8, canary=canary(4, 0.25))
    turns = Turns(world)
    await turns.take()
    await world.annotate([0, 1, 2])
    await world.annotate([3], outcome="failed")
    job = await turns.take()
    assert (job["state"], job["canary"]) == (JobState.RUNNING, canary(4, 0.25) | {"passed": True})
    assert turns.asked == set(range(8))


async def test_a_paused_canary_is_judged_when_it_is_resumed(world: World) -> None:
    await world.job(8, canary=canary(2, 0.0))
    turns, people = Turns(world), JobWriter(world.database)
    await turns.take()
    await world.annotate([0, 1], outcome="failed")
    assert (await turns.take())["state"] == JobState.WAITING
    await people.move("job", PAUSE, reason=None)
    await people.move("job", RESUME, reason=None)
    assert (await turns.take()).get("waiting_for") == "canary", "nobody said go"
    await people.move("job", RESUME, reason=None)
    assert (await turns.take())["state"] == JobState.RUNNING, "who resumes a job that waits for a go says go"
    assert turns.asked == set(range(8))


async def test_a_canary_of_all_records_waits_for_nobody(world: World) -> None:
    await world.job(3, canary=canary(3))
    turns = Turns(world)
    await turns.take()
    await world.annotate(range(3))
    assert (await turns.take())["state"] == JobState.COMPLETED


async def test_too_many_failures_stop_the_job_until_a_go_and_count_anew_from_there(world: World) -> None:
    world.workers[:] = [WORKER.model_copy(update={"slots": 4})]
    await world.job(40, failure_stop={"share": 0.5, "of_last": 4})
    turns = Turns(world)
    await turns.take()
    await world.annotate([0, 1], outcome="failed")
    await turns.take()
    await turns.killed()
    await turns.take()  # how these ended is in the document
    await world.annotate([2])
    await world.annotate([3], outcome="invalid")
    job = await turns.take()
    assert (job["state"], job.get("waiting_for")) == (JobState.WAITING, "failures")
    assert "3 of the last 4 records have no label, more than the 50%" in (job["state_reason"] or "")
    stopped_at = set(turns.asked)
    await turns.killed()
    await turns.take()
    assert turns.asked == stopped_at

    await JobWriter(world.database).move("job", GO, reason=None)
    assert (await turns.take())["state"] == JobState.RUNNING
    await world.annotate([4, 5, 6], outcome="failed")
    assert (await turns.take())["state"] == JobState.RUNNING, "three have ended since the go"
    await JobWriter(world.database).change("job", {"failure_stop": None})
    await world.annotate([7, 8], outcome="failed")
    assert (await turns.take())["state"] == JobState.RUNNING


async def test_a_rate_bounds_what_is_asked_for_and_leaves_the_window_to_others(world: World) -> None:
    await world.job(100, records_per_minute=60.0)
    await world.job(100, job_id="other", weight=0.01)
    turns = Turns(world)
    await turns.take(1)

    def number(job_id: str) -> int:
        return sum(request.job_id == job_id for request in requests(world))

    assert number("job") == 1
    assert number("other") >= WORKER.slots - 2, "a job that may not ask takes no part of the window"
    await turns.take(10, seconds=1.0)
    assert number("job") == 11
    await JobWriter(world.database).change("job", {"records_per_minute": None, "weight": 100.0})
    await turns.take(2)
    assert number("job") > 11

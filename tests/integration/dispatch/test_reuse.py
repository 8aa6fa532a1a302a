"""Answers that are there already are taken, and records of equal content are asked for once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dispatch_world import FAST, WORKER, World
from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1, JobState
from tandem.store.jobs.documents import JobDocument

SETTINGS = FAST.model_copy(update={"look_seconds": 0.01, "lease_seconds": 600})
CONTENTS = ["a", "b", "a", "a", "c", "b"]


async def answered(world: World, seqs: Sequence[int], contents: Sequence[str], *, job_id: str, **more: Any) -> None:
    label = {"task": "sentiment", "value": "good", "confidence": 0.9, "confidence_method": "token_probability"}
    for seq in seqs:
        await world.annotate([seq], job_id=job_id, outcome=more.get("outcome", "labeled"))
        fields = {
            "agent_id": "a",
            "content_hash": contents[seq],
            "labels": [label | {"rule": "exact"}],
            "provider": "simulated",
            "model": "m",
        }
        await world.database["annotations"].update_one({"_id": f"{job_id}:{seq}"}, {"$set": fields | more})


class Turns:
    def __init__(self, world: World) -> None:
        self.world = world
        self.now = 1000.0
        self.dispatcher = world.dispatcher("d", SETTINGS, lambda: self.now)

    async def take(self, number: int = 3, seconds: float = 0.3) -> JobDocument:
        for _ in range(number):
            self.now += seconds
            await self.dispatcher.tick()
        return await self.world.document()

    @property
    def asked(self) -> list[int]:
        return [event.seq for event in self.world.producer.handed_over if isinstance(event, AnnotationRequestedV1)]

    @property
    def taken(self) -> dict[int, tuple[str, ...]]:
        """Return the sources of each record that was answered without a call."""
        events = [event for event in self.world.producer.handed_over if isinstance(event, AnnotationRespondedV1)]
        return {event.seq: event.ready.sources for event in events if event.ready is not None}


async def with_contents(world: World, contents: Sequence[str] = CONTENTS, **more: Any) -> None:
    world.workers[:] = [WORKER]
    await world.job(len(contents), **more)
    for seq, content in enumerate(contents):
        await world.database["records"].update_one({"_id": f"data-job:{seq}"}, {"$set": {"content_hash": content}})


async def test_records_of_equal_content_are_asked_for_once(world: World) -> None:
    await with_contents(world, reuse=True)
    turns = Turns(world)
    await turns.take()
    assert turns.asked == [0, 1, 4]
    await answered(world, [0], CONTENTS, job_id="job")
    await answered(world, [1], CONTENTS, job_id="job", outcome="failed", labels=[])
    await turns.take()
    assert turns.taken == {2: ("job:0",), 3: ("job:0",)}
    assert turns.asked == [0, 1, 4, 5], "the first one has no label, so the next one is asked for"
    await answered(world, [2, 3, 4, 5], CONTENTS, job_id="job")
    assert (await turns.take())["state"] == JobState.COMPLETED


async def test_the_answer_of_an_earlier_job_of_the_agent_version_is_taken(world: World) -> None:
    await with_contents(world)
    await world.database["jobs"].update_one({"_id": "job"}, {"$set": {"dispatch.announced": True}})
    await answered(world, [0, 4], CONTENTS, job_id="job")
    await answered(world, [1], ["", "another content"], job_id="job")
    earlier = await world.document()
    later: dict[str, Any] = {**earlier, "_id": "later", "reuse": True, "state": "running"}
    later["dispatch"] = {**earlier["dispatch"], "announced": False, "lease": None}
    later["created_at"] = earlier["created_at"].replace(year=2100)
    await world.database["jobs"].insert_one(later)
    turns = Turns(world)
    await turns.take()
    assert turns.taken == {0: ("job:0",), 2: ("job:0",), 3: ("job:0",), 4: ("job:4",)}
    assert turns.asked == [1]


async def test_without_the_option_each_record_is_asked_for(world: World) -> None:
    await with_contents(world)
    turns = Turns(world)
    await turns.take()
    assert turns.asked == [0, 1, 2, 3, 4, 5]


async def test_a_held_record_does_not_use_up_its_asks(world: World) -> None:
    await with_contents(world, ["a", "a"], reuse=True)
    turns = Turns(world)
    await turns.take(30)
    assert (turns.asked, turns.taken) == ([0], {})
    await answered(world, [0], ["a", "a"], job_id="job", outcome="failed", labels=[])
    await turns.take()
    assert turns.asked == [0, 1]
    (last,) = (e for e in world.producer.handed_over if isinstance(e, AnnotationRequestedV1) and e.seq == 1)
    assert last.ask == 1

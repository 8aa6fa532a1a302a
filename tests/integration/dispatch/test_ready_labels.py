"""Jobs whose labels are made of another job's annotations: what the dispatcher publishes for them."""

from __future__ import annotations

from typing import Any

from dispatch_world import FAST, World
from tandem.events import JobState
from tandem.testing.waiting import eventually

OLD_SCHEMA = {
    "label_schema_id": "old",
    "version": 1,
    "name": "s",
    "tasks": [
        {
            "kind": "single_choice",
            "name": "sentiment",
            "options": [{"value": "good"}, {"value": "poor"}, {"value": "odd"}],
        }
    ],
}
CARRIED_OVER: dict[str, Any] = {
    "kind": "carried_over",
    "sources": ["old"],
    "making": {"label_schema": OLD_SCHEMA, "mapping": {"sentiment": {"poor": "bad"}}},
}


async def labeled(world: World, seq: int, value: str, **more: Any) -> None:
    """A record of the source job."""
    document: dict[str, Any] = {
        "_id": f"old:{seq}",
        "job_id": "old",
        "seq": seq,
        "attempt": 1,
        "outcome": "labeled",
        "labels": [{"task": "sentiment", "value": value, "confidence": 0.8, "rule": "exact"}],
        "provider": "elsewhere",
        "model": "m-old",
        "needs_review": False,
    }
    await world.database["annotations"].insert_one(document | more)


async def test_labels_that_map_are_sent_as_answers_and_nobody_is_asked(world: World) -> None:
    await world.job(3, asks_model=False, **CARRIED_OVER)
    await labeled(world, 0, "good")
    await labeled(world, 1, "poor")
    await labeled(world, 2, "odd")
    world.workers.clear()
    async with world.running():
        await eventually(lambda: len(world.seen.responses) == 3)
        await world.annotate([0, 1], outcome="labeled")
        await world.annotate([2], outcome="invalid")
        await eventually(lambda: any(job.state is JobState.COMPLETED for job in world.seen.jobs))
    sent = {answer.seq: answer for answer in world.seen.responses}
    assert {seq: [label.value for label in answer.ready.labels] for seq, answer in sent.items() if answer.ready} == {
        0: ["good"],
        1: ["bad"],
        2: [],
    }
    assert sent[1].ready is not None
    assert sent[1].ready.sources == ("old:1",)
    assert (sent[1].provider, sent[1].model) == ("elsewhere", "m-old")
    assert sent[2].ready is not None
    assert sent[2].ready.reason == "not_carried_over"
    assert world.seen.requests == []
    assert not any(job.asks_model for job in world.seen.jobs)
    assert (await world.document())["dispatch"]["totals"] == {
        "labeled": 2,
        "invalid": 1,
        "failed": 0,
        "needs_review": 1,
    }


async def test_a_model_is_asked_for_the_rest_where_the_job_has_one(world: World) -> None:
    await world.job(3, **CARRIED_OVER)
    await labeled(world, 0, "good")
    await labeled(world, 1, "odd")
    async with world.running():
        await eventually(lambda: len(world.seen.responses) == 1 and len(world.seen.requests) == 2)
    assert world.seen.responses[0].seq == 0
    assert set(world.seen.asked) == {1, 2}


async def test_what_is_carried_over_takes_nothing_of_a_budget(world: World) -> None:
    await world.job(3, budget_usd=1e-9, **CARRIED_OVER)
    await labeled(world, 0, "good")
    await labeled(world, 1, "good")
    await labeled(world, 2, "odd")
    async with world.running():
        await eventually(lambda: {answer.seq for answer in world.seen.responses} == {0, 1})
        await world.annotate([0, 1])
        await eventually(lambda: any(job.state is JobState.WAITING for job in world.seen.jobs))
    assert world.seen.requests == []


async def test_ready_labels_that_were_lost_are_sent_again_for_as_long_as_it_takes(world: World) -> None:
    await world.job(1, asks_model=False, **CARRIED_OVER)
    await labeled(world, 0, "good")
    world.workers.clear()
    settings = FAST.model_copy(update={"deadline_seconds": 0.1})
    async with world.running(settings=settings):
        await eventually(lambda: len(world.seen.responses) >= 5)
        await world.annotate([0])
        await eventually(lambda: any(job.state is JobState.COMPLETED for job in world.seen.jobs))
    assert all(answer.error is None and answer.ready is not None for answer in world.seen.responses)


async def test_no_more_ready_labels_are_out_than_the_window_holds_and_a_killed_dispatchers_job_goes_on(
    world: World,
) -> None:
    await world.job(250, asks_model=False, **CARRIED_OVER)
    for seq in range(250):
        await labeled(world, seq, "good")
    async with world.running("killed"):
        await eventually(lambda: len(world.seen.responses) == FAST.max_window)
        await world.annotate(range(30))
        await eventually(lambda: len(world.seen.responses) == FAST.max_window + 30)
    async with world.running("successor"):
        await eventually(lambda: any(answer.epoch == 2 for answer in world.seen.responses))
        await world.annotate(range(250))
        await eventually(lambda: any(job.state is JobState.COMPLETED for job in world.seen.jobs))
    assert (await world.document())["dispatch"]["totals"]["labeled"] == 250
    assert {answer.attempt for answer in world.seen.responses} == {1}


async def test_a_persons_value_is_carried_over_and_not_the_models(world: World) -> None:
    await world.job(1, asks_model=False, **CARRIED_OVER)
    verification: dict[str, Any] = {"values": {"sentiment": "poor"}, "revision": 1}
    await labeled(world, 0, "good", outcome="invalid", verification=verification)
    async with world.running():
        await eventually(lambda: len(world.seen.responses) == 1)
    (answer,) = world.seen.responses
    assert answer.ready is not None
    (label,) = answer.ready.labels
    assert (label.value, label.confidence, label.confidence_missing_reason) == ("bad", None, "verified")

"""Examples drawn at dispatch from what people verified, carried in the request."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch_world import World
from tandem.store.database import utcnow
from tandem.testing.waiting import eventually

LABELS = ("good", "bad")


async def verify(world: World, seqs: range, *, job_id: str = "earlier", dataset: str = "data-earlier") -> None:
    """People decided about these records of an earlier job."""
    for seq in seqs:
        decision = {"values": {"sentiment": LABELS[seq % 2]}, "decided_at": utcnow(), "revision": 1}
        await world.database["annotations"].insert_one(
            {
                "_id": f"{job_id}:{seq}",
                "job_id": job_id,
                "dataset_id": dataset,
                "seq": seq,
                "attempt": 1,
                "outcome": "labeled",
                "needs_review": True,
                "verification": decision,
                "verification_revision": 1,
            }
        )


async def jobs(world: World, size: int, **drawn: Any) -> None:
    """An earlier job that has ended, and one whose agent draws examples."""
    await world.job(6, job_id="earlier")
    await world.database["jobs"].update_one(
        {"_id": "earlier"}, {"$set": {"state": "completed", "dispatch.announced": True}}
    )
    await world.job(size)
    await world.database["jobs"].update_one({"_id": "job"}, {"$set": {"published.agent.drawn_examples": drawn}})
    for seq in range(6):
        await world.database["records"].update_one(
            {"_id": f"data-earlier:{seq}"}, {"$set": {"content_hash": f"e{seq}", "fields.text": f"earlier {seq}"}}
        )


@pytest.mark.parametrize("by", ["balanced", "nearest"])
async def test_every_request_carries_examples_that_people_verified(world: World, by: str) -> None:
    await jobs(world, 4, by=by, count=4)
    await verify(world, range(6))
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 4)
        await world.annotate(range(4))
    for request in world.seen.requests:
        assert len(request.examples) == 4
        values = [example.values["sentiment"] for example in request.examples]
        assert by == "nearest" or values.count("good") == values.count("bad") == 2
        assert all(example.fields["text"].startswith("earlier ") for example in request.examples)


async def test_a_record_is_not_shown_to_itself(world: World) -> None:
    await jobs(world, 2, by="balanced", count=20)
    await verify(world, range(2), job_id="job", dataset="data-job")
    await world.database["records"].update_one({"_id": "data-job:1"}, {"$set": {"content_hash": "h1"}})
    await world.database["annotations"].update_many({}, {"$set": {"attempt": 0}})  # both are still to be asked for
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 2)
        await world.database["annotations"].update_many({}, {"$set": {"attempt": 1}})
    shown = {request.seq: [example.fields["text"] for example in request.examples] for request in world.seen.requests}
    assert shown == {0: ["text 1"], 1: ["text 0"]}


async def test_without_verified_records_a_job_goes_on_without_examples_and_says_so(world: World) -> None:
    await jobs(world, 3, by="nearest", count=4)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 3)

        async def told() -> bool:
            return "no verified record" in str((await world.document())["dispatch"].get("notice"))

        await eventually(told)
        await world.annotate(range(3))
    assert all(request.examples == () for request in world.seen.requests)


async def test_a_budget_counts_the_bytes_of_examples(world: World) -> None:
    await jobs(world, 1, by="balanced", count=6)
    await world.database["jobs"].update_one(
        {"_id": "job"},
        {
            "$set": {
                "budget_usd": 1000.0,
                "published.agent.provider": "openai",
                "published.agent.model": "gpt-4o-mini",
            }
        },
    )

    async def reserved(job: str) -> float:
        found = await world.database["jobs"].find_one({"_id": job})
        return float(found["dispatch"].get("reserved_usd") or 0.0) if found else 0.0

    async def asked() -> bool:
        return await reserved("job") > 0

    world.workers[:] = [world.workers[0].model_copy(update={"providers": {"openai": "ok"}})]
    async with world.running():
        await eventually(asked)
        without = await reserved("job")
        await world.annotate([0])
    await verify(world, range(6))
    await world.database["annotations"].delete_one({"_id": "job:0"})
    await world.database["jobs"].delete_one({"_id": "job"})
    await world.database["campaigns"].delete_many({"jobs": "job"})
    await world.database["records"].delete_many({"dataset_id": "data-job"})
    await world.job(1, provider="openai", budget_usd=1000.0)
    await world.database["jobs"].update_one(
        {"_id": "job"},
        {
            "$set": {
                "published.agent.model": "gpt-4o-mini",
                "published.agent.drawn_examples": {"by": "balanced", "count": 6},
            }
        },
    )
    async with world.running("two"):
        await eventually(asked)
        assert await reserved("job") > without
        await world.annotate([0])

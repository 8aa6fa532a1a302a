"""Jobs whose labels are combined of several jobs' annotations: what the dispatcher publishes for them."""

from __future__ import annotations

from typing import Any

from dispatch_world import World
from tandem.store.database import utcnow
from tandem.testing.waiting import eventually

COMBINED: dict[str, Any] = {
    "kind": "combined",
    "sources": ["one", "two", "three"],
    "making": {"method": "vote", "estimates": []},
    "asks_model": False,
}


async def said(world: World, seq: int, *values: str | None, decided: str | None = None) -> None:
    """A record's labels in the source jobs; None where it is invalid there. `decided`: by a person, in the first."""
    for job, value in zip(COMBINED["sources"], values, strict=False):
        labels = [] if value is None else [{"task": "sentiment", "value": value, "confidence": 0.8, "rule": "exact"}]
        document: dict[str, Any] = {
            "_id": f"{job}:{seq}",
            "job_id": job,
            "seq": seq,
            "attempt": 1,
            "outcome": "invalid" if value is None else "labeled",
            "labels": labels,
            "needs_review": False,
        }
        if decided is not None and job == "one":
            document["verification"] = {"values": {"sentiment": decided}, "decided_at": utcnow()}
        await world.database["annotations"].insert_one(document)


async def test_most_win_ties_are_left_to_people_and_decisions_hold(world: World) -> None:
    await world.job(5, **COMBINED)
    await said(world, 0, "good", "good", "bad")
    await said(world, 1, "good", "bad", None)
    await said(world, 2, "bad", "bad", "bad", decided="good")
    await said(world, 3, None, None, None)
    world.workers.clear()
    async with world.running():
        await eventually(lambda: len(world.seen.responses) == 5)
    sent = {answer.seq: answer.ready for answer in world.seen.responses}
    assert world.seen.requests == []
    by_vote, tied, decided, unread, not_run = (sent[seq] for seq in range(5))
    assert by_vote is not None
    (label,) = by_vote.labels
    assert (label.value, round(label.confidence or 0, 3), label.confidence_method) == ("good", 0.667, "agent_agreement")
    assert by_vote.sources == ("one:0", "two:0", "three:0")
    assert tied is not None
    assert (tied.labels, tied.reason) == ((), "tie")
    assert tied.detail == "sentiment: 1 for 'good', 1 for 'bad'"
    assert decided is not None
    assert [(each.value, each.rule, each.confidence) for each in decided.labels] == [("good", "verified", None)]
    assert unread is not None
    assert unread.reason == "no_label"
    assert not_run is not None
    assert (not_run.reason, not_run.sources) == ("no_label", ())


async def test_an_estimate_weighs_the_agents(world: World) -> None:
    right = [[0, 0, 0, 1.0], [0, 1, 1, 1.0]]
    always_good = [[agent, truth, 0, 1.0] for agent in (1, 2) for truth in (0, 1)]
    estimate = {"task": "sentiment", "labels": ["good", "bad"], "priors": [0.5, 0.5], "errors": right + always_good}
    await world.job(1, **COMBINED | {"making": {"method": "dawid_skene", "estimates": [estimate]}})
    await said(world, 0, "bad", "good", "good")
    world.workers.clear()
    async with world.running():
        await eventually(lambda: len(world.seen.responses) == 1)
    ready = world.seen.responses[0].ready
    assert ready is not None
    assert [(each.value, each.confidence_method) for each in ready.labels] == [("bad", "dawid_skene")]

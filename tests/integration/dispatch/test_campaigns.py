"""Campaigns from their walk over the postprocessor to the queue behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from campaign_world import World, an_annotation_of
from campaigns import a_campaign, disagreement, settled_by
from queue_items import claim_next, take_opinion
from tandem.events import ReviewAskedV1
from tandem.events.catalog import REVIEW_ASKED
from tandem.messaging import Received
from tandem.review.campaigns.moves import CampaignMove
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.review_items.documents import ReviewItem
from tandem.store.review_items.writer import Reviewer, ReviewItemWriter
from tandem.testing.waiting import eventually
from tandem_postprocessor.asked import ReviewAskedHandler
from tandem_verification_ui.bootstrap import make_intake, make_sweep


def counts(*, differing: int = 0, queued: int = 0, waiting: int = 0, decided: int = 0, asked: int = -1) -> Any:
    """`asked`: as many as are queued when left out."""
    asked = queued if asked < 0 else asked
    return {"picked": differing, "queued": queued, "waiting": waiting, "decided": decided, "asked": asked}


async def test_exactly_the_differing_records_are_asked_for_in_the_queue_of_the_first_job_that_has_them(
    campaign_world: World,
) -> None:
    await campaign_world.job("a", "nnpp-n n")
    await campaign_world.job("b", "npppnnpp")
    await campaign_world.job("c", "nnpp-npn")
    order = await campaign_world.order(("a", "b", "c"), 8)
    async with campaign_world.running(campaign_world.walker()):
        done = await campaign_world.done(order)
        await eventually(lambda: {event.seq for event in campaign_world.requested} == {1, 7})
    # 1 and 7 differ; of 4 there is one label, and of 6 there are two that are the same.
    assert await campaign_world.asked_for() == {"a": [1, 7]}
    assert (done["counts"], done["queues"]) == (counts(differing=2, queued=2), {"a": 2})
    assert {event.seq: (event.job_id, event.reason.value) for event in campaign_world.requested} == {
        1: ("a", "disagreement"),
        7: ("a", "disagreement"),
    }
    assert [cause.task for cause in campaign_world.requested[0].causes] == ["mood"]
    assert campaign_world.requested[0].priority == pytest.approx(0.9), "confident contradictions come first"


async def test_a_record_that_the_first_job_did_not_run_goes_to_the_next(campaign_world: World) -> None:
    await campaign_world.job("a", " n")
    await campaign_world.job("b", "nn")
    await campaign_world.job("c", "pp")
    order = await campaign_world.order(("a", "b", "c"), 2)
    async with campaign_world.running(campaign_world.walker()):
        done = await campaign_world.done(order)
    assert await campaign_world.asked_for() == {"a": [1], "b": [0]}
    assert done["queues"] == {"a": 1, "b": 1}


async def test_what_a_person_decided_or_is_asked_for_already_is_left_alone(campaign_world: World) -> None:
    await campaign_world.job("a", "nnnn", waiting="2")
    await campaign_world.job("b", "pppp", waiting="3")
    await campaign_world.decided("b", 1)
    order = await campaign_world.order(("a", "b"), 4)
    async with campaign_world.running(campaign_world.walker()):
        done = await campaign_world.done(order)
    assert await campaign_world.asked_for() == {"a": [0, 2], "b": [3]}
    assert done["counts"] == counts(differing=4, queued=1, waiting=2, decided=1)
    assert [event.seq for event in campaign_world.producer.sent if isinstance(event, ReviewAskedV1)] == [0]


async def test_one_task_alone_or_only_confident_labels_can_be_asked_for(campaign_world: World) -> None:
    await campaign_world.job("a", "nnn", tones="nnn")
    await campaign_world.job("b", "pnp", tones="npn")
    await campaign_world.job("c", "nnp", confidence=0.5)
    async with campaign_world.running(campaign_world.walker()):
        by_task = await campaign_world.done(await campaign_world.order(("a", "b"), 3, task="tone"))
        assert await campaign_world.asked_for() == {"a": [1]}
        sure = await campaign_world.done(await campaign_world.order(("a", "c"), 3, sure=0.8))
        assert await campaign_world.asked_for() == {"a": [1]}
    assert by_task["counts"] == counts(differing=1, queued=1)
    assert sure["counts"] == counts()


async def test_the_same_order_again_finds_what_is_new_and_sends_nothing_twice(campaign_world: World) -> None:
    await campaign_world.job("a", "nnnn")
    await campaign_world.job("b", "ppn-")
    async with campaign_world.running(campaign_world.walker()):
        first = await campaign_world.done(await campaign_world.order(("a", "b"), 4))
        await campaign_world.database["annotations"].update_one(
            {"_id": "b:3"}, {"$set": {"outcome": "labeled", "labels": an_annotation_of("b", 3, "p", "n")["labels"]}}
        )
        await campaign_world.decided("a", 0)
        order = await campaign_world.order(("a", "b"), 4)
        again = await campaign_world.done(order)
    assert (first["counts"], again["run"]) == (counts(differing=2, queued=2), 2)
    assert again["counts"] == counts(differing=3, queued=2, decided=1, asked=3)
    assert [event.key for event in campaign_world.producer.sent] == ["a:0", "a:1", "a:3"]
    assert await campaign_world.order(("a", "b"), 4) == order


async def test_what_the_broker_lost_is_asked_for_again(campaign_world: World) -> None:
    await campaign_world.job("a", "n" * 7)
    await campaign_world.job("b", "p" * 7)
    campaign_world.producer.losing = 2
    async with campaign_world.running(campaign_world.walker(applied_seconds=0.3)):
        done = await campaign_world.done(await campaign_world.order(("a", "b"), 7))
    assert await campaign_world.asked_for() == {"a": list(range(7))}
    assert done["counts"] == counts(differing=7, queued=7)


async def test_an_order_that_nobody_carries_out_is_put_off_and_goes_on_by_itself(campaign_world: World) -> None:
    await campaign_world.job("a", "nn")
    await campaign_world.job("b", "pp")
    order = await campaign_world.order(("a", "b"), 2)
    # No postprocessor.
    alone = campaign_world.walker(applied_seconds=0.05)
    walking = asyncio.ensure_future(alone.run())

    async def stalled() -> bool:
        return (await campaign_world.read(order))["stalled"] >= 2

    await eventually(stalled, timeout=20)
    await alone.stop()
    await walking
    tries = (await campaign_world.read(order))["stalled"] + 1
    assert len(campaign_world.producer.sent) <= 2 * tries, "asked for once a try"
    async with campaign_world.running(campaign_world.walker()):
        done = await campaign_world.done(order)
    assert (done["stalled"], done["counts"]) == (0, counts(differing=2, queued=2))


async def test_an_order_whose_walker_was_killed_goes_on_where_it_stood(campaign_world: World) -> None:
    await campaign_world.job("a", "n" * 10)
    await campaign_world.job("b", "p" * 10)
    order = await campaign_world.order(("a", "b"), 10)
    # No postprocessor yet: the first block is asked for and never seen to be applied.
    killed = asyncio.ensure_future(campaign_world.walker("killed", lease_seconds=1).run())
    await eventually(lambda: len(campaign_world.producer.sent) == 3)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    left = await campaign_world.read(order)
    assert (left["cursor"], left["counts"], left["lease"] and left["lease"]["holder"]) == (0, counts(), "killed")
    async with campaign_world.running(campaign_world.walker("next"), campaign_world.walker("third")):
        done = await campaign_world.done(order)
        await eventually(lambda: {event.seq for event in campaign_world.requested} == set(range(10)))
    assert done["counts"] == counts(differing=10, queued=10)


async def test_a_look_that_is_asked_for_twice_is_noted_once_and_requested_again(campaign_world: World) -> None:
    await campaign_world.job("a", "nn")
    handler = ReviewAskedHandler(
        reader=AnnotationReader(campaign_world.database), writer=AnnotationWriter(campaign_world.database)
    )
    ask = {"job_id": "a", "project_id": "p", "record_id": "r", "order_id": "o", "reason": "disagreement"}
    batch = [
        Received(ReviewAskedV1.model_validate({**ask, "seq": 0}), REVIEW_ASKED.name, 0, 0),
        Received(ReviewAskedV1.model_validate({**ask, "seq": 1, "attempt": 2}), REVIEW_ASKED.name, 0, 1),
        Received(ReviewAskedV1.model_validate({**ask, "seq": 9}), REVIEW_ASKED.name, 0, 2),
    ]
    first, again = await handler(batch), await handler(batch)
    assert [outgoing.event.key for outgoing in first] == ["a:0"], "whoever died before the event has it sent"
    assert [outgoing.event.key for outgoing in again] == ["a:0"]
    assert await campaign_world.asked_for() == {"a": [0]}
    assert await AnnotationReader(campaign_world.database).count_asked("a", 1) == 1
    other = [Received(ReviewAskedV1.model_validate({**ask, "seq": 0, "order_id": "x"}), REVIEW_ASKED.name, 0, 3)]
    assert await handler(other) == []
    await campaign_world.decided("a", 1)
    late = [Received(ReviewAskedV1.model_validate({**ask, "seq": 1}), REVIEW_ASKED.name, 0, 4)]
    assert await handler(late) == [], "a person decided meanwhile"


async def test_a_campaign_serves_its_people_blind_until_it_is_paused_and_closes_by_its_stop_rule(
    campaign_world: World,
) -> None:
    world, database = campaign_world, campaign_world.database
    writer, items = CampaignWriter(database), ReviewItemWriter(database)
    await world.job("a", "nnnn", waiting="3")
    await world.job("b", "pppn")
    campaign = disagreement(("a", "b"), 4, campaign_id="c")
    await writer.place({**campaign, "people": ["ada"], "blind_share": 1.0})
    ada, ben = Reviewer("ada", "Ada"), Reviewer("ben", "Ben")

    async def next_of(who: Reviewer) -> ReviewItem | None:
        served = await CampaignReader(database).served_to("a", who.person_id)
        return await claim_next(items, "a", who, seconds=600, campaigns=served)

    async def in_queue(number: int) -> None:
        async def is_there() -> bool:
            return await database["review_items"].count_documents({}) == number

        await eventually(is_there, timeout=20)

    async with world.running(world.walker()):
        await world.done("c")
        await in_queue(3)
        await make_sweep(database, make_intake(database)).sweep_job("a")  # record 3 waits by the job's thresholds
        of_ben, of_ada = await next_of(ben), await next_of(ada)
        assert of_ben is not None
        assert of_ada is not None
        assert (of_ben.seq, of_ben.campaign_id, of_ben.blind) == (3, "a-thresholds", False)
        assert await next_of(ben) is None, "the others are for Ada"
        assert (of_ada.campaign_id, of_ada.blind, of_ada.reason) == ("c", True, "disagreement")
        assert await writer.move("c", CampaignMove.PAUSE) is not None
        assert await next_of(ada) is None
        assert await writer.move("c", CampaignMove.OPEN) is not None
        await world.done("c")
        # One is decided; so the stop rule closes the campaign, and the rest is withdrawn.
        await take_opinion(items, of_ada, settled_by(ada))
        await world.decided("a", of_ada.seq)
        assert await writer.change("c", {"stop": {"rule": "decided", "after": 1}}) is not None

        async def is_closed() -> bool:
            read = await world.read("c")
            return read["state"] == "closed" and not read["walking"]

        await eventually(is_closed, timeout=20)
        await in_queue(2)
        read = await world.read("c")
    assert read["state_reason"] == "Closed by its stop rule: the number of decided records reached 1."
    assert (await world.asked_for())["a"] == sorted({of_ada.seq, 3}), "what somebody decided stays as it was asked"
    assert await CampaignWriter(database).move("c", CampaignMove.PAUSE) is None


async def test_thresholds_that_change_while_their_job_runs_hold_for_what_older_ones_asked_for_meanwhile(
    campaign_world: World,
) -> None:
    world, database = campaign_world, campaign_world.database
    await world.job("a", "nn", confidence=0.4)
    await database["jobs"].update_one({"_id": "a"}, {"$set": {"state": "running"}})
    thresholds = a_campaign(("a",), 4, strategy="thresholds", campaign_id="a-thresholds", parameters={"threshold": 0.5})
    await CampaignWriter(database).place(thresholds)
    async with world.running(world.walker()):

        async def waits() -> bool:
            return (await world.read("a-thresholds"))["again"]

        await eventually(waits, timeout=20)
        assert await world.asked_for() == {"a": [0, 1]}
        # Written by a postprocessor that had not heard of the change: record 2 should be asked for, 3 should not.
        late = [an_annotation_of("a", 2, "n", "n", confidence=0.4), an_annotation_of("a", 3, "n", "n", waiting="3")]
        await AnnotationWriter(database).insert_first(late)
        await database["jobs"].update_one({"_id": "a"}, {"$set": {"state": "completed"}})
        done = await world.done("a-thresholds")
    assert await world.asked_for() == {"a": [0, 1, 2]}
    assert done["counts"] == counts(differing=3, queued=3)

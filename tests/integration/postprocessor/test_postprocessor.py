"""The postprocessor on a real MongoDB and both brokers: answers in, annotations and events out."""

from __future__ import annotations

from collections import Counter

import pytest

from postprocessor_world import World, answer, event_of, failure, received, verification
from tandem.events.catalog import RESPONSES
from tandem.observability.metrics import SKIPPED
from tandem.store.annotations.documents import OutcomeCounts
from tandem.store.opinions.writer import OpinionWriter
from tandem.testing.waiting import eventually


async def test_answers_become_annotations_and_events(world: World) -> None:
    async with world.running():
        await world.producer.send_all(
            [
                answer(0, probability=0.9),
                answer(1, "bad", probability=0.6),
                answer(2, probability=None),
                answer(3, "not good", probability=None),
                failure(4),
            ]
        )
        await eventually(lambda: len(world.labeled) == 5 and len(world.reviews) == 3)
    assert await world.counts() == OutcomeCounts(labeled=3, invalid=1, failed=1, needs_review=3)
    sure, unsure, unknown, invalid, failed = [await world.annotation(seq) for seq in range(5)]
    assert (sure["labels"][0]["value"], sure["labels"][0]["rule"]) == ("good", "exact")
    assert sure["labels"][0]["confidence"] == pytest.approx(0.9)
    assert sure["labels"][0]["confidence_method"] == "token_probability"
    assert (sure["agent_version"], sure["model"], sure["content_hash"]) == (3, "m-2026", "h0")
    assert unsure["review_reason"] == "low_confidence"
    assert unsure["priority"] == pytest.approx(0.4)
    assert unsure["review_causes"] == [{"task": "sentiment", "reason": "low_confidence"}]
    assert "review_causes" not in sure
    assert {event.seq: [(cause.task, cause.reason) for cause in event.causes] for event in world.reviews} == {
        1: [("sentiment", "low_confidence")],
        2: [("sentiment", "no_confidence")],
        3: [],
    }
    assert unknown["labels"][0]["confidence"] is None
    assert (unknown["labels"][0]["confidence_missing_reason"], unknown["review_reason"]) == (
        "no_logprobs",
        "no_confidence",
    )
    assert (invalid["outcome"], invalid["reason"], invalid["raw"]) == ("invalid", "ambiguous", "not good")
    assert (failed["outcome"], failed["reason"], failed["needs_review"]) == ("failed", "refusal", False)
    assert {event.seq: event.reason for event in world.reviews} == {
        1: "low_confidence",
        2: "no_confidence",
        3: "invalid",
    }
    assert {event.seq: event.outcome for event in world.labeled} == {
        0: "labeled",
        1: "labeled",
        2: "labeled",
        3: "invalid",
        4: "failed",
    }


async def test_a_thousand_answers_delivered_twice_give_one_annotation_each(world: World) -> None:
    answers = [answer(seq, probability=0.9 if seq % 4 else 0.6) for seq in range(1000)]
    async with world.running():
        await world.producer.send_all([*answers, *answers])
        await eventually(lambda: len(world.labeled) >= 2000 and len(world.reviews) >= 500, timeout=60)
    assert await world.counts() == OutcomeCounts(labeled=1000, needs_review=250)
    assert all(n >= 2 for n in Counter(event.seq for event in world.labeled).values())
    assert {event.seq for event in world.reviews} == set(range(0, 1000, 4))


async def test_decisions_are_applied_as_they_come(world: World) -> None:
    async with world.running():
        await world.producer.send_all([answer(0, probability=0.6), answer(1, probability=0.6)])
        await world.annotation(1)
        decided = [event_of(verification(0, 1, "bad")), event_of(verification(1, 1, "bad"))]
        await world.producer.send_all([*decided, event_of(verification(1, 1, "bad"), verification(1, 2, None))])

        async def applied() -> bool:
            return await world.reader.decided_revisions("job") == {0: 1, 1: 2}

        await eventually(applied)
    first, second = await world.annotation(0), await world.annotation(1)
    assert first["verification"]["values"] == {"sentiment": "bad"}
    assert first["verification"]["confirmed"] is False
    assert first["labels"][0]["value"] == "good"
    assert "verification" not in second


async def test_decisions_missed_while_the_broker_forgot_are_mended_at_the_next_start(world: World) -> None:
    await world.handler()(received(answer(0)))
    await OpinionWriter(world.database).append([verification(0, 1, "bad")])
    async with world.running():

        async def mended() -> bool:
            return "verification" in await world.annotation(0)

        await eventually(mended)


async def test_an_answer_to_a_job_that_nobody_knows_is_skipped_and_the_others_are_not_held_up(world: World) -> None:
    before = SKIPPED.labels(RESPONSES.name, "unknown_job")._value.get()
    async with world.running():
        await world.producer.send_all([answer(0, job_id="gone"), answer(0), answer(1)])
        await eventually(lambda: len(world.labeled) == 2)
        await eventually(lambda: SKIPPED.labels(RESPONSES.name, "unknown_job")._value.get() == before + 1)
    assert await world.reader.count_by_outcome("gone") == OutcomeCounts()

"""Records on which jobs differ go to people: the walk of an order, the postprocessor, and the queue behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from campaigns import an_annotation, disagreement
from tandem.events import Event, LabelOption, LabelSchemaSpec, ReviewAskedV1, ReviewRequestedV1, SingleChoiceTask
from tandem.events.catalog import LOW_CONFIDENCE, REVIEW_ASKED
from tandem.messaging import Connection, Outgoing, Producer, Received, TopicKeeper
from tandem.messaging.broadcast import BroadcastReader
from tandem.observability.health import Health
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter, Decision
from tandem.store.campaigns.documents import CampaignDocument
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_api.dispatch.campaigns import CampaignWalker
from tandem_postprocessor.asked import ReviewAskedHandler
from tandem_postprocessor.bootstrap import build
from tandem_postprocessor.settings import PostprocessorSettings

LETTERS = {"n": "negative", "p": "positive"}
SCHEMA = LabelSchemaSpec(
    label_schema_id="s",
    version=1,
    name="s",
    tasks=tuple(
        SingleChoiceTask(name=name, options=tuple(LabelOption(value=value) for value in LETTERS.values()))
        for name in ("mood", "tone")
    ),
)


class LosingProducer(Producer):
    """Acknowledges and forgets the first events, as a broker that loses its disk."""

    def __init__(self, connection: Connection, *, losing: int = 0) -> None:
        super().__init__(connection)
        self.losing = losing
        self.sent: list[Event] = []

    async def send_all(self, events: Sequence[Outgoing | Event]) -> None:
        self.sent += [each.event if isinstance(each, Outgoing) else each for each in events]
        lost, self.losing = self.losing, max(0, self.losing - len(events))
        await super().send_all(events[lost:])


@dataclass
class World:
    settings: PostprocessorSettings
    database: Database
    producer: LosingProducer
    requested: list[ReviewRequestedV1] = field(default_factory=list)

    async def job(self, job_id: str, moods: str, *, tones: str | None = None, **more: Any) -> None:
        """A letter a record, a dash for an invalid answer, a blank for a record that was not run."""
        await self.database["jobs"].insert_one(
            {"_id": job_id, "state": "completed", "published": {"label_schema": SCHEMA.model_dump(mode="json")}}
        )
        documents = [
            _annotation(job_id, seq, mood, (tones or "n" * len(moods))[seq], **more)
            for seq, mood in enumerate(moods)
            if mood != " "
        ]
        await AnnotationWriter(self.database).insert_first(documents)

    async def order(self, jobs: Sequence[str], size: int, *, task: str | None = None, sure: float | None = None) -> str:
        document = disagreement(jobs, size, task=task, sure=sure)
        return (await CampaignWriter(self.database).place(document))["_id"]

    def walker(self, holder: str = "one", **more: Any) -> CampaignWalker:
        return CampaignWalker(
            writer=CampaignWriter(self.database),
            jobs=JobReader(self.database),
            candidates=CandidateReader(self.database),
            items=ReviewItemReader(self.database),
            producer=self.producer,
            holder=holder,
            **{"block": 3, "look_seconds": 0.02, "lease_seconds": 60.0, "applied_seconds": 20.0}
            | {"live_seconds": 0.05, "check_seconds": 0.05, **more},
        )

    async def read(self, order: str) -> CampaignDocument:
        found = await CampaignReader(self.database).get(order)
        assert found is not None
        return found

    async def done(self, order: str) -> CampaignDocument:
        async def is_done() -> bool:
            return not (await self.read(order))["walking"]

        await eventually(is_done, timeout=30)
        return await self.read(order)

    async def asked_for(self) -> dict[str, list[int]]:
        """Job to the records that a person should see."""
        found: dict[str, list[int]] = {}
        async for document in (
            self.database["annotations"].find({"needs_review": True}).sort([("job_id", 1), ("seq", 1)])
        ):
            found.setdefault(document["job_id"], []).append(document["seq"])
        return found

    async def decided(self, job_id: str, seq: int) -> None:
        decision = Decision(job_id, seq, 1, {"mood": "negative"}, 1, {}, False, "ada", utcnow())
        await AnnotationWriter(self.database).apply_decisions([decision])

    @asynccontextmanager
    async def running(self, *walkers: CampaignWalker) -> AsyncIterator[None]:
        """The postprocessor as its process runs it, and the walkers."""
        health = Health()
        async with build(self.settings, health) as app:
            work = [*app.run.values(), *(walker.run for walker in walkers)]
            tasks = [asyncio.ensure_future(each()) for each in work]
            try:
                await eventually(lambda: health.ready)
                yield
                for walker in walkers:
                    await walker.stop()
                for step in app.stop:
                    await step()
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task


def _annotation(job_id: str, seq: int, mood: str, tone: str, *, confidence: float = 0.9, waiting: str = "") -> Any:
    labels = [
        {"task": task, "value": LETTERS[letter], "confidence": confidence, "rule": "exact"}
        for task, letter in (("mood", mood), ("tone", tone))
        if letter in LETTERS
    ]
    more: dict[str, Any] = {"outcome": "invalid", "labels": []} if mood == "-" else {"labels": labels}
    if str(seq) in waiting.split():
        more |= {"needs_review": True, "review_reason": "low_confidence"}
    return an_annotation(job_id, seq, **more)


@pytest.fixture
async def world(mongo_url: str, mongo_db_name: str, broker: Broker, topic_prefix: str) -> AsyncIterator[World]:
    settings = PostprocessorSettings(
        kafka=KafkaSettings(
            bootstrap_servers=broker.bootstrap_servers,
            prefix=topic_prefix,
            idempotent_producer=broker.idempotent_producer,
            partitions=2,
            session_timeout_seconds=6,
            heartbeat_seconds=1,
        ),
        mongo=MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}),
    )
    database = Database(settings.mongo)
    await ensure_indexes(database)
    connection = Connection(settings.kafka)
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    async with LosingProducer(connection) as producer:
        world = World(settings, database, producer)
        reader = BroadcastReader(
            connection=connection, topic=LOW_CONFIDENCE, apply=world.requested.append, from_beginning=True
        )
        await reader.start()
        following = asyncio.ensure_future(reader.run())
        yield world
        await reader.stop()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    database.close()


def counts(*, differing: int = 0, queued: int = 0, waiting: int = 0, decided: int = 0, asked: int = -1) -> Any:
    """`asked`: as many as are queued when left out."""
    asked = queued if asked < 0 else asked
    return {"picked": differing, "queued": queued, "waiting": waiting, "decided": decided, "asked": asked}


async def test_exactly_the_differing_records_are_asked_for_in_the_queue_of_the_first_job_that_has_them(
    world: World,
) -> None:
    await world.job("a", "nnpp-n n")
    await world.job("b", "npppnnpp")
    await world.job("c", "nnpp-npn")
    order = await world.order(("a", "b", "c"), 8)
    async with world.running(world.walker()):
        done = await world.done(order)
        await eventually(lambda: {event.seq for event in world.requested} == {1, 7})
    # 1 and 7 differ; of 4 there is one label, and of 6 there are two that are the same.
    assert await world.asked_for() == {"a": [1, 7]}
    assert (done["counts"], done["queues"]) == (counts(differing=2, queued=2), {"a": 2})
    assert {event.seq: (event.job_id, event.reason.value) for event in world.requested} == {
        1: ("a", "disagreement"),
        7: ("a", "disagreement"),
    }
    assert [cause.task for cause in world.requested[0].causes] == ["mood"]
    assert world.requested[0].priority == pytest.approx(0.9), "confident contradictions come first"


async def test_a_record_that_the_first_job_did_not_run_goes_to_the_next(world: World) -> None:
    await world.job("a", " n")
    await world.job("b", "nn")
    await world.job("c", "pp")
    order = await world.order(("a", "b", "c"), 2)
    async with world.running(world.walker()):
        done = await world.done(order)
    assert await world.asked_for() == {"a": [1], "b": [0]}
    assert done["queues"] == {"a": 1, "b": 1}


async def test_what_a_person_decided_or_is_asked_for_already_is_left_alone(world: World) -> None:
    await world.job("a", "nnnn", waiting="2")
    await world.job("b", "pppp", waiting="3")
    await world.decided("b", 1)
    order = await world.order(("a", "b"), 4)
    async with world.running(world.walker()):
        done = await world.done(order)
    assert await world.asked_for() == {"a": [0, 2], "b": [3]}
    assert done["counts"] == counts(differing=4, queued=1, waiting=2, decided=1)
    assert [event.seq for event in world.producer.sent if isinstance(event, ReviewAskedV1)] == [0]


async def test_one_task_alone_or_only_confident_labels_can_be_asked_for(world: World) -> None:
    await world.job("a", "nnn", tones="nnn")
    await world.job("b", "pnp", tones="npn")
    await world.job("c", "nnp", confidence=0.5)
    async with world.running(world.walker()):
        by_task = await world.done(await world.order(("a", "b"), 3, task="tone"))
        assert await world.asked_for() == {"a": [1]}
        sure = await world.done(await world.order(("a", "c"), 3, sure=0.8))
        assert await world.asked_for() == {"a": [1]}
    assert by_task["counts"] == counts(differing=1, queued=1)
    assert sure["counts"] == counts()


async def test_the_same_order_again_finds_what_is_new_and_sends_nothing_twice(world: World) -> None:
    await world.job("a", "nnnn")
    await world.job("b", "ppn-")
    async with world.running(world.walker()):
        first = await world.done(await world.order(("a", "b"), 4))
        await world.database["annotations"].update_one(
            {"_id": "b:3"}, {"$set": {"outcome": "labeled", "labels": _annotation("b", 3, "p", "n")["labels"]}}
        )
        await world.decided("a", 0)
        order = await world.order(("a", "b"), 4)
        again = await world.done(order)
    assert (first["counts"], again["run"]) == (counts(differing=2, queued=2), 2)
    assert again["counts"] == counts(differing=3, queued=2, decided=1, asked=3)
    assert [event.key for event in world.producer.sent] == ["a:0", "a:1", "a:3"]
    assert await world.order(("a", "b"), 4) == order


async def test_what_the_broker_lost_is_asked_for_again(world: World) -> None:
    await world.job("a", "n" * 7)
    await world.job("b", "p" * 7)
    world.producer.losing = 2
    async with world.running(world.walker(applied_seconds=0.3)):
        done = await world.done(await world.order(("a", "b"), 7))
    assert await world.asked_for() == {"a": list(range(7))}
    assert done["counts"] == counts(differing=7, queued=7)


async def test_an_order_that_nobody_carries_out_is_put_off_and_goes_on_by_itself(world: World) -> None:
    await world.job("a", "nn")
    await world.job("b", "pp")
    order = await world.order(("a", "b"), 2)
    # No postprocessor.
    alone = world.walker(applied_seconds=0.05)
    walking = asyncio.ensure_future(alone.run())

    async def stalled() -> bool:
        return (await world.read(order))["stalled"] >= 2

    await eventually(stalled, timeout=20)
    await alone.stop()
    await walking
    assert len(world.producer.sent) <= 2 * ((await world.read(order))["stalled"] + 1), "asked for once a try"
    async with world.running(world.walker()):
        done = await world.done(order)
    assert (done["stalled"], done["counts"]) == (0, counts(differing=2, queued=2))


async def test_an_order_whose_walker_was_killed_goes_on_where_it_stood(world: World) -> None:
    await world.job("a", "n" * 10)
    await world.job("b", "p" * 10)
    order = await world.order(("a", "b"), 10)
    # No postprocessor yet: the first block is asked for and never seen to be applied.
    killed = asyncio.ensure_future(world.walker("killed", lease_seconds=1).run())
    await eventually(lambda: len(world.producer.sent) == 3)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    left = await world.read(order)
    assert (left["cursor"], left["counts"], left["lease"] and left["lease"]["holder"]) == (0, counts(), "killed")
    async with world.running(world.walker("next"), world.walker("third")):
        done = await world.done(order)
        await eventually(lambda: {event.seq for event in world.requested} == set(range(10)))
    assert done["counts"] == counts(differing=10, queued=10)


async def test_a_look_that_is_asked_for_twice_is_noted_once_and_requested_again(world: World) -> None:
    await world.job("a", "nn")
    handler = ReviewAskedHandler(reader=AnnotationReader(world.database), writer=AnnotationWriter(world.database))
    ask = {"job_id": "a", "project_id": "p", "record_id": "r", "order_id": "o", "reason": "disagreement"}
    batch = [
        Received(ReviewAskedV1.model_validate({**ask, "seq": 0}), REVIEW_ASKED.name, 0, 0),
        Received(ReviewAskedV1.model_validate({**ask, "seq": 1, "attempt": 2}), REVIEW_ASKED.name, 0, 1),
        Received(ReviewAskedV1.model_validate({**ask, "seq": 9}), REVIEW_ASKED.name, 0, 2),
    ]
    first, again = await handler(batch), await handler(batch)
    assert [outgoing.event.key for outgoing in first] == ["a:0"], "whoever died before the event has it sent"
    assert [outgoing.event.key for outgoing in again] == ["a:0"]
    assert await world.asked_for() == {"a": [0]}
    assert await AnnotationReader(world.database).count_asked("a", 1) == 1
    other = [Received(ReviewAskedV1.model_validate({**ask, "seq": 0, "order_id": "x"}), REVIEW_ASKED.name, 0, 3)]
    assert await handler(other) == []
    await world.decided("a", 1)
    late = [Received(ReviewAskedV1.model_validate({**ask, "seq": 1}), REVIEW_ASKED.name, 0, 4)]
    assert await handler(late) == [], "a person decided meanwhile"

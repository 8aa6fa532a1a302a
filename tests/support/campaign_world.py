"""A postprocessor, a queue and walkers of campaigns, on a real MongoDB and a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from builders import a_job_document, a_schema, some_options
from campaigns import an_annotation, disagreement
from tandem.events import Event, ReviewRequestedV1, SingleChoiceTask
from tandem.events.catalog import LOW_CONFIDENCE
from tandem.messaging import Batches, Bus, Connection, ConsumerRunner, Outgoing, Producer, TopicKeeper
from tandem.messaging.broadcast import BroadcastReader
from tandem.observability.health import Health
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.campaigns.documents import CampaignDocument
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.database import Database, StoreUnavailableError, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_api.dispatch.campaigns import CampaignWalker
from tandem_postprocessor.bootstrap import build
from tandem_postprocessor.settings import PostprocessorSettings
from tandem_verification_ui.bootstrap import make_intake
from tandem_verification_ui.queue.handler import ReviewRequestHandler

LETTERS = {"n": "negative", "p": "positive"}
SCHEMA = a_schema(
    *tuple(SingleChoiceTask(name=name, options=some_options(*LETTERS.values())) for name in ("mood", "tone"))
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
        job = a_job_document(job_id, label_schema=SCHEMA, state="completed")
        await self.database["jobs"].insert_one(dict(job))
        documents = [
            an_annotation_of(job_id, seq, mood, (tones or "n" * len(moods))[seq], **more)
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
        decision = AppliedDecision(job_id, seq, 1, {"mood": "negative"}, 1, {}, False, "ada", utcnow())
        await AnnotationWriter(self.database).apply_decisions([decision])

    def _queue(self, health: Health) -> ConsumerRunner[ReviewRequestedV1]:
        bus = Bus(
            connection=Connection(self.settings.kafka),
            producer=self.producer,
            service="verification-ui",
            health=health,
            dependency_errors=(StoreUnavailableError,),
        )
        batches = Batches(max_batch=500, concurrency=2, drain_seconds=5)
        return ConsumerRunner(bus, LOW_CONFIDENCE, ReviewRequestHandler(make_intake(self.database)), batches)

    @asynccontextmanager
    async def running(self, *walkers: CampaignWalker) -> AsyncIterator[None]:
        """The postprocessor as its process runs it, the consumer that fills the queue, and the walkers."""
        health = Health()
        queue = self._queue(health)
        async with build(self.settings, health) as app:
            work = [*app.run.values(), queue.run, *(walker.run for walker in walkers)]
            tasks = [asyncio.ensure_future(each()) for each in work]
            try:
                await eventually(lambda: health.ready)
                yield
                for walker in walkers:
                    await walker.stop()
                for step in (queue.stop, *app.stop):
                    await step()
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task


def an_annotation_of(job_id: str, seq: int, mood: str, tone: str, *, confidence: float = 0.9, waiting: str = "") -> Any:
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
async def campaign_world(
    mongo_url: str, mongo_db_name: str, one_broker: Broker, topic_prefix: str
) -> AsyncIterator[World]:
    settings = PostprocessorSettings(
        kafka=KafkaSettings(
            bootstrap_servers=one_broker.bootstrap_servers,
            prefix=topic_prefix,
            idempotent_producer=one_broker.idempotent_producer,
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

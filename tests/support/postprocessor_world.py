"""A world for the postprocessor: a broker or none, a database, answers of models and opinions of people."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from builders import a_choice, a_job, a_schema, an_agent
from tandem.events import (
    AnnotationLabeledV1,
    AnnotationRespondedV1,
    Completion,
    ErrorKind,
    JobPublishedV1,
    ResponseError,
    ReviewRequestedV1,
    TokenLogprob,
    Usage,
    VerificationDecidedV1,
)
from tandem.events.catalog import LABELED, LOW_CONFIDENCE, RESPONSES
from tandem.messaging import Connection, Producer, Received, TopicKeeper
from tandem.messaging.broadcast import BroadcastReader
from tandem.observability.health import Health
from tandem.review import OpinionPolicy
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.documents import AnnotationDocument, OutcomeCounts
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.documents import DecisionKind, OpinionDocument, decided_event, settlement_of
from tandem.store.records.reader import RecordReader
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_postprocessor.bootstrap import build
from tandem_postprocessor.decisions import decision_of
from tandem_postprocessor.known_jobs import KnownJobs
from tandem_postprocessor.responses import ResponsesHandler
from tandem_postprocessor.settings import PostprocessorSettings

SCHEMA = a_schema(a_choice("sentiment"), name="sentiment")
JOB = a_job(agent=an_agent(version=3, provider="simulated"), label_schema=SCHEMA)


def answer(seq: int, text: str = "good", probability: float | None = 0.9, **more: Any) -> AnnotationRespondedV1:
    """An answer of one token, whose only alternative is the other label."""
    other = "bad" if text == "good" else "good"
    logprobs = None
    if probability is not None:
        top = ((text, math.log(probability)), (other, math.log(1 - probability)))
        logprobs = (TokenLogprob(token=text, logprob=math.log(probability), top=top),)
    fields: dict[str, Any] = {
        "job_id": "job",
        "project_id": "p",
        "seq": seq,
        "record_id": f"r{seq}",
        "epoch": 1,
        "content_hash": f"h{seq}",
        "provider": "simulated",
        "model": "m-2026",
        "usage": Usage(prompt_tokens=40, completion_tokens=2),
        "seconds": 0.25,
        "completions": (Completion(text=text, finish_reason="stop", logprobs=logprobs),),
    }
    return AnnotationRespondedV1(**(fields | more))


def failure(seq: int, **more: Any) -> AnnotationRespondedV1:
    error = ResponseError(kind=ErrorKind.REFUSAL, message="the model refused")
    return answer(seq, completions=(), error=error, usage=None, **more)


def verification(seq: int, revision: int, value: str | None, shown: str = "good") -> OpinionDocument:
    values = None if value is None else {"sentiment": value}
    kind = DecisionKind.UNDONE if value is None else DecisionKind.CORRECTED
    return OpinionDocument(
        job_id="job",
        project_id="p",
        dataset_id="d",
        seq=seq,
        record_id=f"r{seq}",
        revision=revision,
        kind=kind,
        values=values,
        attempt=1,
        shown_attempt=1,
        shown_values={"sentiment": shown},
        decided_by="ada",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def event_of(*opinions: OpinionDocument) -> VerificationDecidedV1:
    return decided_event(opinions, settlement_of(opinions, OpinionPolicy()))


@dataclass
class World:
    """A broker with the topics, a database, and everything the postprocessor ever published."""

    settings: PostprocessorSettings
    database: Database
    producer: Producer
    labeled: list[AnnotationLabeledV1] = field(default_factory=list)
    reviews: list[ReviewRequestedV1] = field(default_factory=list)

    @property
    def reader(self) -> AnnotationReader:
        return AnnotationReader(self.database)

    async def annotation(self, seq: int) -> AnnotationDocument:
        async def there() -> bool:
            return await self.reader.get("job", seq) is not None

        await eventually(there)
        found = await self.reader.get("job", seq)
        assert found is not None
        return found

    async def counts(self) -> OutcomeCounts:
        return await self.reader.count_by_outcome("job")

    def handler(self, *, wait_seconds: float = 0.0) -> ResponsesHandler:
        jobs = KnownJobs(_Table(), JobReader(self.database), wait_seconds=wait_seconds)
        return ResponsesHandler(
            jobs=jobs,
            records=RecordReader(self.database),
            reader=self.reader,
            writer=AnnotationWriter(self.database),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Health]:
        """The whole service, as its process runs it."""
        health = Health()
        async with build(self.settings, health) as app:
            tasks = [asyncio.ensure_future(work()) for work in app.run.values()]
            try:
                await eventually(lambda: health.ready)
                yield health
                for step in app.stop:
                    await step()
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task


class _Table:
    """A job table that knows one job."""

    def get(self, job_id: str) -> JobPublishedV1 | None:
        return JOB if job_id == JOB.job_id else None

    async def wait_for(self, job_id: str, timeout: float) -> JobPublishedV1 | None:  # noqa: ASYNC109, ARG002 - as JobTable
        return self.get(job_id)


def received(*answers: AnnotationRespondedV1) -> list[Received[AnnotationRespondedV1]]:
    return [Received(each, RESPONSES.name, 0, offset) for offset, each in enumerate(answers)]


@asynccontextmanager
async def a_world(mongo_url: str, mongo_db_name: str, broker: Broker, topic_prefix: str) -> AsyncIterator[World]:
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
        unknown_job_seconds=0.2,
    )
    database = Database(settings.mongo)
    await ensure_indexes(database)
    connection = Connection(settings.kafka)
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    async with AsyncExitStack() as stack:
        producer = await stack.enter_async_context(Producer(connection))
        world = World(settings, database, producer)
        for topic, apply in ((LABELED, world.labeled.append), (LOW_CONFIDENCE, world.reviews.append)):
            await _follow(stack, BroadcastReader(connection=connection, topic=topic, apply=apply, from_beginning=True))
        await producer.send(JOB)
        yield world
    database.close()


async def _follow(stack: AsyncExitStack, reader: BroadcastReader[Any]) -> None:
    await reader.start()
    task = asyncio.ensure_future(reader.run())

    async def stop() -> None:
        await reader.stop()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)


def applied_decision(of: OpinionDocument) -> AppliedDecision:
    return decision_of(event_of(of))

"""A dispatcher on a real MongoDB and a real broker, in a world of made-up jobs, workers and annotations."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from builders import a_choice, a_job_document, a_schema, an_agent
from tandem.events import (
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    Event,
    JobKind,
    JobPublishedV1,
    WorkerReportedV1,
)
from tandem.events.catalog import JOBS, REQUESTS, RESPONSES
from tandem.jobs import Selection
from tandem.messaging import Connection, Outgoing, Producer, TopicKeeper
from tandem.messaging.broadcast import BroadcastReader
from tandem.observability.health import Health
from tandem.pricing import ModelSpend, PriceTable
from tandem.pricing.files import load_prices
from tandem.rendering.pool import RendererPool
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.spending import SpendingReader
from tandem.store.annotations.verified import VerifiedReader
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.dispatch_writer import JobDispatchWriter
from tandem.store.jobs.documents import JobDocument, PassPart, first_pass, selection_part
from tandem.store.jobs.reader import JobReader
from tandem.store.jobs.writer import JobWriter
from tandem.store.records.reader import RecordReader
from tandem.testing.brokers import Broker
from tandem_api.dispatch.carrying import CarryOverMaker
from tandem_api.dispatch.combining import CombinationMaker
from tandem_api.dispatch.dispatcher import Dispatcher
from tandem_api.dispatch.settings import DispatchSettings
from tandem_api.examples.pool import ExamplePools

WORKER = WorkerReportedV1(worker="w", slots=16, in_flight=0, providers={"simulated": "ok"})
FAST = DispatchSettings(
    min_window=10,
    max_window=100,
    deadline_seconds=60,
    lease_seconds=1,
    tick_seconds=0.02,
    look_seconds=0.05,
    listen_seconds=0,
    ask_anew_seconds=0.1,
)


@dataclass
class Seen:
    """Everything that was published, as a consumer group of the test's own sees it."""

    requests: list[AnnotationRequestedV1] = field(default_factory=list)
    responses: list[AnnotationRespondedV1] = field(default_factory=list)
    jobs: list[JobPublishedV1] = field(default_factory=list)

    @property
    def asked(self) -> Counter[int]:
        return Counter(request.seq for request in self.requests)


class RecordingProducer(Producer):
    """Keeps what was handed over, in that order; all before it was acknowledged by then, when one caller sends."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.handed_over: list[Event] = []

    async def send_all(self, events: Sequence[Outgoing | Event]) -> None:
        self.handed_over += [each.event if isinstance(each, Outgoing) else each for each in events]
        await super().send_all(events)


@dataclass
class World:
    database: Database
    producer: RecordingProducer
    seen: Seen
    workers: list[WorkerReportedV1] = field(default_factory=lambda: [WORKER])
    prices: PriceTable = field(default_factory=load_prices)
    renderers: RendererPool = field(default_factory=RendererPool)

    def dispatcher(
        self,
        holder: str = "one",
        settings: DispatchSettings = FAST,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Dispatcher:
        return Dispatcher(
            settings=settings,
            writer=JobDispatchWriter(self.database, holder=holder),
            records=RecordReader(self.database),
            annotations=AnnotationReader(self.database),
            producer=self.producer,
            workers=lambda: self.workers,
            health=Health(),
            spending=SpendingReader(self.database),
            prices=self.prices,
            makers={
                JobKind.CARRIED_OVER: CarryOverMaker(AnnotationReader(self.database)),
                JobKind.COMBINED: CombinationMaker(AnnotationReader(self.database)),
            },
            examples=ExamplePools(
                jobs=JobReader(self.database),
                verified=VerifiedReader(self.database),
                records=RecordReader(self.database),
            ),
            jobs=JobReader(self.database),
            renderers=self.renderers,
            monotonic=monotonic,
        )

    @asynccontextmanager
    async def running(
        self, holder: str = "one", settings: DispatchSettings = FAST, dispatcher: Dispatcher | None = None
    ) -> AsyncIterator[Dispatcher]:
        """Leaving it without `stop` is a kill: the lease is not handed over."""
        dispatcher = dispatcher or self.dispatcher(holder, settings)
        tasks = [asyncio.create_task(dispatcher.run()), asyncio.create_task(dispatcher.keep_leases())]
        try:
            yield dispatcher
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def job(
        self,
        size: int,
        *,
        job_id: str = "job",
        provider: str = "simulated",
        budget_usd: float | None = None,
        fallback: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """`more` are fields of the job's document."""
        dataset = f"data-{job_id}"
        await self.database["records"].insert_many(
            {
                "_id": f"{dataset}:{seq}",
                "dataset_id": dataset,
                "seq": seq,
                "record_id": f"r{seq}",
                "fields": {"text": f"text {seq}"},
                "metadata": {},
                "content_hash": "h",
                "import_id": "i",
            }
            for seq in range(size)
        )
        agent = an_agent(provider=provider, fallback=fallback)
        label_schema = a_schema(a_choice("sentiment"))
        document = a_job_document(
            job_id,
            agent=agent,
            label_schema=label_schema,
            size=size,
            dataset_id=dataset,
            budget_usd=budget_usd,
            **more,
        )
        await JobWriter(self.database).insert(document)

    async def annotate(
        self,
        seqs: Sequence[int],
        *,
        job_id: str = "job",
        outcome: str = "labeled",
        usd: float | None = None,
        attempt: int = 1,
    ) -> None:
        """The records end; with `usd`, their answers cost so much each. A higher attempt becomes the current one."""
        annotations = self.database["annotations"]
        for seq in seqs:
            ended = _annotation(job_id, seq, outcome) | {"attempt": attempt}
            paid = _spending(seq, usd)
            stored = await annotations.update_one(
                {"_id": f"{job_id}:{seq}"}, {"$setOnInsert": ended | paid}, upsert=True
            )
            if attempt > 1 and stored.upserted_id is None:
                more = {"$push": {"more_spending": paid["spending"]}} if paid else {}
                older = {"_id": f"{job_id}:{seq}", "attempt": {"$lt": attempt}}
                await annotations.update_one(older, {"$set": ended} | more)

    async def run_again(self, seqs: Sequence[int], *, job_id: str = "job") -> None:
        """Begin another pass over these records of a job that has ended."""
        job = await self.document(job_id)
        passes = job.get("passes") or [first_pass(created_at=utcnow(), created_by="test", created_by_id=None)]
        ended = await AnnotationReader(self.database).count_by_outcome(job_id)
        following: PassPart = {
            "attempt": passes[-1]["attempt"] + 1,
            "selection": selection_part(Selection.of(seqs), len(seqs)),
            "all_had_ended": ended.ended == job["selection"]["size"],
            "created_at": utcnow(),
            "created_by": "test",
        }
        begun = await JobWriter(self.database).run_again(job, [*passes, following], budget_usd=job.get("budget_usd"))
        assert begun is not None

    def spending(self) -> SpendingReader:
        return SpendingReader(self.database)

    async def document(self, job_id: str = "job") -> JobDocument:
        found = await JobReader(self.database).get(job_id)
        assert found is not None
        return found


def _annotation(job_id: str, seq: int, outcome: str) -> dict[str, Any]:
    return {"job_id": job_id, "seq": seq, "attempt": 1, "outcome": outcome, "needs_review": outcome != "labeled"}


def _spending(seq: int, usd: float | None) -> dict[str, Any]:
    if usd is None:
        return {}
    paid = ModelSpend("simulated", "m", calls=1, prompt_tokens=90, completion_tokens=10, amount=usd)
    return {"spending": {"answer": f"w@{seq}", "models": [paid.document()]}}


@pytest.fixture
async def world(mongo_url: str, mongo_db_name: str, tansu_broker: Broker, topic_prefix: str) -> AsyncIterator[World]:
    database = Database(MongoSettings(url=mongo_url, database=mongo_db_name))
    await ensure_indexes(database)
    connection = Connection(
        KafkaSettings(
            bootstrap_servers=tansu_broker.bootstrap_servers,
            prefix=topic_prefix,
            idempotent_producer=tansu_broker.idempotent_producer,
            partitions=2,
        )
    )
    keeper = TopicKeeper(connection, topics=(JOBS, REQUESTS, RESPONSES))
    await keeper.start()
    await keeper.stop()
    seen = Seen()
    readers: list[BroadcastReader[Any]] = [
        BroadcastReader(connection=connection, topic=topic, apply=apply, from_beginning=True)
        for topic, apply in (
            (REQUESTS, seen.requests.append),
            (RESPONSES, seen.responses.append),
            (JOBS, seen.jobs.append),
        )
    ]
    async with RecordingProducer(connection) as producer:
        for reader in readers:
            await reader.start()
        tasks = [asyncio.create_task(reader.run()) for reader in readers]
        async with RendererPool() as renderers:
            yield World(database, producer, seen, renderers=renderers)
        for reader in readers:
            await reader.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    database.close()

"""The one place where the postprocessor's objects are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from tandem.events.catalog import DECIDED, HANDED_BACK, RESPONSES, REVIEW_ASKED
from tandem.messaging import Batches, Bus, Connection, ConsumerRunner, JobTable, Producer, TopicKeeper
from tandem.observability.health import Health
from tandem.runtime.service import App
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.handed_back.writer import HandedBackWriter
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.reader import OpinionReader
from tandem.store.records.reader import RecordReader
from tandem.store.watch import StoreWatch
from tandem_postprocessor.asked import ReviewAskedHandler
from tandem_postprocessor.decisions import DecisionsHandler
from tandem_postprocessor.handed_back import HandedBackHandler
from tandem_postprocessor.known_jobs import KnownJobs
from tandem_postprocessor.responses import ResponsesHandler
from tandem_postprocessor.settings import PostprocessorSettings
from tandem_postprocessor.sweep import DecisionSweep

SERVICE = "postprocessor"


@asynccontextmanager
async def build(settings: PostprocessorSettings, health: Health) -> AsyncIterator[App]:
    """Connect to the broker, wait until the jobs are known, and close everything in reverse order.

    MongoDB does not need to be there at the start: the consumers wait for it, and readiness says so.
    """
    async with AsyncExitStack() as stack:
        database = Database(settings.mongo)
        stack.callback(database.close)
        store_watch = StoreWatch(database, health)

        connection = Connection(settings.kafka)
        topics = TopicKeeper(connection, health=health)
        stack.push_async_callback(topics.stop)
        await topics.start()
        producer = await stack.enter_async_context(Producer(connection, health=health))
        job_table = JobTable(connection, producer=producer)
        stack.push_async_callback(job_table.stop)
        await job_table.start()

        bus = Bus(
            connection=connection,
            producer=producer,
            service=SERVICE,
            health=health,
            dependency_errors=(StoreUnavailableError,),
        )
        batches = Batches(max_batch=settings.max_batch, concurrency=1, drain_seconds=settings.drain_seconds)

        writer = AnnotationWriter(database)
        reader = AnnotationReader(database)
        sweep = DecisionSweep(
            opinions=OpinionReader(database),
            jobs=JobReader(database),
            annotations=reader,
            writer=writer,
            every_seconds=settings.sweep_seconds,
        )
        topics.on_vanished.append(lambda topic: sweep.ask() if topic is DECIDED else None)
        jobs = KnownJobs(job_table, JobReader(database), wait_seconds=settings.unknown_job_seconds)
        consumers = (
            ConsumerRunner(
                bus,
                RESPONSES,
                ResponsesHandler(jobs=jobs, records=RecordReader(database), reader=reader, writer=writer),
                replace(batches, concurrency=settings.concurrency),
            ),
            ConsumerRunner(bus, DECIDED, DecisionsHandler(writer), batches, on_lost=sweep.ask_soon),
            ConsumerRunner(bus, REVIEW_ASKED, ReviewAskedHandler(reader=reader, writer=writer), batches),
            ConsumerRunner(bus, HANDED_BACK, HandedBackHandler(HandedBackWriter(database)), batches),
        )

        async def stop_consuming() -> None:
            await asyncio.gather(*(consumer.stop() for consumer in consumers))

        yield App(
            run={
                "mongodb": store_watch.run,
                "topics": topics.run,
                "jobs": job_table.run,
                "sweep": sweep.run,
                **{consumer.name: consumer.run for consumer in consumers},
            },
            stop=[stop_consuming],
        )

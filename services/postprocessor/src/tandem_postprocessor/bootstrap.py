"""The one place where the postprocessor's objects are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tandem.events import AnnotationHandedBackV1, AnnotationRespondedV1, ReviewAskedV1, VerificationDecidedV1
from tandem.events.catalog import DECIDED, HANDED_BACK, RESPONSES, REVIEW_ASKED
from tandem.messaging import Connection, ConsumerRunner, JobTable, Producer, TopicKeeper
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
DECISIONS_GROUP = "postprocessor-decisions"
ASKED_GROUP = "postprocessor-asked"
HANDED_BACK_GROUP = "postprocessor-handed-back"
"""Consumer groups of their own, so that no topic's consumers wait for another's in a rebalance."""


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
        responses = ConsumerRunner[AnnotationRespondedV1](
            connection=connection,
            producer=producer,
            topic=RESPONSES,
            group=SERVICE,
            handler=ResponsesHandler(jobs=jobs, records=RecordReader(database), reader=reader, writer=writer),
            max_batch=settings.max_batch,
            concurrency=settings.concurrency,
            drain_seconds=settings.drain_seconds,
            health=health,
            dependency_errors=(StoreUnavailableError,),
        )
        decisions = ConsumerRunner[VerificationDecidedV1](
            connection=connection,
            producer=producer,
            topic=DECIDED,
            group=DECISIONS_GROUP,
            handler=DecisionsHandler(writer),
            max_batch=settings.max_batch,
            concurrency=1,
            drain_seconds=settings.drain_seconds,
            health=health,
            dependency_errors=(StoreUnavailableError,),
            on_lost=sweep.ask_soon,
        )

        asked = ConsumerRunner[ReviewAskedV1](
            connection=connection,
            producer=producer,
            topic=REVIEW_ASKED,
            group=ASKED_GROUP,
            handler=ReviewAskedHandler(reader=reader, writer=writer),
            max_batch=settings.max_batch,
            concurrency=1,
            drain_seconds=settings.drain_seconds,
            health=health,
            dependency_errors=(StoreUnavailableError,),
        )

        handed_back = ConsumerRunner[AnnotationHandedBackV1](
            connection=connection,
            producer=producer,
            topic=HANDED_BACK,
            group=HANDED_BACK_GROUP,
            handler=HandedBackHandler(HandedBackWriter(database)),
            max_batch=settings.max_batch,
            concurrency=1,
            drain_seconds=settings.drain_seconds,
            health=health,
            dependency_errors=(StoreUnavailableError,),
        )

        async def stop_consuming() -> None:
            await asyncio.gather(responses.stop(), decisions.stop(), asked.stop(), handed_back.stop())

        yield App(
            run={
                "mongodb": store_watch.run,
                "topics": topics.run,
                "jobs": job_table.run,
                "responses": responses.run,
                "decisions": decisions.run,
                "asked": asked.run,
                "handed back": handed_back.run,
                "sweep": sweep.run,
            },
            stop=[stop_consuming],
        )

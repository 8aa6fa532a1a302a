"""The one place where the verification-ui's objects are constructed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tandem.events.catalog import LOW_CONFIDENCE
from tandem.messaging import (
    Batches,
    BrokerUnavailableError,
    Bus,
    Connection,
    ConsumerRunner,
    JobTable,
    Producer,
    TopicKeeper,
)
from tandem.observability.health import Health
from tandem.observability.logs import get_logger
from tandem.people import Authenticator
from tandem.runtime.service import App
from tandem.runtime.serving import HttpServer
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.api_keys.reader import ApiKeyReader
from tandem.store.bulk_acts.reader import BulkActReader
from tandem.store.bulk_acts.writer import BulkActWriter
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.finding.finder import Finder
from tandem.store.finding.reader import FindingReader
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.reader import OpinionReader
from tandem.store.opinions.writer import OpinionWriter
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.review_items.writer import ReviewItemWriter
from tandem.store.watch import StoreWatch
from tandem.web import Services
from tandem.web.scopes import Scopes
from tandem_verification_ui.app import make_app
from tandem_verification_ui.bulk.blocks import BlockReader
from tandem_verification_ui.bulk.runner import BulkRunner
from tandem_verification_ui.bulk.service import BulkService
from tandem_verification_ui.forward import Forwarder
from tandem_verification_ui.opinions.service import OpinionService
from tandem_verification_ui.queue.handler import ReviewRequestHandler
from tandem_verification_ui.queue.intake import QueueIntake
from tandem_verification_ui.queue.schedule import SweepSchedule
from tandem_verification_ui.queue.sweep import QueueSweep
from tandem_verification_ui.review.commits import OpinionCommits
from tandem_verification_ui.review.counts import QueueCounter
from tandem_verification_ui.review.decisions import Decisions
from tandem_verification_ui.review.giving import OpinionGiver
from tandem_verification_ui.review.publisher import DecisionPublisher
from tandem_verification_ui.review.service import ReviewService
from tandem_verification_ui.review.shown import ShownItems
from tandem_verification_ui.settings import VerificationUiSettings

SERVICE = "verification-ui"
DRAIN_SECONDS = 10.0
CALLS = 2
"""Number of batches under way at once: one is decoded while another is written."""


_log = get_logger(__name__)


def make_intake(database: Database) -> QueueIntake:
    """Build the one way into the review queue."""
    return QueueIntake(
        ReviewItemWriter(database), OpinionReader(database), JobReader(database), AnnotationReader(database)
    )


def make_sweep(database: Database, intake: QueueIntake) -> QueueSweep:
    """Build the sweep that makes the queue equal to the annotations."""
    return QueueSweep(
        annotations=AnnotationReader(database),
        items=ReviewItemReader(database),
        writer=ReviewItemWriter(database),
        jobs=JobReader(database),
        intake=intake,
    )


def make_services(
    database: Database, *, publisher: DecisionPublisher, reservation_seconds: float
) -> tuple[Services, Authenticator]:
    """Build the services behind the endpoints, the runner of bulk acts and the authenticator, over one database."""
    items, queue = ReviewItemReader(database), ReviewItemWriter(database)
    annotations, jobs, people = AnnotationReader(database), JobReader(database), PersonReader(database)
    records, opinions = RecordReader(database), OpinionReader(database)
    shown = ShownItems(items=items, records=records, annotations=annotations, jobs=jobs, people=people)
    counter = QueueCounter(items, annotations)
    giver = OpinionGiver(
        commits=OpinionCommits(
            database=database,
            queue=queue,
            writer=OpinionWriter(database),
            reservation_seconds=reservation_seconds,
        ),
        counter=counter,
        publisher=publisher,
    )
    blocks = BlockReader(annotations=annotations, items=items, opinions=opinions, shown=shown)
    acts = BulkActWriter(database)
    runner = BulkRunner(writer=acts, blocks=blocks, shown=shown, giver=giver)
    services = Services(
        runner,
        BulkService(
            reader=BulkActReader(database),
            writer=acts,
            jobs=jobs,
            shown=shown,
            blocks=blocks,
            scopes=Scopes(records=records, review_items=items, jobs=jobs),
            finder=Finder(finding=FindingReader(database), records=records),
            wake=runner.wake,
        ),
        ReviewService(
            queue=queue,
            jobs=jobs,
            campaigns=CampaignReader(database),
            shown=shown,
            counter=counter,
            reservation_seconds=reservation_seconds,
        ),
        Decisions(items=items, opinions=opinions, shown=shown, counter=counter, giver=giver),
        OpinionService(
            annotations=annotations,
            records=records,
            items=items,
            opinions=opinions,
            people=people,
            shown=shown,
            giver=giver,
        ),
    )
    return services, Authenticator(ApiKeyReader(database), people)


@asynccontextmanager
async def build(settings: VerificationUiSettings, health: Health) -> AsyncIterator[App]:
    """Build the app. Neither dependency needs to be there at the start, and people decide while Kafka is away."""
    database = Database(settings.mongo)
    store_watch = StoreWatch(database, health)
    connection = Connection(settings.kafka)
    topics = TopicKeeper(connection, health=health)
    producer = Producer(connection, health=health)
    publisher = DecisionPublisher(producer)

    intake = make_intake(database)
    schedule = SweepSchedule(
        make_sweep(database, intake),
        sweep_seconds=settings.sweep_seconds,
        full_sweep_seconds=settings.full_sweep_seconds,
        settle_seconds=settings.settle_seconds,
    )
    bus = Bus(
        connection=connection,
        producer=producer,
        service=SERVICE,
        health=health,
        dependency_errors=(StoreUnavailableError,),
    )
    batches = Batches(max_batch=settings.max_batch, concurrency=CALLS, drain_seconds=DRAIN_SECONDS)
    consumer = ConsumerRunner(bus, LOW_CONFIDENCE, ReviewRequestHandler(intake), batches, on_lost=schedule.on_lost)
    topics.on_vanished.append(lambda _topic: schedule.sweep_everything())
    jobs = JobTable(connection, producer=producer)
    jobs.on_change(schedule.on_job_change)

    services, authenticator = make_services(
        database, publisher=publisher, reservation_seconds=settings.reservation_seconds
    )
    forwarder = Forwarder(settings.api_url)
    server = HttpServer(
        make_app(
            authenticator=authenticator,
            services=services,
            forwarder=forwarder,
            https=settings.public_url.startswith("https://"),
        ),
        settings.http,
    )

    there = asyncio.Event()

    async def keep_topics() -> None:
        await _until_the_broker_answers(topics.start)
        there.set()
        await topics.run()

    async def consume() -> None:
        await there.wait()  # a group that joins before its topic exists would get no partitions
        await consumer.run()

    async def follow_jobs() -> None:
        await there.wait()
        await _until_the_broker_answers(jobs.start)
        await jobs.run()

    try:
        yield App(
            run={
                "mongodb": store_watch.run,
                "topics": keep_topics,
                "http": server.run,
                "consumer": consume,
                "jobs": follow_jobs,
                "sweep": schedule.run,
                "decisions": publisher.run,
                "bulk": services[BulkRunner].run,
            },
            stop=(server.stop, consumer.stop, publisher.stop),
            ports={"http_port": lambda: server.port},
        )
    finally:
        await jobs.stop()
        await producer.stop()
        await forwarder.close()
        database.close()


async def _until_the_broker_answers(start: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await start()
        except BrokerUnavailableError as error:
            _log.warning("review.broker_away", error=str(error))
        else:
            return

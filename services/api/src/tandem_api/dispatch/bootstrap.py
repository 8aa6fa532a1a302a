"""Construction of the dispatcher's objects, all in one place."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from tandem.events import JobKind
from tandem.messaging import Connection, Producer, TopicKeeper, WorkerReports
from tandem.messaging.dead_letter_log import DeadLetterLog
from tandem.observability.health import Health
from tandem.pricing.files import load_prices
from tandem.rendering.pool import RendererPool
from tandem.runtime.service import App
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.annotations.freezing import FreezingReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.spending import SpendingReader
from tandem.store.annotations.verified import VerifiedReader
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.certificates.reader import CertificateReader
from tandem.store.certificates.writer import CertificateWriter
from tandem.store.database import Database
from tandem.store.dead_letters.reader import DeadLetterReader
from tandem.store.dead_letters.writer import DeadLetterWriter
from tandem.store.jobs.dispatch_writer import JobDispatchWriter
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.reader import OpinionReader
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.watch import StoreWatch
from tandem.store.workers.writer import WorkerWriter
from tandem_api.certifying.closing import Closer
from tandem_api.certifying.freezing import Freezer
from tandem_api.certifying.lines import CertifiedLines
from tandem_api.dispatch.campaigns import CampaignWalker
from tandem_api.dispatch.carrying import CarryOverMaker
from tandem_api.dispatch.certificates import CertificateWalker
from tandem_api.dispatch.combining import CombinationMaker
from tandem_api.dispatch.dead_letters import DeadLetterKeeper
from tandem_api.dispatch.dispatcher import Dispatcher
from tandem_api.dispatch.settings import DispatcherSettings
from tandem_api.dispatch.worker_reports import WorkerReportKeeper
from tandem_api.examples.pool import ExamplePools


@asynccontextmanager
async def build(settings: DispatcherSettings, health: Health) -> AsyncIterator[App]:
    """Wait for MongoDB, then for the broker; construct the dispatcher and close what was opened at the end."""
    database = Database(settings.mongo)
    try:
        await StoreWatch(database, health).until()
        async with _build(settings, health, database) as app:
            yield app
    finally:
        database.close()


@asynccontextmanager
async def _build(settings: DispatcherSettings, health: Health, database: Database) -> AsyncIterator[App]:
    prices = load_prices(settings.prices_file)
    annotations = AnnotationReader(database)
    connection = Connection(settings.kafka)
    keeper = TopicKeeper(connection, health=health)
    await keeper.start()
    async with Producer(connection, health=health) as producer, RendererPool(settings.rendering) as renderers:
        # A new name at each start: what a killed predecessor holds runs out or is handed over, never adopted.
        holder = uuid.uuid4().hex
        reports = WorkerReports(connection, producer=producer)
        await reports.start()
        dispatcher = Dispatcher(
            settings=settings.dispatch,
            writer=JobDispatchWriter(database, holder=holder),
            records=RecordReader(database),
            annotations=annotations,
            producer=producer,
            workers=reports.live,
            health=health,
            spending=SpendingReader(database),
            prices=prices,
            makers={
                JobKind.CARRIED_OVER: CarryOverMaker(annotations),
                JobKind.COMBINED: CombinationMaker(annotations),
            },
            examples=ExamplePools(
                jobs=JobReader(database), verified=VerifiedReader(database), records=RecordReader(database)
            ),
            jobs=JobReader(database),
            renderers=renderers,
        )
        campaigns = CampaignWalker(
            writer=CampaignWriter(database),
            jobs=JobReader(database),
            candidates=CandidateReader(database),
            items=ReviewItemReader(database),
            producer=producer,
            holder=holder,
        )
        letters = DeadLetterKeeper(
            connection,
            producer,
            log=partial(DeadLetterLog, connection),
            reader=DeadLetterReader(database),
            writer=DeadLetterWriter(database),
            jobs=JobReader(database),
            deadline_seconds=settings.dispatch.deadline_seconds,
        )
        opinions, freezing = OpinionReader(database), FreezingReader(database)
        lines = CertifiedLines(records=RecordReader(database), annotations=freezing, opinions=opinions)
        certificates = CertificateWalker(
            reader=CertificateReader(database),
            writer=CertificateWriter(database),
            jobs=JobReader(database),
            campaigns=CampaignReader(database),
            campaign_writer=CampaignWriter(database),
            opinions=opinions,
            items=ReviewItemReader(database),
            freezer=Freezer(freezing, opinions),
            closer=Closer(lines),
            producer=producer,
            holder=holder,
        )
        keeping = WorkerReportKeeper(
            WorkerWriter(database), reports.live, every_seconds=settings.dispatch.keep_reports_seconds
        )
        producer.on_log_reset.append(dispatcher.broker_forgot)
        yield App(
            run={
                "dispatcher": dispatcher.run,
                "leases": dispatcher.keep_leases,
                "campaigns": campaigns.run,
                "certificates": certificates.run,
                "worker reports": reports.run,
                "reports kept": keeping.run,
                "dead letters": letters.run,
                "topics": keeper.run,
            },
            stop=[letters.stop, certificates.stop, campaigns.stop, dispatcher.stop, reports.stop, keeper.stop],
        )

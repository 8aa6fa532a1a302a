"""Constructs the llm-worker's objects; the only place that does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from tandem.events import AnnotationRequestedV1
from tandem.events.catalog import HANDED_BACK, REQUESTS, RESPONSES
from tandem.messaging import (
    Batches,
    Bus,
    Connection,
    ConsumerRunner,
    GroupLease,
    JobTable,
    Ownership,
    PartitionEnds,
    Producer,
    TopicKeeper,
    WorkerReports,
)
from tandem.messaging.broadcast import BroadcastReader
from tandem.observability.health import Health
from tandem.pricing.files import load_prices
from tandem.rendering.pool import RendererPool
from tandem.runtime.service import App
from tandem_llm_worker.accounts.account import Accounts
from tandem_llm_worker.accounts.listings import ModelListings
from tandem_llm_worker.accounts.probing import ProbeOnJobs, Prober, wanted_accounts
from tandem_llm_worker.answering.asker import Asker
from tandem_llm_worker.answering.handed_back import HandedBackAnswers
from tandem_llm_worker.answering.handler import RequestHandler
from tandem_llm_worker.answering.kept_answers import KeptAnswers
from tandem_llm_worker.calling.compiled_prompts import Prompts
from tandem_llm_worker.calling.models import Models
from tandem_llm_worker.fleet.heartbeat import Heartbeat
from tandem_llm_worker.fleet.sharing import FleetShares
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.retry import Retry
from tandem_llm_worker.settings import ProviderSettings, WorkerSettings
from tandem_llm_worker.takeover.handover import Handover
from tandem_llm_worker.takeover.tail import AnswerTail

SERVICE = "llm-worker"
COMMIT_SECONDS = 0.2
"""Answers since the last commit are paid again after a kill; a commit costs next to nothing beside a call."""
LINGER_MS = 20
"""Answers come one by one and took a model's time, so they can wait a little for others: each sending costs."""
REPORTS_TO_BEGIN_WITH = 1000
"""Enough to hold the last report of every worker: a newcomer claims nothing that another one holds."""
HANDED_BACK_TO_BEGIN_WITH = 1000
"""Events read of each partition: far more than requests have calls under way when an account stops."""
MOST_WAITING = 256
"""Number of requests that are fetched and not in flight yet."""


@asynccontextmanager
async def build(settings: WorkerSettings, health: Health) -> AsyncIterator[App]:
    async with AsyncExitStack() as closing:
        clients = await _clients(settings.providers, closing)
        models = Models(clients, settings.providers, load_prices(settings.prices_file))
        connection = Connection(settings.kafka)
        keeper = TopicKeeper(connection, health=health)
        await keeper.start()
        producer = await closing.enter_async_context(Producer(connection, health=health, linger_ms=LINGER_MS))
        jobs = JobTable(connection, producer=producer)
        await jobs.start()
        closing.push_async_callback(jobs.stop)
        accounts = Accounts(tuple(settings.providers), settings.probe, worker=settings.worker)
        prober = Prober(accounts, probe=models.probe, wanted=partial(wanted_accounts, jobs))
        listings = ModelListings({name: client.listing for name, client in clients.items()})
        fleet = FleetShares(settings.worker, models, reasons=settings.reasons, listed=listings.of)
        models.on_new += [fleet.join, lambda model: listings.want(model.provider)]
        reports = WorkerReports(connection, tail=REPORTS_TO_BEGIN_WITH)
        reports.on_report += [accounts.on_report, fleet.on_report]
        await reports.start()
        closing.push_async_callback(reports.stop)
        kept = KeptAnswers(settings.kept_answers)
        handed_back = HandedBackAnswers(settings.kept_answers)
        handed_back_reader = BroadcastReader(
            connection=connection,
            topic=HANDED_BACK,
            apply=handed_back.keep,
            from_beginning=False,
            tail=HANDED_BACK_TO_BEGIN_WITH,
        )
        await handed_back_reader.start()
        closing.push_async_callback(handed_back_reader.stop)
        renderers = await closing.enter_async_context(RendererPool(settings.rendering))
        in_flight_limit = settings.in_flight_limit
        lease = GroupLease(settings.kafka.session_timeout_seconds)
        handler = RequestHandler(
            jobs=jobs,
            accounts=accounts,
            lease=lease,
            in_flight_limit=in_flight_limit,
            start_seconds=settings.start_seconds,
            crowded_seconds=settings.crowded_seconds,
            asker=Asker(
                models=models,
                prompts=Prompts(renderers),
                retry=Retry(settings.retry),
                worker=settings.worker,
                max_answer_bytes=settings.max_answer_bytes,
                on_stopped=accounts.stopped,
                known_stop=accounts.known_stop,
            ),
            kept=kept,
            handed_back=handed_back,
            job_wait_seconds=settings.job_wait_seconds,
        )
        jobs.on_change(ProbeOnJobs(accounts, prober))
        handover = Handover(
            worker=settings.worker,
            reports=reports,
            generation=lambda: runner.generation,
            tail=AnswerTail(
                PartitionEnds(connection, RESPONSES, keyed_like=REQUESTS),
                kept,
                settings.kept_answers,
                in_flight_limit=in_flight_limit,
                reachable=lambda: lease.holds,
            ),
            seconds=settings.handover_seconds,
        )

        def on_owned(partitions: Collection[int]) -> None:
            handler.own(partitions)
            fleet.changed.set()

        runner: ConsumerRunner[AnnotationRequestedV1] = ConsumerRunner(
            Bus(connection=connection, producer=producer, service=SERVICE, health=health),
            REQUESTS,
            handler,
            Batches(
                max_batch=1,
                concurrency=in_flight_limit,
                drain_seconds=settings.drain_seconds,
                commit_interval=COMMIT_SECONDS,
                most_waiting=MOST_WAITING,
            ),
            ownership=Ownership(prepare=handover, on_owned=on_owned, on_dropped=handler.dropped, lease=lease),
        )
        heartbeat = Heartbeat(
            producer=producer,
            worker=settings.worker,
            slots=settings.slots,
            providers=tuple(settings.providers),
            in_flight=lambda: models.in_flight,
            queued=lambda: runner.queued + runner.in_flight - models.in_flight,
            completed=lambda: handler.completed,
            every_seconds=settings.report_seconds,
            accounts=lambda: (account.report() for account in accounts),
            fleet=fleet,
            generation=lambda: runner.generation,
            holding=lambda: runner.holding,
            refused_agents=lambda: renderers.refusals.current,
            timeouts={name: provider.timeout_seconds for name, provider in settings.providers.items()},
        )
        yield App(
            run={
                "topics": keeper.run,
                "jobs": jobs.run,
                "worker reports": reports.run,
                "handed back": handed_back_reader.run,
                "requests": runner.run,
                "crowding": handler.watch,
                "probes": prober.run,
                "model lists": listings.run,
                "fleet": fleet.run,
                "heartbeat": heartbeat.run,
            },
            stop=[heartbeat.stop, runner.stop, heartbeat.close, handed_back_reader.stop, reports.stop, jobs.stop],
        )


async def _clients(providers: Mapping[str, ProviderSettings], closing: AsyncExitStack) -> dict[str, ProviderClient]:
    clients = {name: ProviderClient(name, provider) for name, provider in providers.items()}
    for client in clients.values():
        closing.push_async_callback(client.close)
    return clients

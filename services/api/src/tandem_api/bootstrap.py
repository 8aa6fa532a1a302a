"""The one place where the api's objects are made and put together."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tandem.observability.health import Health
from tandem.people import Authenticator
from tandem.pricing.files import load_prices
from tandem.rendering.pool import RendererPool
from tandem.runtime.service import App
from tandem.runtime.serving import serve_http
from tandem.store.agents.reader import AgentReader
from tandem.store.agents.writer import AgentWriter
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.annotations.ended import EndedReader
from tandem.store.annotations.freezing import FreezingReader
from tandem.store.annotations.matching import MatchingReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.spending import SpendingReader
from tandem.store.annotations.verified import VerifiedReader
from tandem.store.api_keys.reader import ApiKeyReader
from tandem.store.api_keys.writer import ApiKeyWriter
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.certificates.reader import CertificateReader
from tandem.store.certificates.writer import CertificateWriter
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.datasets.reader import DatasetReader
from tandem.store.datasets.writer import DatasetWriter
from tandem.store.dead_letters.reader import DeadLetterReader
from tandem.store.dead_letters.writer import DeadLetterWriter
from tandem.store.deletions.eraser import DeletionEraser
from tandem.store.finding.finder import Finder
from tandem.store.finding.reader import FindingReader
from tandem.store.jobs.reader import JobReader
from tandem.store.jobs.writer import JobWriter
from tandem.store.label_schemas.reader import LabelSchemaReader
from tandem.store.label_schemas.writer import LabelSchemaWriter
from tandem.store.migrations import MIGRATIONS, MigrationRunner
from tandem.store.opinions.reader import OpinionReader
from tandem.store.people.reader import PersonReader
from tandem.store.people.writer import PersonWriter
from tandem.store.projects.reader import ProjectReader
from tandem.store.projects.writer import ProjectWriter
from tandem.store.records.reader import RecordReader
from tandem.store.records.writer import RecordWriter
from tandem.store.reports.reader import ReportReader
from tandem.store.reports.writer import ReportWriter
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.snapshots import Snapshots
from tandem.store.subsets.reader import SubsetReader
from tandem.store.subsets.writer import SubsetWriter
from tandem.store.summaries.reader import SummaryReader
from tandem.store.summaries.writer import SummaryWriter
from tandem.store.watch import StoreWatch
from tandem.store.workers.reader import WorkerReader
from tandem.web import Services
from tandem.web.scopes import Scopes
from tandem_api.analysis.combinations.service import CombinationService
from tandem_api.analysis.comparisons.service import ComparisonService
from tandem_api.analysis.drift.service import DriftService, DriftWatch
from tandem_api.analysis.flips.service import FlipService
from tandem_api.analysis.reports.keeper import JobReportKeeper
from tandem_api.analysis.reports.service import ReportService
from tandem_api.analysis.summaries import Summaries
from tandem_api.app import make_app
from tandem_api.certifying.closing import Closer
from tandem_api.certifying.lines import CertifiedLines
from tandem_api.examples.pool import ExamplePools
from tandem_api.planning.estimates.service import Estimator
from tandem_api.planning.preflight import Preflight
from tandem_api.planning.tryouts.service import TryoutService
from tandem_api.resources.access.service import AccessService
from tandem_api.resources.agents.previewing import Previewer
from tandem_api.resources.agents.service import AgentService
from tandem_api.resources.annotations.service import AnnotationService
from tandem_api.resources.campaigns.service import CampaignService
from tandem_api.resources.carry_over.service import CarryOverService
from tandem_api.resources.certificates.planning import Planner
from tandem_api.resources.certificates.service import CertificateService
from tandem_api.resources.datasets.importing import Importer, ImportLimits
from tandem_api.resources.datasets.parsing.rows import SizeLimits
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.dead_letters.service import DeadLetterService
from tandem_api.resources.deletions.keeper import DeletionKeeper
from tandem_api.resources.deletions.service import DeletionService, Resources
from tandem_api.resources.exports.service import ExportService
from tandem_api.resources.find.service import FindService
from tandem_api.resources.frames.service import FrameService
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.label_schemas.service import LabelSchemaService
from tandem_api.resources.passes.service import PassService
from tandem_api.resources.people.service import PeopleService
from tandem_api.resources.projects.contents import ProjectContents
from tandem_api.resources.projects.service import ProjectService
from tandem_api.resources.providers.service import ProviderService
from tandem_api.resources.review_orders.service import ReviewOrderService
from tandem_api.resources.subsets.evaluating import Evaluator
from tandem_api.resources.subsets.service import SubsetService
from tandem_api.settings import ApiSettings


def make_services(
    settings: ApiSettings, database: Database, renderers: RendererPool | None = None
) -> tuple[Services, Authenticator]:
    """Build the services behind the endpoints and the authenticator, over one database. `renderers`: closed by the
    caller."""
    if renderers is None:
        renderers = RendererPool(settings.rendering)
    keys, records, jobs = ApiKeyReader(database), RecordReader(database), JobReader(database)
    datasets, label_schemas = DatasetReader(database), LabelSchemaReader(database)
    agents, annotations = AgentReader(database), AnnotationReader(database)
    people = PersonReader(database)
    matching, subsets, review_items = MatchingReader(database), SubsetReader(database), ReviewItemReader(database)
    people_service = PeopleService(people, PersonWriter(database))
    authenticator = Authenticator(keys, people)
    limits = ImportLimits(
        rows=SizeLimits(settings.max_record_bytes),
        upload_bytes=settings.max_upload_bytes,
        unpacked_bytes=settings.max_unpacked_bytes,
        idle_seconds=settings.upload_idle_seconds,
        lease_seconds=settings.import_lease_seconds,
    )
    contents = ProjectContents(datasets=datasets, label_schemas=label_schemas, agents=agents, jobs=jobs)
    projects = ProjectService(ProjectReader(database), ProjectWriter(database), contents)
    providers = ProviderService(settings.providers)
    importer = Importer(
        DatasetWriter(database), RecordWriter(database, patience_seconds=settings.import_lease_seconds), limits
    )
    schema_service = LabelSchemaService(label_schemas, LabelSchemaWriter(database), projects)
    dataset_service = DatasetService(datasets, DatasetWriter(database), records, projects, importer, people)
    prices = load_prices(settings.prices_file)
    pools = ExamplePools(jobs=jobs, verified=VerifiedReader(database), records=records)
    estimator = Estimator(records=records, workers=WorkerReader(database), prices=prices, renderers=renderers)
    tryouts = TryoutService(
        jobs=jobs,
        writer=JobWriter(database),
        annotations=annotations,
        records=RecordWriter(database),
        workers=WorkerReader(database),
        seconds=settings.tryout_seconds,
    )
    preflight = Preflight(
        agents=agents,
        datasets=datasets,
        subsets=subsets,
        label_schemas=label_schemas,
        records=records,
        providers=providers,
        prices=prices,
        estimator=estimator,
        pools=pools,
        tryouts=tryouts,
        renderers=renderers,
    )
    job_service = JobService(
        reader=jobs,
        writer=JobWriter(database),
        annotations=annotations,
        spending=SpendingReader(database),
        projects=projects,
        prices=prices,
        preflight=preflight,
        people=people,
        records=records,
    )
    scopes = Scopes(records=records, review_items=ReviewItemReader(database), jobs=jobs)
    finder = Finder(finding=FindingReader(database), records=records)
    pass_service = PassService(
        jobs=job_service,
        annotations=annotations,
        matching=matching,
        subsets=subsets,
        records=records,
        estimator=estimator,
        preflight=preflight,
        people=people,
        certificates=CertificateReader(database),
        scopes=scopes,
        finder=finder,
    )
    agent_service = AgentService(
        reader=agents,
        writer=AgentWriter(database),
        label_schemas=label_schemas,
        records=records,
        review_items=review_items,
        projects=projects,
        datasets=dataset_service,
        dataset_reader=datasets,
        jobs=jobs,
        providers=providers,
        previewer=Previewer(estimator, pools, renderers),
        tryouts=tryouts,
        renderers=renderers,
    )
    freezing = FreezingReader(database)
    ended, summaries = EndedReader(database), Summaries(SummaryReader(database), SummaryWriter(database))
    report_service = ReportService(
        annotations=ended,
        records=records,
        review_items=review_items,
        datasets=datasets,
        summaries=summaries,
        reader=ReportReader(database),
        writer=ReportWriter(database),
        jobs=job_service,
        people=people,
    )
    annotation_service = AnnotationService(
        reader=annotations,
        records=records,
        opinions=OpinionReader(database),
        review_items=ReviewItemReader(database),
        jobs=job_service,
        people=people,
    )
    services = Services(
        projects,
        schema_service,
        CarryOverService(
            jobs=job_service, label_schemas=schema_service, agents=agents, annotations=annotations, records=records
        ),
        dataset_service,
        SubsetService(
            reader=subsets,
            writer=SubsetWriter(database),
            datasets=dataset_service,
            records=records,
            evaluator=Evaluator(
                records=records,
                matching=matching,
                subsets=subsets,
                review_items=review_items,
                jobs=job_service,
                scopes=scopes,
                finder=finder,
            ),
            people=people,
        ),
        agent_service,
        job_service,
        pass_service,
        DeadLetterService(
            reader=DeadLetterReader(database),
            writer=DeadLetterWriter(database),
            jobs=job_service,
            passes=pass_service,
            annotations=annotations,
        ),
        annotation_service,
        FindService(
            datasets=dataset_service,
            jobs=job_service,
            annotations=annotation_service,
            reader=annotations,
            records=records,
            scopes=scopes,
            finder=finder,
        ),
        FrameService(records, annotations, people, review_items, datasets=dataset_service, jobs=job_service),
        ExportService(Snapshots(database), jobs, review_items, jobs=job_service, datasets=dataset_service),
        DeletionService(
            DeletionEraser(database),
            Resources(
                projects=projects,
                datasets=dataset_service,
                jobs=job_service,
                agents=agent_service,
                label_schemas=schema_service,
                people=people_service,
                records=records,
            ),
        ),
        report_service,
        CombinationService(annotations=ended, records=records, jobs=job_service),
        ComparisonService(
            annotations=ended, records=records, review_items=review_items, summaries=summaries, jobs=job_service
        ),
        DriftService(agents=agent_service, jobs=jobs, campaigns=CampaignReader(database), annotations=ended),
        FlipService(
            annotations=ended,
            records=records,
            campaigns=CampaignReader(database),
            summaries=summaries,
            jobs=job_service,
        ),
        CampaignService(
            reader=CampaignReader(database),
            writer=CampaignWriter(database),
            jobs=job_service,
            job_reader=jobs,
            candidates=CandidateReader(database),
            items=review_items,
            people=people,
            scopes=scopes,
            finder=finder,
            sums_of=report_service.sums,
            certificates=CertificateReader(database),
        ),
        CertificateService(
            reader=CertificateReader(database),
            writer=CertificateWriter(database),
            jobs=job_service,
            campaigns=CampaignReader(database),
            annotations=annotations,
            people=people,
            planner=Planner(freezing),
            closer=Closer(CertifiedLines(records=records, annotations=freezing, opinions=OpinionReader(database))),
        ),
        ReviewOrderService(
            reader=CampaignReader(database), writer=CampaignWriter(database), jobs=job_service, people=people
        ),
        AccessService(
            keys,
            ApiKeyWriter(database),
            authenticator,
            people=people_service,
            person_reader=people,
            person_writer=PersonWriter(database),
            session_seconds=settings.session_seconds,
        ),
        people_service,
        providers,
    )
    return services, authenticator


@asynccontextmanager
async def build(settings: ApiSettings, health: Health) -> AsyncIterator[App]:
    """Start the service and yield it. Waits for MongoDB before it opens its port."""
    database = Database(settings.mongo)
    watch = StoreWatch(database, health)
    renderers = RendererPool(settings.rendering)
    try:
        services, authenticator = make_services(settings, database, renderers)
        migrations = MigrationRunner(database, MIGRATIONS, holder=uuid.uuid4().hex)
        await watch.until(lambda: _prepare(settings, services, migrations))
        app = make_app(services, authenticator, secure_cookies=settings.secure_cookies)
        server = serve_http(app, settings.http)
        keeper = JobReportKeeper(JobReader(database), ReportReader(database), services[ReportService])
        deletions = DeletionKeeper(DeletionEraser(database))
        drift = DriftWatch(services[DriftService])
        yield App(
            run={
                "http": server.run,
                "mongodb": watch.run,
                "reports": keeper.run,
                "deletions": deletions.run,
                "drift": drift.run,
                "migrations": migrations.catch_up,
            },
            stop=[drift.stop, deletions.stop, keeper.stop, server.stop],
            ports={"http_port": lambda: server.port},
        )
    finally:
        await renderers.close()
        database.close()


async def _prepare(settings: ApiSettings, services: Services, migrations: MigrationRunner) -> None:
    """Migrate documents of older versions and make the operator's key good. Raises StoreUnavailableError."""
    if not await migrations.run():
        raise StoreUnavailableError("Another process migrates documents of an older version.")
    if settings.bootstrap_admin_key is not None:
        await services[AccessService].ensure_bootstrap_admin(settings.bootstrap_admin_key.get_secret_value())

"""Whole stacks for tests: every service a process, as `tandem up` runs them, against a simulated provider.

`running_stack` is shared by the session; a test that kills things asks `make_stack` for one of its own.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from pydantic import SecretStr
from pymongo.database import Database

from tandem.runtime.processes import Process
from tandem.testing.brokers import Broker
from tandem.testing.otlp import TraceReceiver
from tandem.testing.provider import MODEL, ProviderProcess, Score
from tandem_client import Job, Project, Tandem
from tandem_local.demo.data import tweets
from tandem_local.stack import DataDir, Stack, StackModel

ROOT = Path(__file__).parent.parent.parent
TWEETS = ROOT / "examples" / "tweets" / "tweets.csv"
PARTITIONS = 4


def score_of(provider: ProviderProcess) -> Score:
    answer = httpx.get(f"{provider.control_url}/score", trust_env=False)
    return Score.model_validate_json(answer.content)


def behave(provider: ProviderProcess, **settings: Any) -> None:
    httpx.post(f"{provider.control_url}/behaviour", json=settings, trust_env=False).raise_for_status()


class RunningStack:
    """A stack that is up, its provider, and ways to look behind it."""

    def __init__(self, stack: Stack, provider: ProviderProcess, mongo: Database[dict[str, Any]]) -> None:
        self.stack = stack
        self.provider = provider
        self.mongo = mongo
        self.tandem = Tandem(stack.api_url, stack.admin_key, patience=60.0)

    @property
    def ui_url(self) -> str:
        return self.stack.ui_url

    @property
    def api_url(self) -> str:
        return self.stack.api_url

    @property
    def admin_token(self) -> str:
        return self.stack.admin_key

    def login_url(self, name: str = "Robin", role: Any = "annotator") -> str:
        """An address that opens the review page logged in, once."""
        return self.tandem.access.login_link(name=name, role=role, new_person=True).address(self.ui_url)

    def score(self) -> Score:
        """What the provider was asked so far."""
        return score_of(self.provider)

    def behave(self, **settings: Any) -> None:
        """Change how the provider answers."""
        behave(self.provider, **settings)

    def project_with_tweets(self) -> tuple[Project, str, str]:
        """A new project; the ids of its data set of 4,200 tweets and of its agent."""
        project = self.tandem.projects.create(f"project {uuid.uuid4().hex[:8]}")
        data = tweets()
        schema = self.tandem.label_schemas.create_single_choice(project.id, name="sentiment", labels=data.labels)
        dataset = self.tandem.datasets.create(project.id, name="tweets")
        self.tandem.datasets.import_csv(
            dataset.id, TWEETS, text_columns=["text"], id_column="id", gold_column="label", gold_task="sentiment"
        )
        agent = self.tandem.agents.create(
            project.id,
            name="simulated",
            provider=self.stack.model.provider,
            model=self.stack.model.name,
            label_schema_id=schema.id,
        )
        return project, dataset.id, agent.id

    def start_job(self, *, limit: int | None = None, review_threshold: float = 0.7) -> Job:
        """A job over the tweets in a project of its own."""
        project, dataset_id, agent_id = self.project_with_tweets()
        return self.tandem.jobs.create(
            project.id,
            dataset_id=dataset_id,
            agent_id=agent_id,
            name="tweets",
            limit=limit,
            review_threshold=review_threshold,
        )


MakeStack = Callable[..., RunningStack]


async def start_again(*processes: Process) -> None:
    """Start processes of a stack that were stopped or killed, and wait until they are ready."""
    for process in processes:
        process.spawn()
    for process in processes:
        await asyncio.to_thread(process.wait_ready, 60.0)


def assert_each_record_once(running: RunningStack, job: Job) -> None:
    """Every record of the job has exactly one annotation, and the counts add up to it."""
    annotations = list(running.mongo["annotations"].find({"job_id": job.id}, {"seq": 1, "outcome": 1}))
    assert len(annotations) == job.size
    assert len({annotation["seq"] for annotation in annotations}) == job.size
    counts = job.counts
    assert counts.labeled + counts.invalid + counts.failed == job.size
    assert counts.not_run == 0
    assert counts.labeled == sum(annotation["outcome"] == "labeled" for annotation in annotations)


def queued(running: RunningStack, job: Job) -> int:
    return running.mongo["review_items"].count_documents({"job_id": job.id})


def _start(
    stack: ExitStack,
    directory: Path,
    *,
    broker: Broker | None,
    mongo: str | None,
    environment: dict[str, str],
) -> RunningStack:
    """`broker` and `mongo` None: embedded ones of the stack's own."""
    database = f"test_{uuid.uuid4().hex[:12]}"
    provider = stack.enter_context(ProviderProcess(log_file=directory / "provider.log"))
    local = Stack(
        DataDir(directory),
        model=StackModel("simulated", MODEL, provider.base_url, SecretStr("not-a-secret")),
        kafka=broker.bootstrap_servers if broker else None,
        mongo=SecretStr(mongo) if mongo else None,
        environment={
            "TANDEM_MONGO__DATABASE": database,
            "TANDEM_KAFKA__PREFIX": f"{database}.",
            "TANDEM_KAFKA__PARTITIONS": str(PARTITIONS),
            "TANDEM_PROVIDERS_ON_LOOPBACK_ONLY": "true",
            **({} if broker is None or broker.idempotent_producer else {"TANDEM_KAFKA__IDEMPOTENT_PRODUCER": "false"}),
            **environment,
        },
    )
    stack.enter_context(local)
    client = stack.enter_context(pymongo.MongoClient[dict[str, Any]](local.mongo_url, tz_aware=True))
    running = RunningStack(local, provider, client[database])
    stack.callback(running.tandem.close)
    if mongo:
        stack.callback(client.drop_database, database)
    return running


@pytest.fixture
def make_stack(tmp_path: Path) -> Iterator[MakeStack]:
    """Start a stack of the test's own: `make_stack(broker=…, mongo=…, environment=…)`, each may be left out."""
    with ExitStack() as stack:

        def make(
            *, broker: Broker | None = None, mongo: str | None = None, environment: dict[str, str] | None = None
        ) -> RunningStack:
            return _start(stack, tmp_path / "data", broker=broker, mongo=mongo, environment=environment or {})

        yield make


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory, mongo_url: str) -> Iterator[RunningStack]:
    """A stack on the embedded broker that the session shares; every test makes projects of its own."""
    with ExitStack() as stack:
        yield _start(stack, tmp_path_factory.mktemp("stack"), broker=None, mongo=mongo_url, environment={})


class TraceReceiverThread:
    """A trace receiver in a thread with an event loop of its own, so that it outlives the loops of tests."""

    def __enter__(self) -> TraceReceiver:
        self.receiver = TraceReceiver()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.receiver.__aenter__(), self._loop).result(10)
        return self.receiver

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.receiver.__aexit__(None, None, None), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

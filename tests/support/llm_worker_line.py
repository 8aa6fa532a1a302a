"""A whole worker between a real broker and the simulated provider: requests go in, answers come out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import SecretStr

from builders import a_job, a_schema, an_agent, some_options
from tandem.events import (
    AgentSpec,
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    Event,
    JobPublishedV1,
    SingleChoiceTask,
    Topic,
    WorkerReportedV1,
)
from tandem.events.catalog import DEAD_LETTER, HEARTBEATS, REQUESTS, RESPONSES
from tandem.labeling.prompts import default_templates
from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.messaging.producer import RawMessage
from tandem.observability.health import Health
from tandem.settings import KafkaSettings
from tandem.testing.brokers import Broker
from tandem.testing.provider import Behaviour, SimulatedProvider
from tandem.testing.waiting import eventually
from tandem_llm_worker.bootstrap import SERVICE, build
from tandem_llm_worker.settings import ProbeSettings, ProviderSettings, RetrySettings, WorkerSettings

PARTITIONS = 4
SCHEMA = a_schema(
    SingleChoiceTask(
        name="sentiment",
        question="What is the sentiment?",
        options=some_options("positive", "neutral", "negative"),
    ),
    label_schema_id="schema",
    name="Sentiment",
)


def agent(**more: Any) -> AgentSpec:
    system, user = default_templates(SCHEMA)
    fields = {"agent_id": "agent", "provider": "simulated", "model": "simulated"}
    return an_agent(**fields | {"system_template": system, "user_template": user} | more)


def published(job_id: str = "job", **more: Any) -> JobPublishedV1:
    return a_job(job_id, **{"project_id": "project", "agent": agent(), "label_schema": SCHEMA} | more)


def request(seq: int, **more: Any) -> AnnotationRequestedV1:
    return AnnotationRequestedV1(
        **{
            "job_id": "job",
            "project_id": "project",
            "seq": seq,
            "record_id": f"record-{seq}",
            "epoch": 1,
            "content_hash": "hash",
            "fields": {"text": f"This is text number {seq}, of a kind."},
            **more,
        }
    )


class Worker:
    """A worker that runs in this process."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self.health = Health()
        self._told = asyncio.Event()
        self._task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        async with build(self.settings, self.health) as app:
            parts = [asyncio.ensure_future(run()) for run in app.run.values()]
            told = asyncio.ensure_future(self._told.wait())
            try:
                done, _ = await asyncio.wait((*parts, told), return_when=asyncio.FIRST_COMPLETED)
                for step in app.stop:
                    await step()
            finally:
                for part in (*parts, told):
                    part.cancel()
                await asyncio.gather(*parts, told, return_exceptions=True)
            for part in done - {told}:
                part.result()

    @property
    def ended(self) -> bool:
        """Whether the worker ended, by itself or because it was told to."""
        return self._task.done()

    async def stop(self) -> None:
        """Orderly, as at SIGTERM. Raises what a part of the worker raised."""
        self._told.set()
        await self._task

    async def kill(self) -> None:
        """With nothing drained or committed, as near to SIGKILL as one process allows."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@dataclass
class Line:
    """The two ends of the worker: what the test publishes, and all that was published in answer."""

    connection: Connection
    producer: Producer
    provider: SimulatedProvider
    answers: list[AnnotationRespondedV1] = field(default_factory=list)
    reports: list[WorkerReportedV1] = field(default_factory=list)
    dead: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0

    async def publish(self, *events: Event) -> None:
        self.sent += sum(isinstance(event, AnnotationRequestedV1) for event in events)
        await self.producer.send_all(events)

    async def publish_raw(self, topic: Topic, value: bytes) -> None:
        self.sent += 1
        await self.producer.send_raw([RawMessage(self.connection.topic(topic), topic.name, b"key", value, ())])

    async def answered(self, count: int, *, seconds: float = 30) -> Sequence[AnnotationRespondedV1]:
        await eventually(lambda: len(self.answers) >= count, timeout=seconds, message=f"{count} answers")
        assert len(self.answers) == count
        return self.answers

    async def all_committed(self) -> None:
        """Every request that was published is done with, answered or skipped."""
        name, group = self.connection.topic(REQUESTS), self.connection.group(SERVICE)
        consumer = AIOKafkaConsumer(**self.connection.options, group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]

            async def committed() -> bool:
                offsets = [await consumer.committed(partition) or 0 for partition in partitions]
                return sum(offsets) == self.sent

            await eventually(committed, timeout=30, interval=0.1, message=f"{self.sent} requests committed")
        finally:
            await consumer.stop()


@pytest.fixture(autouse=True)
def _no_real_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_PROVIDERS_ON_LOOPBACK_ONLY", "true")


@pytest.fixture
def kafka_settings(broker: Broker, topic_prefix: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers,
        prefix=topic_prefix,
        partitions=PARTITIONS,
        idempotent_producer=broker.idempotent_producer,
        session_timeout_seconds=6,
        heartbeat_seconds=1,
        unavailable_limit_seconds=30,
    )


@pytest.fixture
async def line(kafka_settings: KafkaSettings) -> AsyncIterator[Line]:
    connection = Connection(kafka_settings)
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    async with (
        SimulatedProvider(Behaviour()) as provider,
        Producer(connection) as producer,
    ):
        line = Line(connection, producer, provider)

        def on_answer(value: bytes, _: dict[str, str]) -> None:
            line.answers.append(AnnotationRespondedV1.from_json(value))

        def on_report(value: bytes, _: dict[str, str]) -> None:
            line.reports.append(WorkerReportedV1.from_json(value))

        async with (
            reading(connection, RESPONSES, on_answer),
            reading(connection, HEARTBEATS, on_report),
            reading(connection, DEAD_LETTER, lambda _, headers: line.dead.append(headers)),
        ):
            yield line


@asynccontextmanager
async def reading(
    connection: Connection, topic: Topic, apply: Callable[[bytes, dict[str, str]], None]
) -> AsyncIterator[None]:
    """Hand on what was and is published on a topic."""
    name = connection.topic(topic)
    consumer = AIOKafkaConsumer(**connection.options, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(name, number) for number in range(connection.partitions(topic))])

    async def read() -> None:
        async for record in consumer:
            apply(record.value, {key: value.decode() for key, value in record.headers})

    task = asyncio.create_task(read())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await consumer.stop()


StartWorker = Callable[..., Worker]


@pytest.fixture
async def start_worker(line: Line, kafka_settings: KafkaSettings) -> AsyncIterator[StartWorker]:
    """Starts workers; what still runs at the end of the test is killed."""
    started: list[Worker] = []

    def start(*, provider: dict[str, Any] | None = None, **more: Any) -> Worker:
        settings = WorkerSettings(
            **{
                "kafka": kafka_settings,
                "providers": {
                    "simulated": ProviderSettings(
                        **{
                            "base_url": line.provider.base_url,
                            "api_key": SecretStr("a-key"),
                            "max_in_flight": 8,
                            "timeout_seconds": 5,
                            **(provider or {}),
                        }
                    )
                },
                "retry": RetrySettings(base_seconds=0.01, max_wait_seconds=0.05),
                "job_wait_seconds": 3,
                "drain_seconds": 10,
                "report_seconds": 0.1,
                "probe": ProbeSettings(first_seconds=0.2, max_seconds=1),
                **more,
            }
        )
        worker = Worker(settings)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        await worker.kill()

"""A worker that is stopped for longer than its session, on Apache Kafka: others take its partitions over meanwhile."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from llm_worker_line import Line, published, request
from tandem.runtime.processes import Process
from tandem.settings import KafkaSettings
from tandem.testing.brokers import Broker
from tandem.testing.provider import Behaviour, SimulatedProvider
from tandem.testing.waiting import eventually

pytestmark = pytest.mark.kafka

SLOTS = 8

StartProcess = Callable[[str, SimulatedProvider], Process]


@pytest.fixture
def broker(kafka_broker: Broker) -> Broker:
    return kafka_broker


@pytest.fixture
def kafka_settings(broker: Broker, topic_prefix: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers,
        prefix=topic_prefix,
        partitions=4,
        session_timeout_seconds=3,
        heartbeat_seconds=0.5,
    )


@pytest.fixture
async def other_provider() -> AsyncIterator[SimulatedProvider]:
    """A second ledger: what the second worker called."""
    async with SimulatedProvider(Behaviour()) as provider:
        yield provider


@pytest.fixture
def start_process(kafka_settings: KafkaSettings, tmp_path: Path) -> Iterator[StartProcess]:
    """Start workers as processes, each with a provider of its own under the same name."""
    started: list[Process] = []

    def start(name: str, provider: SimulatedProvider) -> Process:
        process = Process(
            name,
            (sys.executable, "-m", "tandem_llm_worker"),
            log_file=tmp_path / f"{name}.log",
            env={
                "TANDEM_WORKER": name,
                "TANDEM_KAFKA__BOOTSTRAP_SERVERS": kafka_settings.bootstrap_servers,
                "TANDEM_KAFKA__PREFIX": kafka_settings.prefix,
                "TANDEM_KAFKA__PARTITIONS": str(kafka_settings.partitions),
                "TANDEM_KAFKA__SESSION_TIMEOUT_SECONDS": str(kafka_settings.session_timeout_seconds),
                "TANDEM_KAFKA__HEARTBEAT_SECONDS": str(kafka_settings.heartbeat_seconds),
                "TANDEM_PROVIDERS__SIMULATED__BASE_URL": provider.base_url,
                "TANDEM_PROVIDERS__SIMULATED__API_KEY": "a-key",
                "TANDEM_PROVIDERS__SIMULATED__MAX_IN_FLIGHT": str(SLOTS),
            },
        )
        started.append(process)
        process.spawn()
        return process

    yield start
    for process in started:
        process.kill()


def called(provider: SimulatedProvider) -> dict[str, int]:
    """How often each prompt was called for."""
    return provider.score(with_prompts=True).calls_by_prompt or {}


def generation(line: Line, worker: str) -> int:
    """The group's generation that the worker reported last."""
    return next((report.generation for report in reversed(line.reports) if report.worker == worker), -1)


async def test_a_worker_that_wakes_after_its_session_calls_for_nothing_that_others_took_over(
    line: Line, start_process: StartProcess, other_provider: SimulatedProvider
) -> None:
    line.provider.change(hold=True)
    first = start_process("first", line.provider)
    await line.publish(published(), *(request(seq) for seq in range(100)))
    await eventually(lambda: line.provider.score().in_flight == SLOTS, timeout=60)
    await eventually(lambda: generation(line, "first") > 0)
    before, begun = generation(line, "first"), called(line.provider)
    os.kill(first.pid, signal.SIGSTOP)

    start_process("second", other_provider)
    await eventually(lambda: {answer.seq for answer in line.answers} == set(range(100)), timeout=60)
    line.provider.change(hold=False)
    os.kill(first.pid, signal.SIGCONT)
    await eventually(lambda: generation(line, "first") > before, timeout=60)
    await line.publish(*(request(seq) for seq in range(100, 200)))
    await eventually(lambda: {answer.seq for answer in line.answers} == set(range(200)), timeout=60)
    await line.all_committed()

    after, others = called(line.provider), called(other_provider)
    assert {prompt for prompt in after if prompt not in begun} & others.keys() == set()
    assert {prompt for prompt, count in after.items() if count + others.get(prompt, 0) > 1} == set(begun)
    assert first.running

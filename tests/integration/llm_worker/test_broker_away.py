"""Apache Kafka is away for longer than any limit: the worker stays, is not ready, and pays for nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import KAFKA_POM
from llm_worker_line import Line, StartWorker, published, request
from tandem.settings import KafkaSettings
from tandem.testing import brokers, kafka
from tandem.testing.waiting import eventually

pytestmark = pytest.mark.kafka

SLOTS = 8


@pytest.fixture
def own_kafka(kafka_broker: brokers.Broker, tmp_path: Path) -> Iterator[kafka.KafkaBroker]:  # noqa: ARG001 - skips where there is none
    """A broker of the test's own."""
    process = kafka.KafkaBroker(KAFKA_POM, work_dir=tmp_path / "kafka")
    process.start(timeout=60)
    yield process
    process.kill()


@pytest.fixture
def kafka_settings(own_kafka: kafka.KafkaBroker, topic_prefix: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=own_kafka.bootstrap_servers,
        prefix=topic_prefix,
        partitions=4,
        session_timeout_seconds=3,
        heartbeat_seconds=0.5,
        unavailable_limit_seconds=4,
    )


async def test_a_worker_outlives_a_long_absence_of_the_broker_and_pays_nothing_twice(
    line: Line, start_worker: StartWorker, own_kafka: kafka.KafkaBroker
) -> None:
    line.provider.change(hold=True)
    worker = start_worker(provider={"max_in_flight": SLOTS, "timeout_seconds": 120})
    await line.publish(published(), *(request(seq) for seq in range(60)))
    await eventually(lambda: line.provider.score().in_flight == SLOTS)
    own_kafka.kill()
    line.provider.change(hold=False)
    await eventually(lambda: line.provider.score().in_flight == 0)
    await eventually(lambda: not worker.health.ready)
    calls = line.provider.score().received

    with pytest.raises(AssertionError):  # longer than a start would wait, and three sessions
        await eventually(lambda: worker.ended or line.provider.score().received > calls, timeout=10)
    assert not worker.health.ready
    own_kafka.spawn()
    await asyncio.to_thread(own_kafka.wait_ready, 60)

    await eventually(lambda: {answer.seq for answer in line.answers} == set(range(60)), timeout=90)
    await eventually(lambda: worker.health.ready)
    score = line.provider.score()
    assert (score.received, score.repeated) == (60, 0)

"""The embedded broker is killed, with all it held in memory, and started again on its port: everything goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from contract.messaging.bus import JOIN_SECONDS, Recorder, job, read_all, request, settings_for
from contract.messaging.conftest import Consumers
from tandem.events import WorkerReportedV1
from tandem.events.catalog import CATALOG, REQUESTS
from tandem.messaging import Connection, JobTable, Producer, TopicKeeper, WorkerReports
from tandem.observability.health import Health
from tandem.testing import brokers
from tandem.testing.waiting import eventually
from tandem_local.parts.tansu import Tansu

pytestmark = pytest.mark.tansu


@pytest.fixture
def tansu(tmp_path: Path) -> Iterator[Tansu]:
    """A broker of the test's own."""
    process = Tansu(log_file=tmp_path / "tansu.log")
    process.start()
    yield process
    process.kill()


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def connection(tansu: Tansu) -> Connection:
    return Connection(settings_for(brokers.tansu(tansu.bootstrap_servers), "restart."))


@pytest.fixture
async def keeper(connection: Connection, health: Health) -> AsyncIterator[TopicKeeper]:
    keeper = TopicKeeper(connection, health=health)
    await keeper.start()
    running = asyncio.create_task(keeper.run())
    yield keeper
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def producer(connection: Connection, keeper: TopicKeeper, health: Health) -> AsyncIterator[Producer]:  # noqa: ARG001 - topics first
    async with Producer(connection, health=health) as producer:
        yield producer


async def restart(tansu: Tansu) -> None:
    tansu.kill()
    tansu.spawn()
    await asyncio.to_thread(tansu.wait_ready)


async def test_a_consumer_goes_on_with_the_new_log_from_its_beginning_and_says_that_the_old_one_is_lost(
    *,
    tansu: Tansu,
    producer: Producer,
    consumers: Consumers,
    keeper: TopicKeeper,
    connection: Connection,
    health: Health,
) -> None:
    lost = asyncio.Event()
    resets: list[str] = []
    vanished: list[str] = []
    producer.on_log_reset.append(resets.append)
    keeper.on_vanished.append(lambda topic: vanished.append(topic.name))

    async def on_lost() -> None:
        lost.set()

    recorder = Recorder()
    await producer.send_all([request(seq) for seq in range(100)])
    runner, _ = consumers.start(recorder, on_lost=on_lost, health=health)
    await recorder.saw(*range(100))
    await eventually(lambda: runner._memory._commits)

    await restart(tansu)
    await producer.send_all([request(seq) for seq in range(100, 150)])

    await recorder.saw(*range(100, 150))
    async with asyncio.timeout(JOIN_SECONDS):
        await lost.wait()
    assert "annotation.requests" in resets
    assert set(vanished) == {topic.name for topic in CATALOG}
    assert set(recorder.seen.values()) == {1}
    await eventually(lambda: health.ready)
    await keeper.look()
    assert (await partition_counts(connection))[connection.topic(REQUESTS)] == 4


async def partition_counts(connection: Connection) -> dict[str, int]:
    admin = AIOKafkaAdminClient(**connection.options)
    await admin.start()
    try:
        return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(None)}
    finally:
        await admin.close()


async def test_a_call_that_runs_while_the_broker_is_away_publishes_once_it_is_back(
    tansu: Tansu, producer: Producer, consumers: Consumers
) -> None:
    recorder = Recorder()
    recorder.held = {0}
    await producer.send(request(0))
    consumers.start(recorder)
    await eventually(lambda: recorder.begun[0], timeout=JOIN_SECONDS)

    tansu.kill()
    sending = asyncio.create_task(producer.send(request(1)))
    recorder.release.set()
    await asyncio.sleep(1)  # a while without a broker
    tansu.spawn()
    await asyncio.to_thread(tansu.wait_ready)

    async with asyncio.timeout(JOIN_SECONDS):
        await sending
    await recorder.saw(0, 1)


async def test_an_event_waits_for_a_broker_that_is_away_longer_than_a_start_would(
    tansu: Tansu,
    keeper: TopicKeeper,  # noqa: ARG001 - topics first
    health: Health,
) -> None:
    connection = Connection(
        settings_for(brokers.tansu(tansu.bootstrap_servers), "restart.", unavailable_limit_seconds=1.0)
    )
    producer = Producer(connection, health=health, renew_seconds=0.5)  # the client is replaced several times
    async with producer:
        await producer.send(request(0))
        tansu.kill()
        sending = asyncio.create_task(producer.send(request(1)))
        with pytest.raises(AssertionError):  # it must not end before the broker is back
            await eventually(sending.done, timeout=3)
        assert health.problem("kafka producer")
        tansu.spawn()
        await asyncio.to_thread(tansu.wait_ready)

        async with asyncio.timeout(JOIN_SECONDS):
            await sending
        assert health.problem("kafka producer") is None
        records = await read_all(connection, REQUESTS, 1)
        assert {b'"seq":1' in record.value for record in records} == {True}  # it may be there twice


async def test_the_job_table_keeps_what_it_knows_and_hears_what_comes_after(
    tansu: Tansu, producer: Producer, connection: Connection
) -> None:
    table = JobTable(connection, producer=producer)
    for revision in range(1, 6):
        await producer.send(job("old", revision=revision))
    await table.start()
    reports = WorkerReports(connection)
    await reports.start()

    await restart(tansu)
    await producer.send(job("new"))
    await producer.send(WorkerReportedV1(worker="worker", slots=1, in_flight=0))

    assert await table.wait_for("new", timeout=JOIN_SECONDS)
    await eventually(lambda: [report.worker for report in reports.live()] == ["worker"], timeout=JOIN_SECONDS)
    old = table.get("old")
    assert old is not None
    assert old.revision == 5
    await table.stop()
    await reports.stop()


async def test_readiness_falls_while_the_broker_is_away_and_returns(
    tansu: Tansu, producer: Producer, consumers: Consumers, health: Health
) -> None:
    recorder = Recorder()
    await producer.send(request(0))
    consumers.start(recorder, health=health)
    await recorder.saw(0)
    assert health.ready

    tansu.kill()
    await eventually(lambda: not health.ready)

    tansu.spawn()
    await asyncio.to_thread(tansu.wait_ready)
    await eventually(lambda: health.ready)


async def test_services_may_be_started_before_the_broker(tansu: Tansu, connection: Connection) -> None:
    tansu.kill()
    keeper = TopicKeeper(connection)
    producer = Producer(connection)
    table = JobTable(connection)
    starting = asyncio.gather(keeper.start(), producer.start(), table.start())
    await asyncio.sleep(0.5)
    assert not starting.done()

    tansu.spawn()
    await asyncio.to_thread(tansu.wait_ready)

    async with asyncio.timeout(JOIN_SECONDS):
        await starting
    await table.stop()
    await producer.stop()
    await keeper.stop()


async def test_a_consumer_that_had_consumed_nothing_yet_is_told_too(
    tansu: Tansu, producer: Producer, consumers: Consumers
) -> None:
    """What was published and not consumed is lost with the broker, and only a sweep can bring it back."""
    lost = asyncio.Event()

    async def on_lost() -> None:
        lost.set()

    recorder = Recorder()
    recorder.held = {0}
    await producer.send(request(0))
    consumers.start(recorder, on_lost=on_lost, drain_seconds=0.1)
    await eventually(lambda: recorder.begun[0], timeout=JOIN_SECONDS)

    await restart(tansu)

    async with asyncio.timeout(JOIN_SECONDS):
        await lost.wait()
    recorder.release.set()

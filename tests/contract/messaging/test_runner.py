"""What the consumer promises, on the embedded broker and on Apache Kafka."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError

from contract.messaging.bus import (
    JOIN_SECONDS,
    Recorder,
    committed,
    dead_letters,
    read_all,
    request,
    settings_for,
)
from tandem.events import AnnotationRespondedV1
from tandem.events.catalog import REQUESTS, RESPONSES
from tandem.messaging import (
    Batches,
    Bus,
    Connection,
    ConsumerRunner,
    NotNow,
    Outgoing,
    Poison,
    Producer,
    Received,
    TooManyDeadLettersError,
    TopicKeeper,
    runner,
)
from tandem.messaging.group_lease import GroupLease
from tandem.messaging.membership import close_consumer, open_consumer
from tandem.observability.health import Health
from tandem.observability.metrics import REBALANCES
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually


def answered(seq: int) -> AnnotationRespondedV1:
    return AnnotationRespondedV1(job_id="job", project_id="project", seq=seq, record_id=str(seq), epoch=1)


def answer(received: Received[Any]) -> Outgoing:
    return Outgoing.caused_by(received, answered(received.event.seq))


async def publish_raw(connection: Connection, *values: bytes | None) -> None:
    raw = AIOKafkaProducer(**connection.options)
    await raw.start()
    try:
        for value in values:
            await raw.send_and_wait(connection.topic(REQUESTS), value=value, key=b"job:0")
    finally:
        await raw.stop()


async def total_committed(connection: Connection, count: int) -> bool:
    return sum((await committed(connection, REQUESTS, "llm-worker")).values()) == count


async def all_committed(connection: Connection, offset: int) -> bool:
    return await committed(connection, REQUESTS, "llm-worker") == {0: offset}


def assignments() -> float:
    value: float = REBALANCES.labels(REQUESTS.name)._value.get()
    return value


async def test_each_event_is_handled_and_then_committed(
    connection: Connection, producer: Producer, consumers: Any
) -> None:
    recorder = Recorder()
    await producer.send_all([request(seq) for seq in range(200)])

    consumers.start(recorder, max_batch=50, concurrency=2)

    await recorder.saw(*range(200))
    await eventually(lambda: total_committed(connection, 200))
    assert set(recorder.seen.values()) == {1}


@pytest.fixture
def one_partition(broker: Broker, topic_prefix: str) -> Connection:
    return Connection(settings_for(broker, topic_prefix, partitions=1))


class TestOnePartition:
    @pytest.fixture
    def connection(self, one_partition: Connection) -> Connection:
        return one_partition

    async def test_only_what_is_contiguously_done_is_committed(
        self, connection: Connection, producer: Producer, consumers: Any
    ) -> None:
        recorder = Recorder()
        recorder.held = {2}
        await producer.send_all([request(seq) for seq in range(6)])

        consumers.start(recorder)
        await recorder.saw(0, 1, 3, 4, 5)
        await eventually(lambda: all_committed(connection, 2))
        recorder.release.set()

        await eventually(lambda: all_committed(connection, 6))

    async def test_a_stopped_consumer_ends_what_runs_and_leaves_the_rest(
        self, connection: Connection, producer: Producer, consumers: Any
    ) -> None:
        recorder = Recorder(then=answer)
        recorder.held = {0, 1}
        await producer.send_all([request(seq) for seq in range(10)])
        runner, task = consumers.start(recorder, concurrency=2)
        await eventually(lambda: recorder.begun.keys() == {0, 1}, timeout=JOIN_SECONDS)

        stopping = asyncio.create_task(runner.stop())
        await asyncio.sleep(0)
        recorder.release.set()
        await stopping
        await task

        assert recorder.begun.keys() == {0, 1}
        assert await committed(connection, REQUESTS, "llm-worker") == {0: 2}
        assert len(await read_all(connection, RESPONSES, 2)) == 2
        later = Recorder()
        consumers.start(later)
        await later.saw(*range(2, 10))
        assert later.seen.keys() == set(range(2, 10))

    async def test_calls_that_outlive_the_drain_are_attached_again_when_their_partition_comes_back(
        self, connection: Connection, producer: Producer, consumers: Any
    ) -> None:
        recorder = Recorder()
        recorder.held = {1}
        await producer.send_all([request(seq) for seq in range(5)])
        consumers.start(recorder, drain_seconds=0.1)
        await recorder.saw(0, 2, 3, 4)
        before = assignments()

        # A member that wants another topic makes the group share out anew, and this partition can only come back.
        consumers.start(Recorder(), topic=replace(RESPONSES, readers=("llm-worker",)), drain_seconds=0.1)
        await eventually(lambda: assignments() >= before + 1, timeout=JOIN_SECONDS)
        await producer.send(request(5))
        await recorder.saw(5)
        recorder.release.set()

        await eventually(lambda: all_committed(connection, 6), timeout=JOIN_SECONDS)
        assert recorder.begun[1] == 1
        assert set(recorder.seen.values()) == {1}


async def test_work_that_moves_to_another_member_is_drained_committed_and_not_done_twice(
    producer: Producer, consumers: Any
) -> None:
    async def slow(messages: Any) -> list[Outgoing]:
        await asyncio.sleep(0.02)
        return list(await recorder(messages))

    recorder = Recorder()
    await producer.send_all([request(seq) for seq in range(400)])
    consumers.start(slow, concurrency=2)
    await eventually(lambda: len(recorder.seen) > 20, timeout=JOIN_SECONDS)

    consumers.start(slow, concurrency=2)

    await recorder.saw(*range(400))
    assert set(recorder.seen.values()) == {1}


async def test_what_cannot_be_read_goes_to_the_dead_letter_and_the_consumer_goes_on(
    connection: Connection, consumers: Any
) -> None:
    recorder = Recorder()
    await publish_raw(
        connection,
        b"{no json",
        answered(7).to_json(),
        request(0).to_json().replace(b'"seq":0', b'"seq":-1'),
        None,
        request(1).to_json()[:-1] + b', "from_the_future": {"a": 1}}',
    )

    consumers.start(recorder, max_batch=100, concurrency=1)

    await recorder.saw(1)
    letters = await dead_letters(connection, 3)
    assert sorted(reason for reason, _, _ in letters) == ["bad_json", "bad_schema", "wrong_type"]
    headers = next(headers for reason, value, headers in letters if value == b"{no json")
    assert headers["topic"] == connection.topic(REQUESTS)
    assert headers["group"] == connection.group("llm-worker")
    assert headers["offset"] == "0"
    assert headers["detail"]


async def test_poison_goes_to_the_dead_letter_with_its_reason_and_is_not_tried_again(
    connection: Connection, producer: Producer, consumers: Any
) -> None:
    recorder = Recorder()
    recorder.fail = lambda message: Poison("unknown_tongue", "Volapük") if message.event.seq == 1 else None
    await producer.send_all([request(0), request(1), request(2)])

    consumers.start(recorder)

    await recorder.saw(0, 2)
    [(reason, value, headers)] = await dead_letters(connection, 1)
    assert (reason, headers["detail"]) == ("unknown_tongue", "Volapük")
    assert b'"seq":1' in value
    assert recorder.begun[1] == 1


async def test_a_batch_that_fails_is_tried_one_by_one_and_only_the_culprit_becomes_a_dead_letter(
    connection: Connection, producer: Producer, consumers: Any
) -> None:
    recorder = Recorder(then=answer)
    recorder.fail = lambda message: RuntimeError("boom") if message.event.seq == 3 else None
    await producer.send_all([request(seq) for seq in range(8)])

    consumers.start(recorder, max_batch=100, concurrency=1)

    await recorder.saw(0, 1, 2, 4, 5, 6, 7)
    [(reason, _, headers)] = await dead_letters(connection, 1)
    assert (reason, headers["detail"]) == ("handler_failed", "RuntimeError: boom")
    await eventually(lambda: total_committed(connection, 8))
    assert set(recorder.seen.values()) == {1}


async def test_a_hundred_dead_letters_in_a_row_stop_the_consumer(connection: Connection, consumers: Any) -> None:
    await publish_raw(connection, *[b"nonsense"] * 120)

    _, task = consumers.start(Recorder(), max_batch=200, concurrency=1)

    with pytest.raises(TooManyDeadLettersError):
        await asyncio.wait_for(task, JOIN_SECONDS)


async def test_a_dependency_that_is_away_holds_the_work_until_it_is_back(producer: Producer, consumers: Any) -> None:
    class AwayError(Exception):
        pass

    away = True
    health = Health()
    recorder = Recorder()
    recorder.fail = lambda _: AwayError("the store") if away else None
    await producer.send_all([request(seq) for seq in range(20)])

    consumers.start(recorder, max_batch=5, concurrency=1, dependency_errors=(AwayError,), health=health)
    await eventually(lambda: health.problem("handler annotation.requests"), timeout=JOIN_SECONDS)
    assert not recorder.seen
    away = False

    await recorder.saw(*range(20))
    assert health.ready


async def test_not_now_brings_the_same_message_again(producer: Producer, consumers: Any) -> None:
    recorder = Recorder()
    recorder.fail = lambda message: NotNow(0.05, "limited") if recorder.begun[message.event.seq] < 3 else None
    await producer.send(request(0))

    consumers.start(recorder)

    await recorder.saw(0)
    assert recorder.begun[0] == 3


async def test_back_pressure_bounds_what_is_held_and_then_work_goes_on(
    producer: Producer, consumers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "FULL_SECONDS", 0.1)  # so that polling with paused partitions happens several times
    recorder = Recorder()
    recorder.held = set(range(300))
    await producer.send_all([request(seq) for seq in range(300)])

    consumer, _ = consumers.start(recorder, concurrency=4)
    await eventually(lambda: consumer.queued >= 4, timeout=JOIN_SECONDS)
    await asyncio.sleep(0.5)  # time in which it must not take more
    held = (consumer.in_flight, consumer.queued)
    recorder.release.set()

    await recorder.saw(*range(300))
    assert held == (4, 4)


async def test_the_broker_is_asked_for_at_least_what_a_lone_event_needs_and_answers_soon(
    producer: Producer, consumers: Any
) -> None:
    recorder = Recorder()
    consumers.start(recorder, max_batch=500, concurrency=2)
    await producer.send(request(0))
    await recorder.saw(0)

    await producer.send(request(1))

    await eventually(lambda: recorder.seen[1], timeout=10, message="no waiting for a batch to fill")
    assert recorder.batches == [1, 1]


async def test_an_error_in_on_lost_ends_the_runner(connection: Connection, producer: Producer) -> None:
    async def on_lost() -> None:
        raise RuntimeError("no sweep possible")

    lost: ConsumerRunner[Any] = ConsumerRunner(
        Bus(connection=connection, producer=producer, service="llm-worker"),
        REQUESTS,
        Recorder(),
        Batches(max_batch=1, concurrency=1, drain_seconds=1),
        on_lost=on_lost,
    )
    lost._log_was_reset()

    with pytest.raises(RuntimeError, match="no sweep possible"):
        await asyncio.wait_for(lost.run(), JOIN_SECONDS)


class TestLongSessions:
    @pytest.fixture
    def connection(self, broker: Broker, topic_prefix: str) -> Connection:
        return Connection(settings_for(broker, topic_prefix, session_timeout_seconds=12))

    async def test_a_stopped_consumer_hands_over_without_waiting_for_its_session_to_expire(
        self, producer: Producer, consumers: Any
    ) -> None:
        first, second = Recorder(), Recorder()
        runner, _ = consumers.start(first)
        await producer.send(request(0))
        await first.saw(0)

        await runner.stop()
        consumers.start(second)
        await producer.send(request(1))

        # The embedded broker takes half a session to form a group; a member that did not say goodbye costs two more.
        await eventually(lambda: second.seen[1], timeout=25)


@pytest.mark.usefixtures("producer")
async def test_no_commit_goes_out_in_nobody_s_name(connection: Connection) -> None:
    group, topic = connection.group("llm-worker"), connection.topic(REQUESTS)
    lease, stopping = GroupLease(6.0), asyncio.Event()
    consumer = await open_consumer(
        connection, group, topic, drain_seconds=1, stopping=stopping, report=print, lease=lease
    )
    assert consumer is not None
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])  # as after the group forgot the member: an assignment, and no generation

    with pytest.raises(CommitFailedError):
        await consumer.commit({partition: 57})

    await close_consumer(consumer)
    assert await committed(connection, REQUESTS, "llm-worker") == {}


async def test_a_consumer_may_be_there_before_its_topic(connection: Connection, consumers_without_topics: Any) -> None:
    recorder = Recorder()
    consumers_without_topics.start(recorder)
    await asyncio.sleep(0.5)  # time to join a group, if it would

    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    async with Producer(connection) as producer:
        await producer.send_all([request(seq) for seq in range(40)])

    await recorder.saw(*range(40))

"""Processes are killed while a job runs; the job still ends with one annotation a record, and little is paid twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from stacks import PARTITIONS, MakeStack, RunningStack, assert_each_record_once, queued, start_again
from tandem.events.catalog import RESPONSES
from tandem.runtime.processes import Process
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_client import Job

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

RECORDS = 4200
BRISK = {"latency_ms": 200, "latency_spread": 0.3}
SLOW = {"latency_ms": 4000}
"""While a victim comes back, so that the job is not over before the last of them, however busy the machine is."""
PAYS_AGAIN = ("llm-worker", "tansu")
"""Whose end may cost a call twice; that of the others must not."""


async def acknowledged_answers(running: RunningStack, job_id: str) -> set[int]:
    """The seqs of the job's records whose answer the broker has."""
    seqs: set[int] = set()
    consumer = AIOKafkaConsumer(bootstrap_servers=running.stack.bootstrap_servers, enable_auto_commit=False)
    await consumer.start()
    try:
        topic = f"{running.mongo.name}.{RESPONSES.name}"
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        while fetched := await consumer.getmany(timeout_ms=1000):
            keys = [record.key.decode() for records in fetched.values() for record in records if record.key]
            seqs.update(int(seq) for of, _, seq in (key.rpartition(":") for key in keys) if of == job_id)
    finally:
        await consumer.stop()
    return seqs


@dataclass
class Watch:
    """Follows a job and keeps the account of what the kills may cost."""

    running: RunningStack
    job: Job
    allowed_repeats: int = 0
    progress_at_kills: dict[str, float] = field(default_factory=dict)

    async def until(self, progress: float) -> None:
        def reached() -> bool:
            self.job = self.running.tandem.jobs.get(self.job.id)
            return self.job.progress >= progress

        await eventually(reached, timeout=240, message=f"the job reaches {progress:.0%}")

    async def kill_and_start_again(self, victim: Process) -> None:
        before = self.running.score()
        self.progress_at_kills[victim.name] = self.running.tandem.jobs.get(self.job.id).progress
        victim.kill()
        if victim.name == "llm-worker":
            # Calls in flight, and answers that had not reached the broker yet: prompts without an answer there.
            answered = await acknowledged_answers(self.running, self.job.id)
            self.allowed_repeats += self.running.score().prompts - len(answered)
        elif victim.name in PAYS_AGAIN:
            self.allowed_repeats += self._in_flight_or_unwritten(abandoned_before=before.abandoned)
        await start_again(victim)

    def _in_flight_or_unwritten(self, *, abandoned_before: int) -> int:
        score = self.running.score()
        written = self.running.mongo["annotations"].count_documents({"job_id": self.job.id})
        in_flight = score.received - score.answered - abandoned_before
        return in_flight + max(0, score.prompts - in_flight - written)


async def test_a_job_survives_the_kill_of_every_service_and_of_the_embedded_broker(make_stack: MakeStack) -> None:
    running = make_stack()
    stack = running.stack
    assert stack.tansu is not None
    await _kill_all_while_a_job_runs(running, [*stack.services.values(), stack.tansu])


@pytest.mark.kafka
async def test_a_job_survives_the_kill_of_every_service_on_apache_kafka(
    make_stack: MakeStack, kafka_broker: Broker, mongo_url: str
) -> None:
    running = make_stack(broker=kafka_broker, mongo=mongo_url)
    await _kill_all_while_a_job_runs(running, list(running.stack.services.values()))


async def _kill_all_while_a_job_runs(running: RunningStack, victims: list[Process]) -> None:
    running.behave(**BRISK)
    job = running.start_job()
    assert job.size == RECORDS
    watch = Watch(running, job)

    for number, victim in enumerate(victims):
        await watch.until(0.2 + 0.4 * number / len(victims))
        running.behave(**SLOW)
        await watch.kill_and_start_again(victim)
        running.behave(**BRISK)

    assert len(watch.progress_at_kills) == len(victims)
    for name, progress in watch.progress_at_kills.items():
        assert 0.2 <= progress <= 0.8, f"{name} was killed at {progress:.0%}"
    await watch.until(1.0)
    job = running.tandem.jobs.wait(job.id, timeout=30)
    assert job.state == "completed"
    assert_each_record_once(running, job)
    score = running.score()
    assert score.prompts == RECORDS
    assert score.received <= RECORDS + watch.allowed_repeats, f"{watch} {score}"
    await eventually(lambda: queued(running, job) == job.counts.needs_review, timeout=60, message="the review queue")


async def test_the_review_queue_is_whole_when_the_broker_is_lost_before_it_took_the_requests_in(
    make_stack: MakeStack,
) -> None:
    running = make_stack()
    review, broker = running.stack.services["verification-ui"], running.stack.tansu
    assert broker is not None
    review.stop()
    job = running.start_job(limit=600, review_threshold=0.9)
    job = running.tandem.jobs.wait(job.id, timeout=90)
    assert job.counts.needs_review > 0
    assert queued(running, job) == 0

    broker.kill()
    await start_again(broker, review)

    await eventually(lambda: queued(running, job) == job.counts.needs_review, timeout=60, message="the review queue")

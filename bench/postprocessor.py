"""What the postprocessor does on one core: answers in Kafka to annotations in MongoDB and events in Kafka.

    uv run python bench/postprocessor.py [--answers 30000] [--runs 3]

Starts the embedded broker, MongoDB and one postprocessor as processes on this machine and stops them again. All
answers are in the broker before the postprocessor starts; the first quarter warms up and is not counted. Half of the
answers are sure, half go to review. An answer counts once its event is out, which is after its annotation is written.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
import time
from pathlib import Path

import pymongo
from aiokafka import AIOKafkaConsumer, TopicPartition
from llm_worker import cpu_seconds, job, memory_mib

from tandem.events import AnnotationRespondedV1, Completion, TokenLogprob, Usage
from tandem.events.catalog import LABELED, LOW_CONFIDENCE
from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.runtime.processes import Process
from tandem.settings import KafkaSettings
from tandem_local.parts.mongod import Mongod
from tandem_local.parts.tansu import Tansu

CLOSING = '"}'
LABELS = ("positive", "neutral", "negative")


def answer(seq: int) -> AnnotationRespondedV1:
    """JSON as a model gives it under a schema, with the alternatives of its label's token."""
    label, other = LABELS[seq % 3], LABELS[(seq + 1) % 3]
    sure = 0.98 if seq % 2 else 0.55
    framing = ('{"', "sentiment", '":', ' "')
    tokens = [TokenLogprob(token=part, logprob=-1e-4, top=((part, -1e-4),)) for part in framing]
    alternatives = ((label, math.log(sure)), (other, math.log(0.99 - sure)))
    tokens.append(TokenLogprob(token=label, logprob=math.log(sure), top=alternatives))
    tokens.append(TokenLogprob(token=CLOSING, logprob=-1e-4, top=((CLOSING, -1e-4),)))
    text = "".join(each.token for each in tokens)
    return AnnotationRespondedV1(
        job_id="job",
        project_id="project",
        seq=seq,
        record_id=str(seq),
        epoch=1,
        content_hash="0" * 64,
        provider="simulated",
        model="simulated",
        structured=True,
        completions=(Completion(text=text, finish_reason="stop", logprobs=tuple(tokens)),),
        usage=Usage(prompt_tokens=150, completion_tokens=6),
        seconds=0.4,
    )


class Events:
    """Counts the events that come out."""

    def __init__(self, connection: Connection) -> None:
        self._consumer = AIOKafkaConsumer(**connection.options, enable_auto_commit=False, auto_offset_reset="earliest")
        self._labeled = connection.topic(LABELED)
        self._partitions = [
            TopicPartition(connection.topic(topic), number)
            for topic in (LABELED, LOW_CONFIDENCE)
            for number in range(connection.partitions(topic))
        ]
        self.labeled = 0
        self.low_confidence = 0

    async def __aenter__(self) -> Events:
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def until(self, labeled: int) -> float:
        while self.labeled < labeled:
            for partition, records in (await self._consumer.getmany(timeout_ms=100)).items():
                if partition.topic == self._labeled:
                    self.labeled += len(records)
                else:
                    self.low_confidence += len(records)
        return time.monotonic()


async def measure(count: int, broker: Tansu, url: str, postprocessor: Process) -> None:
    connection = Connection(KafkaSettings(bootstrap_servers=broker.bootstrap_servers, idempotent_producer=False))
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    async with Producer(connection) as producer:
        await producer.send(job())
        await producer.send_all([answer(seq) for seq in range(count)])
    async with Events(connection) as events:
        postprocessor.spawn()
        began = await events.until(count // 4)
        cpu, first = cpu_seconds(postprocessor.pid), events.labeled
        ended = await events.until(count)
        cpu, counted = cpu_seconds(postprocessor.pid) - cpu, events.labeled - first
    with pymongo.MongoClient[dict[str, object]](url) as client:
        written = client["tandem"]["annotations"].estimated_document_count()
    print(
        f"{counted} answers: {counted / cpu:.0f} a second of one core ({1000 * cpu / counted:.3f} CPU-s per 1,000), "
        f"{counted / (ended - began):.0f}/s of the clock, peak {memory_mib(postprocessor.pid):.0f} MiB, "
        f"{written} annotations, {events.low_confidence} sent to review"
    )


def run(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with Tansu(log_file=data / "tansu.log") as broker, Mongod(data / "mongo") as mongod:
            postprocessor = Process(
                "postprocessor",
                (sys.executable, "-m", "tandem_postprocessor"),
                log_file=data / "postprocessor.log",
                env={
                    "TANDEM_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap_servers,
                    "TANDEM_KAFKA__IDEMPOTENT_PRODUCER": "false",
                    "TANDEM_MONGO__URL": mongod.url,
                },
            )
            try:
                asyncio.run(measure(count, broker, mongod.url, postprocessor))
            finally:
                postprocessor.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers a second of one postprocessor.")
    parser.add_argument("--answers", type=int, default=30_000)
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    for _ in range(arguments.runs):
        run(arguments.answers)


if __name__ == "__main__":
    main()

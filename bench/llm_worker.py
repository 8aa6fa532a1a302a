"""What a call costs the worker: CPU of the whole process, from the request in Kafka to the answer in Kafka.

    uv run python bench/llm_worker.py [--calls 8000] [--in-flight 64] [--latency-ms 50] [--runs 3]
    uv run python bench/llm_worker.py --memory --calls 1000000 --latency-ms 10

Starts the embedded broker, the simulated provider and one worker as processes on this machine and stops them again.
The limit is not binding; the first quarter of the calls warms up and is not counted. With --memory the requests are
fed as they are answered, and the worker's resident memory is printed at each stage; the broker keeps every message in
its own memory, about 4 KB a call.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx2
from aiokafka import AIOKafkaConsumer, TopicPartition

from tandem.events import (
    AgentSpec,
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    JobPublishedV1,
    JobState,
    LabelOption,
    LabelSchemaSpec,
    ModelParameters,
    SingleChoiceTask,
)
from tandem.events.catalog import RESPONSES
from tandem.labeling.prompts import default_templates
from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.runtime.processes import Process
from tandem.settings import KafkaSettings
from tandem.testing.provider import ProviderProcess
from tandem_local.parts.tansu import Tansu

AHEAD = 4_000
"""Requests published and not answered, with --memory."""
STAGES = [base * 10**power for power in (4, 5, 6) for base in (1, 2, 5)]

SCHEMA = LabelSchemaSpec(
    label_schema_id="schema",
    version=1,
    name="Sentiment",
    tasks=(
        SingleChoiceTask(
            name="sentiment",
            question="What is the sentiment?",
            options=tuple(LabelOption(value=value) for value in ("positive", "neutral", "negative")),
        ),
    ),
)


def job(*, max_tokens: int = 64) -> JobPublishedV1:
    system, user = default_templates(SCHEMA)
    agent = AgentSpec(
        agent_id="agent",
        version=1,
        name="bench",
        provider="simulated",
        model="simulated",
        parameters=ModelParameters(max_tokens=max_tokens),
        system_template=system,
        user_template=user,
        fingerprint="f" * 64,
    )
    return JobPublishedV1(
        job_id="job",
        project_id="project",
        dataset_id="dataset",
        revision=1,
        epoch=1,
        state=JobState.RUNNING,
        agent=agent,
        label_schema=SCHEMA,
    )


def request(seq: int) -> AnnotationRequestedV1:
    return AnnotationRequestedV1(
        job_id="job",
        project_id="project",
        seq=seq,
        record_id=str(seq),
        epoch=1,
        content_hash="0" * 64,
        fields={"text": f"@airline flight {seq} was late again and nobody told us why, three hours at the gate"},
    )


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int, kind: str = "VmHWM") -> float:
    """VmHWM: the peak; VmRSS: now."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) / 1024


class Answers:
    """Counts what comes out, and keeps how long each took where that is asked for."""

    def __init__(self, consumer: AIOKafkaConsumer, *, read: bool) -> None:
        self._consumer = consumer
        self._read = read
        self.count = 0
        self.failed = 0
        self.seconds: list[float] = []

    async def until(self, count: int) -> float:
        while self.count < count:
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                self.count += len(records)
                if self._read:
                    for record in records:
                        answer = AnnotationRespondedV1.from_json(record.value)
                        self.failed += answer.error is not None
                        self.seconds.append(answer.seconds or 0.0)
        return time.monotonic()


async def measure_cpu(arguments: argparse.Namespace, producer: Producer, answers: Answers, worker: Process) -> None:
    began = time.monotonic()
    await producer.send_all([request(seq) for seq in range(arguments.calls)])
    published = arguments.calls / (time.monotonic() - began)
    worker.spawn()
    warm = arguments.calls // 4
    began = await answers.until(warm)
    cpu, first = cpu_seconds(worker.pid), answers.count
    ended = await answers.until(arguments.calls)
    cpu, counted = cpu_seconds(worker.pid) - cpu, answers.count - first
    took = statistics.quantiles(answers.seconds[first:], n=20)
    print(
        f"{counted} calls, {arguments.in_flight} in flight: {1000 * cpu / counted:.2f} CPU-s per 1,000 calls, "
        f"{counted / (ended - began):.0f} calls/s, call p50 {1000 * took[9]:.0f} ms, p95 {1000 * took[18]:.0f} ms, "
        f"peak {memory_mib(worker.pid):.0f} MiB, {answers.failed} failed "
        f"(requests were published at {published:.0f}/s)"
    )


async def measure_memory(arguments: argparse.Namespace, producer: Producer, answers: Answers, worker: Process) -> None:
    """One request in for each answer out; a line at each stage: 10, 20, 50, 100 thousand and so on."""
    worker.spawn()
    stages = [stage for stage in STAGES if stage < arguments.calls] + [arguments.calls]
    sent, began, before = 0, time.monotonic(), (0, 0.0)
    for stage in stages:
        while answers.count < stage:
            if sent < arguments.calls and sent - answers.count < AHEAD:
                most = min(sent + AHEAD // 2, arguments.calls)
                await producer.send_all([request(seq) for seq in range(sent, most)])
                sent = most
            await answers.until(min(stage, answers.count + AHEAD // 4))
        now, cpu = time.monotonic(), cpu_seconds(worker.pid)
        calls = answers.count - before[0]
        print(
            f"{answers.count:>9,} calls: {memory_mib(worker.pid, 'VmRSS'):.1f} MiB, "
            f"{calls / (now - began):.0f} calls/s, {1000 * (cpu - before[1]) / calls:.2f} CPU-s per 1,000 calls",
            flush=True,
        )
        began, before = now, (answers.count, cpu)


async def measure(arguments: argparse.Namespace, broker: Tansu, provider: ProviderProcess, worker: Process) -> None:
    async with httpx2.AsyncClient(base_url=provider.control_url) as control:
        behaviour = {"latency_ms": arguments.latency_ms, "latency_spread": arguments.latency_spread}
        (await control.post("/behaviour", json=behaviour)).raise_for_status()
    connection = Connection(KafkaSettings(bootstrap_servers=broker.bootstrap_servers, idempotent_producer=False))
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    consumer = AIOKafkaConsumer(**connection.options, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    name = connection.topic(RESPONSES)
    consumer.assign([TopicPartition(name, number) for number in range(connection.partitions(RESPONSES))])
    try:
        async with Producer(connection) as producer:
            await producer.send(job())
            answers = Answers(consumer, read=not arguments.memory)
            await (measure_memory if arguments.memory else measure_cpu)(arguments, producer, answers, worker)
    finally:
        await consumer.stop()


def run(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        provider = ProviderProcess(log_file=logs / "provider.log")
        with Tansu(log_file=logs / "tansu.log") as broker, provider:
            account = {"base_url": provider.base_url, "api_key": "none", "max_in_flight": arguments.in_flight}
            profiled = ("-m", "cProfile", "-o", str(arguments.profile)) if arguments.profile else ()
            worker = Process(
                "llm-worker",
                (sys.executable, *profiled, "-m", "tandem_llm_worker"),
                log_file=logs / "worker.log",
                env={
                    "TANDEM_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap_servers,
                    "TANDEM_KAFKA__IDEMPOTENT_PRODUCER": "false",
                    "TANDEM_PROVIDERS": json.dumps({"simulated": account}),
                    "TANDEM_PROVIDERS_ON_LOOPBACK_ONLY": "true",
                },
            )
            try:
                asyncio.run(measure(arguments, broker, provider, worker))
            finally:
                worker.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU and memory of the llm-worker.")
    parser.add_argument("--calls", type=int, default=8000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--latency-spread", type=float, default=0.42, help="0.42: p95 is twice the median")
    parser.add_argument("--runs", type=int, default=1, help="each with a broker, a provider and a worker of its own")
    parser.add_argument("--memory", action="store_true", help="print the worker's memory as the calls go by")
    parser.add_argument("--profile", type=Path, help="write the worker's cProfile here")
    arguments = parser.parse_args()
    for _ in range(arguments.runs):
        run(arguments)


if __name__ == "__main__":
    main()

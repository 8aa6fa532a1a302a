"""A provider that fails in every way, and whether each record still ends right, once, and paid once.

    uv run python bench/failures.py [--records 20000] [--in-flight 64]

2 % of the calls end in 500, 1 % are never answered, 1 % have their connection reset, 1 % are cut in the middle of the
body, and 1 % of the prompts are refused by the model. Starts the embedded broker, the simulated provider and a worker
as processes on this machine, holds every answer against what the provider counted, and exits 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from aiokafka import AIOKafkaConsumer, TopicPartition
from llm_worker import job, request

from tandem.events import AnnotationRespondedV1, ErrorKind
from tandem.events.catalog import RESPONSES
from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.runtime.processes import Process
from tandem.settings import KafkaSettings
from tandem.testing.provider import ProviderProcess
from tandem_local.parts.tansu import Tansu

FAILURES = {"server_error": 0.02, "timeout": 0.01, "reset": 0.01, "malformed": 0.01, "refusal": 0.01}
CALL_SECONDS = 2.0
_QUIET_SECONDS = 3.0
"""So long the topic is read on after the last record ended, for answers that came twice."""


@dataclass
class Ends:
    """How the records ended."""

    answers: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    unpriced: int = 0

    def add(self, answer: AnnotationRespondedV1) -> None:
        self.answers[answer.seq] += 1
        self.outcomes[answer.error.kind if answer.error else "answered"] += 1
        self.calls.update(call.error or "ok" for call in answer.calls)
        self.unpriced += sum(call.error is None and call.usage is None for call in answer.calls)


def wrongs(ends: Ends, score: dict[str, Any], records: int) -> list[str]:
    """Everything that is not as it must be."""
    refused = score["by_kind"].get("refusal", 0)
    checks = {
        f"{records - len(ends.answers)} records have no answer": len(ends.answers) == records,
        f"{sum(n > 1 for n in ends.answers.values())} records have several": max(ends.answers.values()) == 1,
        f"{score['answered_repeatedly']} prompts were paid twice": score["answered_repeatedly"] == 0,
        f"{score['answered']} answers were paid for {records} records": score["answered"] == records,
        f"{ends.outcomes[ErrorKind.REFUSAL]} refusals are told, {refused} were made": ends.outcomes[ErrorKind.REFUSAL]
        == refused,
        f"ends that should not be: {dict(ends.outcomes)}": set(ends.outcomes) <= {"answered", ErrorKind.REFUSAL},
        f"{ends.calls.total()} calls are told, {score['received']} were received": ends.calls.total()
        == score["received"],
        f"{ends.unpriced} answered calls have no usage": ends.unpriced == 0,
    }
    return [wrong for wrong, is_right in checks.items() if not is_right]


async def run(arguments: argparse.Namespace, broker: Tansu, provider: ProviderProcess, worker: Process) -> bool:
    async with httpx2.AsyncClient(base_url=provider.control_url) as control:
        behaviour = {"latency_ms": 50, "latency_spread": 0.42, "failures": FAILURES}
        (await control.post("/behaviour", json=behaviour)).raise_for_status()
        connection = Connection(KafkaSettings(bootstrap_servers=broker.bootstrap_servers, idempotent_producer=False))
        keeper = TopicKeeper(connection)
        await keeper.start()
        await keeper.stop()
        consumer = AIOKafkaConsumer(**connection.options, enable_auto_commit=False, auto_offset_reset="earliest")
        await consumer.start()
        name = connection.topic(RESPONSES)
        consumer.assign([TopicPartition(name, number) for number in range(connection.partitions(RESPONSES))])
        ends = Ends()
        try:
            async with Producer(connection) as producer:
                await producer.send(job())
                await producer.send_all([request(seq) for seq in range(arguments.records)])
            worker.spawn()
            began = time.monotonic()
            quiet_since = None
            while quiet_since is None or time.monotonic() - quiet_since < _QUIET_SECONDS:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    for record in batch:
                        ends.add(AnnotationRespondedV1.from_json(record.value))
                if quiet_since is None and len(ends.answers) == arguments.records:
                    quiet_since = time.monotonic()
                if time.monotonic() - began > arguments.patience_seconds:
                    break
            seconds = (quiet_since or time.monotonic()) - began
        finally:
            await consumer.stop()
        score = (await control.get("/score")).json()
    print(f"{arguments.records} records in {seconds:.0f} s: {_plain(ends.outcomes)}")
    print(f"calls as the worker tells them: {_plain(ends.calls)}")
    print(f"calls as the provider counted them: received {score['received']}, {score['by_kind']}")
    found = wrongs(ends, score, arguments.records)
    print("\n".join(f"WRONG: {wrong}" for wrong in found) or "every record ended right, none lost, none paid twice")
    return not found


def _plain(counts: Counter[str]) -> dict[str, int]:
    return {str(key): count for key, count in counts.most_common()}


def main() -> None:
    parser = argparse.ArgumentParser(description="A failing provider, and how the records end.")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--patience-seconds", type=float, default=900)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        provider = ProviderProcess(log_file=logs / "provider.log")
        with Tansu(log_file=logs / "tansu.log") as broker, provider:
            account = {
                "base_url": provider.base_url,
                "api_key": "none",
                "max_in_flight": arguments.in_flight,
                "timeout_seconds": CALL_SECONDS,
            }
            worker = Process(
                "llm-worker",
                (sys.executable, "-m", "tandem_llm_worker"),
                log_file=logs / "worker.log",
                env={
                    "TANDEM_KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap_servers,
                    "TANDEM_KAFKA__IDEMPOTENT_PRODUCER": "false",
                    "TANDEM_PROVIDERS": json.dumps({"simulated": account}),
                    "TANDEM_PROVIDERS_ON_LOOPBACK_ONLY": "true",
                },
            )
            try:
                is_right = asyncio.run(run(arguments, broker, provider, worker))
            finally:
                worker.stop()
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()

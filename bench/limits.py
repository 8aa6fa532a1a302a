"""How much of a binding limit the workers use, and what they are refused.

    uv run python bench/limits.py [one fleet slow tokens tokens_max unknown twice] [--seconds 60]
    uv run python bench/limits.py api:learned:killed [api:KNOWN:EVENT …] --seconds 100 [--kafka]

Each case starts the embedded broker, the simulated provider and the workers as processes on this machine. The account
allows 6,000 requests a minute from a bucket that holds one second's worth (or tokens from one that holds a minute's),
so a burst is refused. Measured at the provider, from the first request it receives: what was taken of what came in
that time, and the calls it refused. A case prints one row of the table in docs/limits.md.

Cases named `api:…` run the whole system, with a job through the api (see limits_through_api.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import limits_through_api
from llm_worker import job, request

from tandem.events import AnnotationRequestedV1
from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.runtime.processes import Process
from tandem.settings import KafkaSettings
from tandem.testing.provider import ProviderProcess
from tandem_local.parts.tansu import Tansu

PER_MINUTE = 6000
TOKENS_PER_MINUTE = 1_200_000
SETTLED_AFTER = 30.0
WORDS = ["and", "nobody", "at", "the", "gate", "could", "tell", "us", "why", "the", "flight", "was", "late", "again"]


@dataclass(frozen=True)
class Case:
    """One row: what the account allows, what the workers are told, how the model behaves."""

    what: str
    limits: dict[str, Any] = field(
        default_factory=lambda: {"requests_per_minute": PER_MINUTE, "capacity_seconds": 1, "counted": "prompt"}
    )
    account: dict[str, Any] = field(default_factory=lambda: {"requests_per_minute": PER_MINUTE, "max_in_flight": 256})
    behaviour: dict[str, Any] = field(default_factory=lambda: {"latency_ms": 200, "latency_spread": 0.42})
    workers: int = 1
    settles: bool = False
    limit: str = "requests"
    max_tokens: int = 64
    ask: Callable[[int], AnnotationRequestedV1] = request


def spread(seq: int) -> AnnotationRequestedV1:
    """Prompts whose texts differ in length by 1:20."""
    count = 40 * (1 + seq * 7919 % 20)
    text = " ".join(WORDS[(seq + i) % len(WORDS)] for i in range(count))
    return request(seq).model_copy(update={"fields": {"text": f"{seq} {text}"}})


NO_HEADERS = {"headers": {"ratelimit": "none"}}
CASES = {
    "one": Case("one worker"),
    "fleet": Case("four workers, one killed and one joined midway", workers=4),
    "slow": Case(
        "one worker, p50 2 s, p95 6 s",
        account={"requests_per_minute": PER_MINUTE, "max_in_flight": 800},
        behaviour={"latency_ms": 2000, "latency_p95_ms": 6000},
    ),
    "tokens": Case(
        "tokens bind, prompts spread 1:20",
        limits={"tokens_per_minute": TOKENS_PER_MINUTE, "counted": "prompt", "settled": True, "initial": 0.02},
        account={"tokens_per_minute": TOKENS_PER_MINUTE, "max_in_flight": 256},
        limit="tokens",
        ask=spread,
    ),
    "tokens_max": Case(
        "tokens bind, the room for the answer (512) counted at admission",
        limits={
            "tokens_per_minute": TOKENS_PER_MINUTE,
            "counted": "prompt_and_max",
            "settled": False,
            "initial": 0.02,
        },
        account={"tokens_per_minute": TOKENS_PER_MINUTE, "max_in_flight": 256},
        limit="tokens",
        ask=spread,
        max_tokens=512,
    ),
    "unknown": Case(
        "limits unknown, no headers",
        account={"max_in_flight": 256},
        behaviour={"latency_ms": 200, "latency_spread": 0.42, **NO_HEADERS},
        settles=True,
    ),
    "twice": Case(
        "configured twice too high, no headers",
        account={"requests_per_minute": 2 * PER_MINUTE, "max_in_flight": 256},
        behaviour={"latency_ms": 200, "latency_spread": 0.42, **NO_HEADERS},
        settles=True,
    ),
}


class Bench:
    """The processes of one case."""

    def __init__(
        self, case: Case, broker: Tansu, provider: ProviderProcess, logs: Path, *, trace: bool = False
    ) -> None:
        self._case = case
        self._trace = trace
        self._broker = broker
        self._provider = provider
        self._logs = logs
        self._workers: list[Process] = []

    def start_worker(self) -> None:
        account = {"base_url": self._provider.base_url, "api_key": "none", **self._case.account}
        number = len(self._workers)
        worker = Process(
            f"llm-worker {number}",
            (sys.executable, "-m", "tandem_llm_worker"),
            log_file=self._logs / f"worker-{number}.log",
            env={
                "TANDEM_KAFKA__BOOTSTRAP_SERVERS": self._broker.bootstrap_servers,
                "TANDEM_KAFKA__IDEMPOTENT_PRODUCER": "false",
                "TANDEM_KAFKA__SESSION_TIMEOUT_SECONDS": "6",
                "TANDEM_KAFKA__HEARTBEAT_SECONDS": "1",
                "TANDEM_PROVIDERS": json.dumps({"simulated": account}),
                "TANDEM_PROVIDERS_ON_LOOPBACK_ONLY": "true",
            },
        )
        self._workers.append(worker)
        worker.spawn()

    def stop(self) -> None:
        for worker in self._workers:
            worker.kill()

    async def run(self, seconds: float) -> str:
        case = self._case
        async with httpx2.AsyncClient(base_url=self._provider.control_url) as control:
            behaviour = {"limits": case.limits, "count_prompts": False, **case.behaviour}
            (await control.post("/behaviour", json=behaviour)).raise_for_status()
            await self._fill(int(PER_MINUTE / 60 * (seconds + 15)))
            for _ in range(case.workers):
                self.start_worker()
            score = await self._score_after(control, 0.001)
            if case.workers > 1:
                await self._score_after(control, seconds / 3)
                self._workers[0].kill()
                await self._score_after(control, seconds / 2)
                self.start_worker()
            early = await self._score_after(control, SETTLED_AFTER) if case.settles else None
            score = await self._score_after(control, seconds)
            if self._trace:
                series = (await control.get("/score?seconds")).json()["per_second"]
                print("accepted each second:", *series["accepted"], "\nrefused:", *series["refused"])
        return self._row(score, early)

    async def _fill(self, calls: int) -> None:
        connection = Connection(
            KafkaSettings(bootstrap_servers=self._broker.bootstrap_servers, idempotent_producer=False)
        )
        keeper = TopicKeeper(connection)
        await keeper.start()
        await keeper.stop()
        async with Producer(connection) as producer:
            await producer.send(job(max_tokens=self._case.max_tokens))
            await producer.send_all([self._case.ask(seq) for seq in range(calls)])

    async def _score_after(self, control: httpx2.AsyncClient, seconds: float) -> dict[str, Any]:
        """Return the provider's score once its first request is `seconds` ago."""
        while True:
            score: dict[str, Any] = (await control.get("/score")).json()
            if score["seconds"] >= seconds:
                return score
            await asyncio.sleep(min(1.0, max(0.05, seconds - score["seconds"])))

    def _row(self, score: dict[str, Any], early: dict[str, Any] | None) -> str:
        use = next(iter(score["limits"].values()))[self._case.limit]
        taken, came = use["taken"], use["allowed_by_rate"]
        of_all = f"{100 * taken / use['allowed']:.1f} %"
        refused, received = score["refused"], score["received"]
        after = ""
        if early is not None:
            before = next(iter(early["limits"].values()))[self._case.limit]
            after = f" (from {SETTLED_AFTER:g} s on; {early['refused']} refused before)"
            of_all = ""
            taken, came = taken - before["taken"], came - before["allowed_by_rate"]
            refused, received = refused - early["refused"], received - early["received"]
        load, *_ = os.getloadavg()
        return (
            f"| {self._case.what} | {100 * taken / came:.1f} % | {of_all} | {refused} of {received} "
            f"({100 * refused / max(1, received):.2f} %){after} | {score['most_in_flight']} | {load:.1f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Use of a binding limit.")
    through_api = limits_through_api.case_names()
    names = f"{', '.join(CASES)} (all of these where none is named); {', '.join(through_api)}"
    parser.add_argument("cases", nargs="*", metavar="case", help=names)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--trace", action="store_true", help="print the calls of each second too")
    parser.add_argument("--logs", type=Path, help="keep the workers' logs here")
    parser.add_argument("--kafka", action="store_true", help="Apache Kafka in place of the embedded broker (api:…)")
    arguments = parser.parse_args()
    if unknown := set(arguments.cases) - {*CASES, *through_api}:
        parser.error(f"there is no case {', '.join(sorted(unknown))}; there are {', '.join([*CASES, *through_api])}")
    if whole := [name for name in arguments.cases if name in through_api]:
        print(limits_through_api.HEAD)
        for name in whole:
            row = limits_through_api.run(
                name, arguments.seconds, trace=arguments.trace, logs=arguments.logs, kafka=arguments.kafka
            )
            print(row, flush=True)
    if arguments.cases and len(whole) == len(arguments.cases):
        return
    print("| what | use of the rate | of that and the bucket at first | refused | most in flight | load |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in [name for name in arguments.cases or CASES if name in CASES]:
        with ExitStack() as stack:
            logs = arguments.logs or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            provider = ProviderProcess(log_file=logs / "provider.log")
            broker = stack.enter_context(Tansu(log_file=logs / "tansu.log"))
            stack.enter_context(provider)
            bench = Bench(CASES[name], broker, provider, logs, trace=arguments.trace)
            stack.callback(bench.stop)
            print(asyncio.run(bench.run(arguments.seconds)), flush=True)


if __name__ == "__main__":
    main()

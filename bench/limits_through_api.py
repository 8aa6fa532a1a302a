"""Measure how much of a limit the whole system uses: api, dispatcher, four workers, postprocessor, one account.

`bench/limits.py` runs these cases: `api:KNOWN:EVENT`, where KNOWN says what the workers are told of the limit
(`configured`, `learned` from the provider's headers, `unknown`) and EVENT what happens at 30 s (`none`, `killed`,
`paused` for 15 s, `joined`). A job through the api asks for more records than the limit lets through.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr

from tandem.runtime.processes import free_port
from tandem.testing.kafka import KafkaBroker
from tandem.testing.provider import MODEL, ProviderProcess
from tandem_client import Job, Tandem
from tandem_local.stack import DataDir, Stack, StackModel
from tandem_local.stack.services import Service

PER_MINUTE = 6000
PER_SECOND = PER_MINUTE / 60
WORKERS = 4
PARTITIONS = 4
"""As the laptop stack has them. The fewer there are, the more unevenly three workers share them."""
EVENT_AT = 30
PAUSED_SECONDS = 15.0
KNOWN = ("configured", "learned", "unknown")
EVENTS = ("none", "killed", "paused", "joined")
ROLLING_SECONDS = 5
ENOUGH = 0.97
SETTLE_SECONDS = 16.0
"""In which the group of the workers has shared the partitions out before the job begins."""
LOG_SECONDS = 1.0
POM = Path(__file__).parent.parent / "tests" / "kafka" / "pom.xml"

HEAD = (
    "| limit | at 30 s | use of the rate | of that and the bucket at first | refused | 97 % again after "
    "| lowest second from 30 s on | load |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
)


def case_names() -> list[str]:
    """Return the names of all cases."""
    return [f"api:{known}:{event}" for known in KNOWN for event in EVENTS]


def seconds_until_enough(accepted: Sequence[int], since: int) -> int | None:
    """Return after how many seconds a window of five seconds was used to 97 % and began after `since`; None: never."""
    for end in range(since + ROLLING_SECONDS, len(accepted) + 1):
        if sum(accepted[end - ROLLING_SECONDS : end]) >= ENOUGH * PER_SECOND * ROLLING_SECONDS:
            return end - since - ROLLING_SECONDS
    return None


class WholeSystem:
    """The processes of one case."""

    def __init__(self, known: str, event: str, logs: Path, *, kafka: bool) -> None:
        self._known = known
        self._event = event
        self._logs = logs
        self._kafka = kafka
        self._stack: Stack
        self._workers: list[Service] = []

    @contextmanager
    def running(self, directory: Path) -> Iterator[None]:
        """Start everything but the job."""
        with ExitStack() as stack:
            self._provider = stack.enter_context(ProviderProcess(log_file=self._logs / "provider.log"))
            broker = None
            if self._kafka:
                broker = stack.enter_context(KafkaBroker(POM, work_dir=directory / "kafka"))
            self._stack = stack.enter_context(
                Stack(
                    DataDir(directory / "stack"),
                    model=StackModel("simulated", MODEL, self._provider.base_url, SecretStr("not-a-secret")),
                    kafka=broker.bootstrap_servers if broker else None,
                    environment={
                        "TANDEM_PROVIDERS_ON_LOOPBACK_ONLY": "true",
                        "TANDEM_KAFKA__PARTITIONS": str(PARTITIONS),
                    },
                )
            )
            first = self._stack.services["llm-worker"]
            account = json.loads(first.env["TANDEM_PROVIDERS"] or "{}")["simulated"]
            if self._known == "configured":
                account["requests_per_minute"] = PER_MINUTE
            first.env["TANDEM_PROVIDERS"] = json.dumps({"simulated": account})
            first.stop()
            first.spawn()
            self._workers = [first]
            stack.callback(self._end_workers)
            for _ in range(WORKERS - 1):
                self._start_worker()
            for worker in self._workers:
                worker.wait_ready(60)
            yield

    def _start_worker(self) -> None:
        first, number = self._workers[0], len(self._workers) + 1
        log_file = self._logs / f"llm-worker-{number}.log"
        worker = Service(
            f"llm-worker-{number}", first.command[-1], ops_port=free_port(), log_file=log_file, env=first.env
        )
        worker.env["TANDEM_OBSERVABILITY__OPS_PORT"] = str(worker.ops_port)
        worker.death_signal = signal.SIGKILL
        self._workers.append(worker)
        worker.spawn()

    def _end_workers(self) -> None:
        for worker in self._workers[1:]:
            worker.kill()

    async def measure(self, seconds: float, *, trace: bool) -> str:
        """Run the job for so long and return the row of the table."""
        async with httpx2.AsyncClient(base_url=self._provider.control_url) as control:
            behaviour: dict[str, Any] = {
                "limits": {"requests_per_minute": PER_MINUTE, "capacity_seconds": 1, "initial": 0},
                "count_prompts": False,
                "latency_ms": 200,
                "latency_spread": 0.42,
            }
            if self._known == "unknown":
                behaviour["headers"] = {"ratelimit": "none"}
            (await control.post("/behaviour", json=behaviour)).raise_for_status()
            with Tandem(self._stack.api_url, self._stack.admin_key, patience=60.0) as tandem:
                await asyncio.sleep(SETTLE_SECONDS)
                await asyncio.to_thread(self._start_job, tandem, int(PER_SECOND * (seconds + 30)))
            await self._wait(control, EVENT_AT, trace=trace)
            await self._let_it_happen(control, trace=trace)
            await self._wait(control, seconds, trace=trace)
            score = (await control.get("/score?seconds")).json()
        return self._row(score, int(seconds), trace=trace)

    async def _let_it_happen(self, control: httpx2.AsyncClient, *, trace: bool) -> None:
        match self._event:
            case "killed":
                self._workers[-1].kill()
            case "paused":
                self._workers[-1].suspend()
                await self._wait(control, EVENT_AT + PAUSED_SECONDS, trace=trace)
                self._workers[-1].resume()
            case "joined":
                self._start_worker()

    def _start_job(self, tandem: Tandem, records: int) -> Job:
        project = tandem.projects.create("limits")
        schema = tandem.label_schemas.create_single_choice(
            project.id, name="sentiment", labels=["positive", "neutral", "negative"]
        )
        dataset = tandem.datasets.create(project.id, name="records")
        file = self._logs / "records.csv"
        file.write_text("id,text\n" + "".join(f"{seq},The flight {seq} was late again\n" for seq in range(records)))
        tandem.datasets.import_csv(dataset.id, file, text_columns=["text"], id_column="id")
        agent = tandem.agents.create(
            project.id, name="agent", provider="simulated", model=MODEL, label_schema_id=schema.id
        )
        return tandem.jobs.create(project.id, dataset_id=dataset.id, agent_id=agent.id, name="job")

    async def _wait(self, control: httpx2.AsyncClient, seconds: float, *, trace: bool) -> None:
        """Wait until the first call at the provider is so long ago."""
        while True:
            score = (await control.get("/score")).json()
            if score["seconds"] >= seconds:
                return
            if trace:
                await asyncio.to_thread(self._trace, score["seconds"])
            await asyncio.sleep(min(LOG_SECONDS, max(0.05, seconds - score["seconds"])))

    def _trace(self, second: float) -> None:
        """Print the gauges that tell what holds calls up."""
        wanted = (
            "tandem_bus_in_flight_events",
            "tandem_bus_rebalances_total",
            "tandem_dispatch_outstanding",
            "tandem_dispatch_window",
            "tandem_model_account_allowed",
            "tandem_model_account_share",
            "tandem_model_in_flight",
        )
        for service in (self._stack.services["dispatcher"], *self._workers):
            try:
                text = httpx2.get(f"{service.ops_url}/metrics", timeout=0.5).text
            except (httpx2.TransportError, OSError):
                continue
            found = [
                f"{line.split('{')[0].split(' ')[0].split('_', 2)[2]}={float(line.split()[-1]):.3g}"
                for line in text.splitlines()
                if line.startswith(wanted)
            ]
            print(f"  {second:5.1f} {service.name}: {' '.join(found)}", flush=True)

    def _row(self, score: dict[str, Any], seconds: int, *, trace: bool) -> str:
        series = score["per_second"]
        accepted, refused = series["accepted"], series["refused"]
        if trace:
            print("accepted each second:", *accepted, "\nrefused:", *refused)
        use = next(iter(score["limits"].values()))["requests"]
        again = "" if self._event == "none" else seconds_until_enough(accepted, EVENT_AT)
        after = "never" if again is None else f"{again} s" if again != "" else "—"
        load, *_ = os.getloadavg()
        return (
            f"| {self._known} | {self._event} | {100 * use['taken'] / use['allowed_by_rate']:.1f} % "
            f"| {100 * use['taken'] / use['allowed']:.1f} % | {score['refused']} of {score['received']} | {after} "
            f"| {min(accepted[EVENT_AT:seconds], default=0)} | {load:.1f} |"
        )


def run(case: str, seconds: float, *, trace: bool, logs: Path | None, kafka: bool) -> str:
    """Run one case and return its row."""
    _, known, event = case.split(":")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = logs or directory / "logs"
        kept.mkdir(parents=True, exist_ok=True)
        system = WholeSystem(known, event, kept, kafka=kafka)
        began = time.monotonic()
        with system.running(directory):
            if trace:
                print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
            return asyncio.run(system.measure(seconds, trace=trace))

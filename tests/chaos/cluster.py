"""Two replicas of each service on three MongoDB nodes and Apache Kafka, and a watch over who ends when."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pymongo
from pydantic import SecretStr

from mongo_nodes import Node, ReplicaSet
from tandem.runtime.processes import LOOPBACK, Process, free_port
from tandem.testing.kafka import KafkaBroker
from tandem.testing.provider import ProviderProcess
from tandem_local.stack import DataDir, Stack, StackModel
from tandem_local.stack.services import Service

from .faults import KAFKA, MONGODB, PROVIDER, REPLICAS, SERVICES, Fault, Kind

MODELS = tuple(f"model-{letter}" for letter in "abcdef")
"""One for each job, so that the ledger tells whose a call is."""
PRICE = {"input": 1.0, "output": 10.0}
"""USD for a million tokens."""
SLOTS = 12
"""Calls under way at once, of each worker and model."""
LATENCY_MS = 900.0
SESSION_SECONDS = 6
LEDGER = r"#([0-9]+)\b"
HALF_FAIL: dict[str, float] = {"server_error": 0.5}
NONE_FAIL: dict[str, float] = {}
DEADLINE_SECONDS = 3600
"""Longer than the test takes: a record that is asked for again because its deadline passed never ends in time."""
NOTICE_SECONDS = 10.0
STOP_SECONDS = 30.0
"""The longest that a service may take to end after SIGTERM."""


@dataclass
class Watched:
    """A process and what the test has done to it."""

    process: Process
    told: signal.Signals | None = None
    """The signal that ends it."""
    told_at: float = 0.0
    start_at: float | None = None
    """When to start it again, on the monotonic clock; None while it runs."""
    resume_at: float | None = None


@dataclass
class Cluster:
    """Everything that runs. `tick` keeps it running and must be called often, in the main thread."""

    work_dir: Path
    mongodb: ReplicaSet
    kafka: KafkaBroker
    provider: ProviderProcess
    database: str
    stack: Stack = field(init=False)
    services: dict[str, Service] = field(init=False)
    findings: list[str] = field(default_factory=list)
    """What must not have happened, e.g. a process that ended by itself."""
    worker_kills: list[tuple[float, float]] = field(default_factory=list)
    """When a worker was killed, seconds since the epoch, before and after."""
    losses: list[tuple[float, float]] = field(default_factory=list)
    """When Kafka lost its data, seconds since the epoch, before and after."""
    outages: list[tuple[float, float]] = field(default_factory=list)
    """When Kafka took no answers in, seconds since the epoch, from and until; the last one may go on."""
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        prices = self.work_dir / "prices.yaml"
        row = {"provider": "simulated", "models": list(MODELS), **PRICE, "valid_from": "2025-01-01", "source": "test"}
        prices.write_text(json.dumps({"as_of": "2025-01-01", "currency": "USD", "prices": [row]}))
        (self.work_dir / "stack").mkdir()
        self.stack = Stack(
            DataDir(self.work_dir / "stack"),
            model=StackModel("simulated", MODELS[0], self.provider.base_url, SecretStr("not-a-secret")),
            kafka=self.kafka.bootstrap_servers,
            mongo=SecretStr(self.mongodb.url),
            environment={
                "TANDEM_MONGO__DATABASE": self.database,
                "TANDEM_KAFKA__PREFIX": f"{self.database}.",
                "TANDEM_KAFKA__PARTITIONS": "4",
                "TANDEM_KAFKA__SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
                "TANDEM_PROVIDERS_ON_LOOPBACK_ONLY": "true",
                "TANDEM_PRICES_FILE": str(prices),
                "TANDEM_SWEEP_SECONDS": "20",
                "TANDEM_DISPATCH__DEADLINE_SECONDS": str(DEADLINE_SECONDS),
            },
        )
        self.services = {f"{name}-{number}": self._replica(name, number) for name in SERVICES for number in REPLICAS}
        watched: list[tuple[str, Process]] = [*self.services.items(), (KAFKA, self.kafka)]
        watched += [(f"{MONGODB}-{number}", node) for number, node in enumerate(self.mongodb.nodes)]
        self._watched = {name: Watched(process) for name, process in watched}
        self._reliefs: list[tuple[float, Callable[[], None]]] = []

    # --- from start to end

    def start(self) -> None:
        """Start the services and wait until all are ready; MongoDB, Kafka and the provider run already."""
        for service in self.services.values():
            service.spawn()
        for service in self.services.values():
            service.wait_ready(120.0)
        self.behave(latency_ms=LATENCY_MS, latency_spread=0.4, ledger=LEDGER, sharpness=1.5)

    def stop(self) -> None:
        """End all services at once; the data go anyway."""
        for service in self.services.values():
            service.kill()

    def tick(self) -> None:
        """Start again what waited long enough, let suspended processes go on, and notice what ended by itself."""
        now = time.monotonic()
        for name, watched in self._watched.items():
            if watched.resume_at is not None and now >= watched.resume_at:
                watched.resume_at = None
                watched.process.resume()
            if watched.start_at is not None:
                if now >= watched.start_at:
                    self._start_again(watched)
            elif not watched.process.running:
                self._has_ended(name, watched)
            elif watched.told is signal.SIGTERM and now - watched.told_at > STOP_SECONDS:
                self._find(f"{name} did not end within {STOP_SECONDS:.0f} s of SIGTERM")
                watched.told = signal.SIGKILL
                watched.process.kill()
        self._heed_kafka()
        for relief in [each for each in self._reliefs if now >= each[0]]:
            self._reliefs.remove(relief)
            relief[1]()

    def wait(self, seconds: float) -> None:
        """Tick for so long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tick()
            time.sleep(0.05)

    def wait_until(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Tick until it holds; raises AssertionError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            self.wait(0.2)

    # --- faults

    def inject(self, fault: Fault) -> None:
        """Let the fault happen as soon as its target is well again after an earlier one."""
        match fault.target:
            case "mongodb":
                self.wait_until(self._mongodb_is_whole, 120, "MongoDB is whole again")
                self._to_the_primary(fault)
            case "provider":
                self._to_the_provider(fault)
            case name:
                self.wait_until(lambda: self._is_well(name), 120, f"{name} is up again")
                self._to_a_process(name, fault)

    def recover(self) -> None:
        """Wait until everything runs and nothing is suspended any more."""

        def quiet() -> bool:
            pending = any(w.start_at or w.resume_at or w.told for w in self._watched.values())
            return not pending and not self._reliefs

        self.wait_until(quiet, 60, "all faults are over")
        self.wait_until(self._mongodb_is_whole, 120, "MongoDB is whole again")
        for name, service in self.services.items():
            self.wait_until(service.is_ready, 120, f"{name} is ready again")

    def behave(self, **settings: Any) -> None:
        """Change how the provider answers."""
        httpx.post(f"{self.provider.control_url}/behaviour", json=settings, trust_env=False).raise_for_status()

    def ledger(self) -> list[dict[str, Any]]:
        """Return the provider's account of all calls."""
        answer = httpx.get(f"{self.provider.control_url}/ledger", trust_env=False, timeout=30)
        rows: list[dict[str, Any]] = answer.raise_for_status().json()
        return rows

    def errors_logged(self) -> list[str]:
        """Return what the services logged as errors of their own; libraries log whole sentences."""
        found = []
        for name, service in self.services.items():
            for line in service.log_file.read_text(errors="replace").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    entry = {"level": "error", "event": "not.json"}
                if entry["level"] in ("error", "critical") and re.fullmatch(r"[a-z_.]+", entry["event"]):
                    found.append(f"{name} logged {line[:1500]}")
        return found

    def say(self, text: str) -> None:
        self.log.append(f"{time.monotonic() - self.began:6.1f} s  {text}")

    def _to_a_process(self, name: str, fault: Fault) -> None:
        watched = self._watched[name]
        now = time.monotonic()
        self.say(str(fault))
        if name == KAFKA:
            self.outages.append((time.time(), math.inf))
        match fault.kind:
            case Kind.KILL:
                before = time.time()
                watched.process.kill()
                if name.startswith("llm-worker"):
                    self.worker_kills.append((before, time.time()))
                watched.start_at = now + fault.seconds
            case Kind.LOSE:
                before = time.time()
                watched.process.kill()
                shutil.rmtree(self.kafka.data_dir)
                self.losses.append((before, time.time()))
                watched.start_at = now + fault.seconds
            case Kind.SUSPEND:
                watched.process.suspend()
                watched.resume_at = now + fault.seconds
            case Kind.TERMINATE:
                watched.told, watched.told_at = signal.SIGTERM, now
                os.kill(watched.process.pid, signal.SIGTERM)
            case _:
                raise ValueError(fault)

    def _heed_kafka(self) -> None:
        """Note when an outage is over: clients that wait between their tries have a while to notice it."""
        if self.outages and self.outages[-1][1] == math.inf and self._is_well(KAFKA):
            self.outages[-1] = (self.outages[-1][0], time.time() + NOTICE_SECONDS)

    def _to_the_primary(self, fault: Fault) -> None:
        primary = self.mongodb.wait_for_primary()
        name = f"{MONGODB}-{self.mongodb.nodes.index(primary)}"
        if fault.kind is Kind.STEP_DOWN:
            self.say(f"{fault} ({name})")
            self.mongodb.step_down(primary, seconds=max(1, round(fault.seconds)))
            return
        self._to_a_process(name, fault)

    def _to_the_provider(self, fault: Fault) -> None:
        self.say(str(fault))
        setting: str
        ill: Any
        well: Any
        setting, ill, well = ("hold", True, False) if fault.kind is Kind.STALL else ("failures", HALF_FAIL, NONE_FAIL)
        self.behave(**{setting: ill})
        self._reliefs.append((time.monotonic() + fault.seconds, lambda: self.behave(**{setting: well})))

    # --- processes

    def _replica(self, name: str, number: int) -> Service:
        first = self.stack.services[name]
        env = {**first.env, "TANDEM_OBSERVABILITY__LOG_LEVEL": "info"}
        if name == "api":
            env["TANDEM_PROVIDERS"] = json.dumps([{"name": "simulated", "models": list(MODELS)}])
        if name == "llm-worker":
            account = json.loads(env["TANDEM_PROVIDERS"] or "{}")["simulated"]
            env["TANDEM_PROVIDERS"] = json.dumps({"simulated": {**account, "max_in_flight": SLOTS}})
        if number > 1 and "TANDEM_HTTP__PORT" in env:
            env["TANDEM_HTTP__PORT"] = str(free_port())
        log_file = self.work_dir / "logs" / f"{name}-{number}.log"
        replica = Service(f"{name}-{number}", first.command[-1], ops_port=free_port(), log_file=log_file, env=env)
        replica.death_signal = signal.SIGKILL  # a suspended process would not act on any other
        return replica

    def urls(self, name: str) -> list[str]:
        """Where the replicas of `api` or `verification-ui` answer."""
        ports = [self.services[f"{name}-{number}"].env["TANDEM_HTTP__PORT"] for number in REPLICAS]
        return [f"http://{LOOPBACK}:{port}" for port in ports]

    def _is_well(self, name: str) -> bool:
        watched = self._watched[name]
        if watched.start_at is not None or watched.resume_at is not None or watched.told is not None:
            return False
        process = watched.process
        if not isinstance(process, Service):
            return process.running and process.is_ready()
        try:
            return httpx.get(f"{process.ops_url}/livez", timeout=1.0, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _mongodb_is_whole(self) -> bool:
        names = [f"{MONGODB}-{number}" for number in range(len(self.mongodb.nodes))]
        if any(self._watched[name].start_at or self._watched[name].resume_at for name in names):
            return False
        states = [node.state for node in self.mongodb.nodes]
        return sum(bool(s.get("isWritablePrimary")) for s in states) == 1 and all(
            s.get("isWritablePrimary") or s.get("secondary") for s in states
        )

    def _start_again(self, watched: Watched) -> None:
        watched.start_at = None
        watched.told = None
        watched.process.spawn()

    def _has_ended(self, name: str, watched: Watched) -> None:
        status = watched.process.returncode
        if watched.told is signal.SIGTERM and status == 0:
            self.say(f"{name} ended after {time.monotonic() - watched.told_at:.1f} s")
        elif watched.told is signal.SIGTERM:
            self._find(f"{name} ended with status {status} when asked to stop", watched.process)
        elif watched.told is None:
            self._find(f"{name} ended by itself with status {status}", watched.process)
        watched.start_at = time.monotonic()

    def _find(self, text: str, process: Process | None = None) -> None:
        self.say(text)
        self.findings.append(text if process is None else f"{text}\n{process.log_tail(25)}")

    def mongo_client(self) -> pymongo.MongoClient[dict[str, Any]]:
        return pymongo.MongoClient[dict[str, Any]](self.mongodb.url, tz_aware=True, readConcernLevel="majority")


__all__ = ["KAFKA", "MONGODB", "PROVIDER", "Cluster", "Node"]

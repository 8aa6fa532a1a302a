"""Sixty faults on two replicas of each service, three MongoDB nodes and Apache Kafka; counts and costs stay exact.

TANDEM_CHAOS_SEED chooses the faults (a number, or `random`), TANDEM_CHAOS_FAULTS says how many. The seed is printed;
the same one draws the same faults.
"""

from __future__ import annotations

import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from mongo_nodes import ReplicaSet
from tandem.testing.kafka import KafkaBroker
from tandem.testing.provider import ProviderProcess

from .bookkeeping import counts_differ, decisions_differ, money_differs, queues_differ
from .cluster import LATENCY_MS, PRICE, Cluster
from .faults import Fault, Kind, plan
from .people import PATIENCE_SECONDS, Balanced, Reviewer
from .work import READY_RECORDS, Work

FAULTS = int(os.environ.get("TANDEM_CHAOS_FAULTS", "60"))
SEED = os.environ.get("TANDEM_CHAOS_SEED", "20261130")
RECORDS = 700
DECISIONS = 60
"""People decide at least so many records."""
SECONDS_A_FAULT = 12.0
SETTLE_SECONDS = 120.0
"""After the last fault; much less than a request's deadline, so that nothing may wait for one."""

Connect = Callable[[str, str], Balanced]

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(300 + SECONDS_A_FAULT * FAULTS)]


def test_the_plan_is_the_seed_s_and_holds_every_kind_of_fault_on_every_target() -> None:
    faults = plan(7, 60)
    assert faults == plan(7, 60)
    assert faults != plan(8, 60)
    assert plan(7, 200)[:60] == faults
    services = {
        f"{name}-{number}"
        for name in ("api", "dispatcher", "llm-worker", "postprocessor", "verification-ui")
        for number in (1, 2)
    }
    by_kind = {kind: {fault.target for fault in faults if fault.kind is kind} for kind in Kind}
    assert by_kind[Kind.KILL] == by_kind[Kind.SUSPEND] == services | {"mongodb", "kafka"}
    assert by_kind[Kind.TERMINATE] == services
    assert by_kind[Kind.LOSE] == {"kafka"}
    assert by_kind[Kind.STEP_DOWN] == {"mongodb"}
    assert by_kind[Kind.STALL] == by_kind[Kind.FAIL] == {"provider"}


@pytest.fixture
def cluster(own_kafka: KafkaBroker, tmp_path: Path) -> Iterator[Cluster]:
    """Everything, ready for use."""
    with ExitStack() as stack:
        mongodb = stack.enter_context(ReplicaSet(tmp_path / "mongodb"))
        provider = stack.enter_context(ProviderProcess(log_file=tmp_path / "provider.log"))
        cluster = Cluster(tmp_path, mongodb, own_kafka, provider, f"chaos_{uuid.uuid4().hex[:8]}")
        stack.callback(cluster.stop)
        cluster.start()
        yield cluster


@pytest.fixture
def balanced(cluster: Cluster) -> Iterator[Connect]:
    """Connect to the replicas of a service with a key."""
    with ExitStack() as stack:

        def connect(service: str, token: str) -> Balanced:
            http = Balanced(cluster.urls(service), token)
            stack.callback(http.close)
            return http

        yield connect


def test_counts_and_costs_are_exact_after_many_faults(cluster: Cluster, balanced: Connect) -> None:
    seed = random.randrange(10**9) if SEED == "random" else int(SEED)  # noqa: S311 - chooses a plan
    faults = plan(seed, FAULTS)
    sys.stdout.write(f"\nTANDEM_CHAOS_SEED={seed} TANDEM_CHAOS_FAULTS={FAULTS}\n")
    api = balanced("api", cluster.stack.admin_key)
    work = Work(api, records=RECORDS)
    people = [
        Reviewer(name, balanced("verification-ui", _key(api, name)), lambda: work.for_people) for name in ("ada", "ben")
    ]
    try:
        _begin(cluster, work)
        for person in people:
            person.start()
        _hurt(cluster, work, faults)
        _settle(cluster, work, people)
    finally:
        for person in people:
            person.stop()
        for person in filter(Reviewer.is_alive, people):
            person.join(180)
        sys.stdout.write("\n".join(cluster.log) + "\n")
    findings = [*cluster.findings, *(f"{person.name}: {person.failure!r}" for person in people if person.failure)]
    findings += [*_differences(cluster, work, people), *cluster.errors_logged()]
    assert not findings, f"seed {seed}:\n" + "\n".join(findings)


def _key(api: Balanced, name: str) -> str:
    key: str = api.json("POST", "/api/v1/api-keys", json={"name": name, "role": "annotator"})["token"]
    return key


def _begin(cluster: Cluster, work: Work) -> None:
    """Let one job end quickly, and another one run into its budget, which is so small that it must."""
    cluster.behave(latency_ms=LATENCY_MS / 20)
    work.prepare()
    cluster.wait_until(lambda: work.is_over("ready"), 60, f"{READY_RECORDS} records are labeled")
    cluster.wait_until(work.waits_for_its_budget, 60, "a job waits for its budget")
    cluster.behave(latency_ms=LATENCY_MS)
    work.begin()


def _hurt(cluster: Cluster, work: Work, faults: list[Fault]) -> None:
    """Inject the faults, and take a step with the jobs every few of them, in a thread: the cluster needs its ticks."""
    steps = work.steps()
    with ThreadPoolExecutor(1) as owner:
        taken: list[Future[None]] = []
        for number, fault in enumerate(faults):
            cluster.inject(fault)
            if len(taken) * len(faults) <= number * len(steps):
                taken.append(owner.submit(_take, steps[len(taken)], cluster))
            cluster.wait(fault.pause)
        cluster.say("the last fault was injected")
        taken += [owner.submit(_take, step, cluster) for step in steps[len(taken) :]]
        cluster.wait_until(lambda: all(step.done() for step in taken), PATIENCE_SECONDS, "all steps are taken")
    for step in taken:
        step.result()
    cluster.recover()
    cluster.say("everything is well")


def _take(step: Callable[[], str], cluster: Cluster) -> None:
    cluster.say(step())


def _settle(cluster: Cluster, work: Work, people: list[Reviewer]) -> None:
    cluster.say(f"to do: { ({name: job['counts']['not_run'] for name, job in work.jobs().items()}) }")
    cluster.behave(latency_ms=LATENCY_MS / 20)
    try:
        cluster.wait_until(work.are_over, SETTLE_SECONDS, "all jobs are over")
    except AssertionError:
        cluster.say(f"jobs: {work.jobs()}")
        raise
    cluster.say("all jobs are over")
    cluster.wait_until(
        lambda: sum(len(person.made) for person in people) >= DECISIONS or any(p.failure for p in people),
        60,
        f"people made {DECISIONS} decisions",
    )


def _differences(cluster: Cluster, work: Work, people: list[Reviewer]) -> list[str]:
    """Say what is wrong in the end; events on their way have 45 seconds to arrive."""
    made = [each for person in people for each in person.made]
    with cluster.mongo_client() as client:
        mongo = client[cluster.database]
        deadline = time.monotonic() + 45
        while True:
            jobs, costs, ledger = work.jobs(), work.costs(), cluster.ledger()
            found = [
                fault
                for name, job in jobs.items()
                for fault in counts_differ(mongo, job, cancelled=name == "cancelled")
            ]
            found += money_differs(
                mongo,
                list(jobs.values()),
                costs,
                ledger,
                kills=cluster.worker_kills,
                losses=cluster.losses,
                outages=cluster.outages,
                price=PRICE,
            )
            found += decisions_differ(mongo, made)
            found += queues_differ(mongo, [job for job in jobs.values() if job["id"] in work.for_people])
            if not found or time.monotonic() > deadline:
                return found
            cluster.wait(1.0)

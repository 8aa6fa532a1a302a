"""Sixty faults on two replicas of each service, three MongoDB nodes and Apache Kafka; counts and costs stay exact.

TANDEM_CHAOS_SEED chooses the faults (a number, or `random`), TANDEM_CHAOS_FAULTS says how many. The seed is printed;
the same one draws the same faults.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mongo_nodes import ReplicaSet
from tandem.testing.kafka import KafkaBroker
from tandem.testing.provider import ProviderProcess

from .bookkeeping import counts_differ, decisions_differ, money_differs, queues_differ
from .cluster import LATENCY_MS, MODELS, PRICE, Cluster
from .faults import Kind, plan
from .people import Balanced, Reviewer

FAULTS = int(os.environ.get("TANDEM_CHAOS_FAULTS", "60"))
SEED = os.environ.get("TANDEM_CHAOS_SEED", "20261130")
RECORDS = 700
"""Of the data set; each of the jobs labels all of them."""
LABELS = ("positive", "neutral", "negative")
DECISIONS = 60
"""People decide at least so many records."""
SMALL_BUDGET = 0.04
"""USD; enough for a part of the records."""
SECONDS_A_FAULT = 12.0

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


class Work:
    """Three jobs over one data set: one that people review, one with budget enough, one whose budget runs out."""

    def __init__(self, api: Balanced) -> None:
        self._api = api
        project = api.json("POST", "/api/v1/projects", json={"name": "chaos"})["id"]
        schema = api.json(
            "POST",
            f"/api/v1/projects/{project}/label-schemas",
            json={
                "name": "sentiment",
                "tasks": [{"kind": "single_choice", "name": "sentiment", "options": [{"value": v} for v in LABELS]}],
            },
        )["id"]
        dataset = api.json("POST", f"/api/v1/projects/{project}/datasets", json={"name": "texts"})["id"]
        rows = [{"id": str(n), "text": f"#{n} said something about the {n % 97}th product"} for n in range(RECORDS)]
        api.json(
            "POST",
            f"/api/v1/datasets/{dataset}/imports",
            params={"text_columns": "text", "id_column": "id"},
            content="".join(json.dumps(row) + "\n" for row in rows),
            headers={"Content-Type": "application/x-ndjson"},
        )
        self.ids: list[str] = []
        settings: list[dict[str, Any]] = [
            {"review_policy": {"threshold": 0.9}},
            {"review_policy": {"threshold": 0.5}, "budget_usd": 50.0},
            {"review_policy": {"threshold": 0.0}, "budget_usd": SMALL_BUDGET},
        ]
        for model, more in zip(MODELS, settings, strict=True):
            agent = api.json(
                "POST",
                f"/api/v1/projects/{project}/agents",
                json={
                    "name": model,
                    "provider": "simulated",
                    "model": model,
                    "label_schema_id": schema,
                    "parameters": {"max_tokens": 30},
                },
            )["id"]
            body = {"dataset_id": dataset, "agent_id": agent, "name": model, **more}
            self.ids.append(api.json("POST", f"/api/v1/projects/{project}/jobs", json=body)["id"])

    def jobs(self) -> list[dict[str, Any]]:
        return [self._api.json("GET", f"/api/v1/jobs/{job_id}") for job_id in self.ids]

    def costs(self) -> list[dict[str, Any]]:
        return [self._api.json("GET", f"/api/v1/jobs/{job_id}/cost") for job_id in self.ids]

    def raise_budget(self) -> None:
        """Let the job go on whose budget runs out, unless it is over."""
        if self.jobs()[2]["state"] == "completed":
            return
        self._api.json("PATCH", f"/api/v1/jobs/{self.ids[2]}", json={"budget_usd": 60.0})

    def are_over(self) -> bool:
        return all(job["state"] == "completed" for job in self.jobs())


def test_counts_and_costs_are_exact_after_many_faults(cluster: Cluster, balanced: Connect) -> None:
    seed = random.randrange(10**9) if SEED == "random" else int(SEED)  # noqa: S311 - chooses a plan
    faults = plan(seed, FAULTS)
    sys.stdout.write(f"\nTANDEM_CHAOS_SEED={seed} TANDEM_CHAOS_FAULTS={FAULTS}\n")
    token = cluster.stack.admin_key
    api = balanced("api", token)
    work = Work(api)
    people = [
        Reviewer(name, balanced("verification-ui", _key(api, name)), lambda: work.ids[:2], LABELS)
        for name in ("ada", "ben")
    ]
    for person in people:
        person.start()
    try:
        _hurt(cluster, work, faults)
        _settle(cluster, work, people)
    finally:
        for person in people:
            person.stop()
        for person in people:
            person.join(180)
        sys.stdout.write("\n".join(cluster.log))
    findings = [*cluster.findings, *(f"{person.name}: {person.failure!r}" for person in people if person.failure)]
    findings += _differences(cluster, work, people)
    assert not findings, f"seed {seed}:\n" + "\n".join(findings)


def _key(api: Balanced, name: str) -> str:
    key: str = api.json("POST", "/api/v1/api-keys", json={"name": name, "role": "annotator"})["token"]
    return key


def _hurt(cluster: Cluster, work: Work, faults: list[Any]) -> None:
    for number, fault in enumerate(faults):
        cluster.inject(fault)
        cluster.wait(fault.pause)
        if number == len(faults) * 2 // 3:
            cluster.say(f"the third job: {work.jobs()[2]['state_reason']}")
            work.raise_budget()
    cluster.say("the last fault was injected")
    cluster.recover()
    cluster.say("everything is well")


def _settle(cluster: Cluster, work: Work, people: list[Reviewer]) -> None:
    running = [job for job in work.jobs() if job["state"] != "completed"]
    cluster.say(f"{len(running)} jobs go on: {[(job['name'], job['counts']['not_run']) for job in running]}")
    cluster.behave(latency_ms=LATENCY_MS / 20)
    work.raise_budget()
    try:
        cluster.wait_until(work.are_over, 180, "all jobs are completed")
    except AssertionError:
        cluster.say(f"jobs: {work.jobs()}")
        raise
    cluster.say("all jobs are completed")
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
            found = [fault for job in jobs for fault in counts_differ(mongo, job)]
            found += money_differs(mongo, jobs, costs, ledger, kills=cluster.worker_kills, price=PRICE)
            found += decisions_differ(mongo, made)
            found += queues_differ(mongo, jobs[:2])
            if not found or time.monotonic() > deadline:
                return found
            cluster.wait(1.0)

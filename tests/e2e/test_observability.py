"""What an operator sees of a running stack: a trace for each record, metrics by the conventions, honest health."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import httpx
import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from stacks import MakeStack, RunningStack, TraceReceiverThread, start_again
from tandem.observability import metrics
from tandem.runtime.processes import Process
from tandem.testing.otlp import TraceReceiver
from tandem.testing.waiting import eventually
from tools import program

pytestmark = pytest.mark.timeout(180)

SERVICES = ("api", "dispatcher", "llm-worker", "postprocessor", "verification-ui")
WAY_OF_A_RECORD = (
    "dispatcher/annotation.requests publish",
    "llm-worker/annotation.requests process",
    "postprocessor/annotation.responses process",
    "verification-ui/annotation.low-confidence process",
)

COUNTERS_OF_A_MODEL = {
    "tandem_model_account_probes_total",
    "tandem_model_account_stops_total",
    "tandem_model_calls_total",
    "tandem_model_cost_usd_total",
    "tandem_model_tokens_total",
    "tandem_model_uncounted_tokens_total",
    "tandem_model_unpriced_tokens_total",
    "tandem_worker_handed_back_total",
}
"""Shown when a worker first hears of the model, before it calls it."""


@pytest.fixture
def traces() -> Iterator[TraceReceiver]:
    with TraceReceiverThread() as receiver:
        yield receiver


def ops(running: RunningStack, service: str, path: str) -> httpx.Response:
    return httpx.get(f"{running.stack.services[service].ops_url}{path}", timeout=10, trust_env=False)


def answers(running: RunningStack, service: str, status: int) -> bool:
    return ops(running, service, "/readyz").status_code == status


def counters_with_labels() -> set[str]:
    """All of the catalogue, by the names of their series."""
    counters = [each for each in vars(metrics).values() if isinstance(each, Counter) and each._labelnames]
    return {f"{each._name}_total" for each in counters}


def counters_shown(running: RunningStack) -> set[str]:
    """Those of which some service shows a series."""
    return {
        sample.name
        for service in SERVICES
        for family in text_string_to_metric_families(ops(running, service, "/metrics").text)
        for sample in family.samples
        if sample.labels
    }


async def test_one_trace_leads_from_the_dispatcher_over_the_model_call_to_the_review_queue(
    make_stack: MakeStack, mongo_url: str, traces: TraceReceiver
) -> None:
    running = make_stack(
        mongo=mongo_url,
        environment={
            "TANDEM_OBSERVABILITY__OTLP_ENDPOINT": traces.endpoint,
            "TANDEM_OBSERVABILITY__TRACE_SAMPLE_RATIO": "1",
        },
    )
    unseen = counters_with_labels() - counters_shown(running)
    assert unseen == COUNTERS_OF_A_MODEL, "the first event of a counter that was not there is no increase to Prometheus"
    job = running.start_job(limit=3, review_threshold=1.0)
    job = running.tandem.jobs.wait(job.id, timeout=60)
    assert job.counts.needs_review == 3
    assert counters_with_labels() <= counters_shown(running)

    def ways() -> list[set[tuple[str, str]]]:
        ids = {span.trace_id for span in traces.spans if span.name == "annotation.requests publish"}
        found = [traces.edges(trace_id) for trace_id in ids]
        return found if len(found) == 3 and all(set(pairwise(WAY_OF_A_RECORD)) <= edges for edges in found) else []

    for edges in await eventually(ways, timeout=30, message="every record's trace goes all the way"):
        calls = {child for parent, child in edges if parent == "llm-worker/annotation.requests process"}
        assert f"llm-worker/chat {running.stack.model.name}" in calls


@pytest.mark.parametrize("service", SERVICES)
def test_metrics_parse_and_follow_the_prometheus_conventions(running_stack: RunningStack, service: str) -> None:
    answer = ops(running_stack, service, "/metrics")
    families = {family.name for family in text_string_to_metric_families(answer.text)}
    assert any(name.startswith("tandem_") for name in families)
    ours = "".join(
        f"{line}\n"
        for line in answer.text.splitlines()
        if line.removeprefix("# HELP ").removeprefix("# TYPE ").startswith("tandem_")
    )
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"], input=ours, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


async def test_readiness_tells_when_mongodb_or_the_broker_is_away_and_liveness_does_not_care(
    make_stack: MakeStack,
) -> None:
    running = make_stack()
    mongod, broker = running.stack.mongod, running.stack.tansu
    assert mongod is not None
    assert broker is not None
    needs: list[tuple[Process, tuple[str, ...]]] = [
        (mongod, ("api", "dispatcher", "postprocessor", "verification-ui")),
        (broker, ("dispatcher", "llm-worker", "postprocessor", "verification-ui")),
    ]
    for away, dependents in needs:
        away.kill()
        for service in dependents:
            await eventually(partial(answers, running, service, 503), timeout=45, message=f"{service} is not ready")
        assert all(ops(running, service, "/livez").status_code == 200 for service in SERVICES)
        independent = set(SERVICES) - set(dependents)
        assert all(ops(running, service, "/readyz").status_code == 200 for service in independent)
        await start_again(away)
        for service in SERVICES:
            await eventually(partial(answers, running, service, 200), timeout=60, message=f"{service} is ready again")
    assert all(process.running for process in running.stack.processes)
    await asyncio.to_thread(running.tandem.projects.list)

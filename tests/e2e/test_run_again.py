"""Records that failed are run again on a whole stack, whose processes are killed in the middle of the second pass."""

from __future__ import annotations

import pytest

from stacks import MakeStack, assert_each_record_once, start_again
from tandem.testing.waiting import eventually

pytestmark = [pytest.mark.timeout(300)]

RECORDS = 300
KILLED = ("dispatcher", "llm-worker", "postprocessor")


async def test_a_second_pass_survives_kills_and_adds_up(make_stack: MakeStack, mongo_url: str) -> None:
    running = make_stack(mongo=mongo_url)
    tandem, annotations = running.tandem, running.mongo["annotations"]
    running.behave(failures={"refusal": 0.4}, count_prompts=False)
    job = tandem.jobs.wait(running.start_job(limit=RECORDS).id, timeout=120)
    failed = {each["seq"] for each in annotations.find({"job_id": job.id, "outcome": "failed"})}
    assert job.state == "completed"
    assert RECORDS * 0.2 < len(failed) == job.counts.failed < RECORDS * 0.6
    assert tandem.jobs.report(job.id).counts.failed == len(failed)

    running.behave(failures={}, latency_ms=1500, latency_spread=1.0)
    found = tandem.jobs.check_run_again(job.id, outcomes=["failed"])
    assert (found.ok, found.records, found.outcomes) == (True, len(failed), {"failed": len(failed)})
    job = tandem.jobs.run_again(job.id, outcomes=["failed"])
    assert (job.counts.failed, job.done) == (len(failed), (0, len(failed)))
    again_id = job.id
    await eventually(lambda: tandem.jobs.get(again_id).done[0] > 10, timeout=60, message="the second pass goes on")
    victims = [running.stack.services[name] for name in KILLED]
    for victim in victims:
        victim.kill()
    assert 10 < tandem.jobs.get(job.id).done[0] < len(failed), "the kills came too late"
    await start_again(*victims)
    job = tandem.jobs.wait(job.id, timeout=120)

    assert (job.state, job.counts.labeled, job.counts.failed) == ("completed", RECORDS, 0)
    assert_each_record_once(running, job)
    again = list(annotations.find({"job_id": job.id, "attempt": {"$ne": 1}}))
    assert {each["seq"] for each in again} == failed
    for each in again:
        assert (each["attempt"], each["outcome"]) == (2, "labeled")
        assert [(one["attempt"], one["outcome"]) for one in each["history"]] == [(1, "failed")]
    report = tandem.jobs.report(job.id)
    assert (report.counts.failed, report.run_again) == (0, len(failed))
    first, second = tandem.jobs.passes(job.id)
    assert (first.size, first.counts.failed, first.state) == (RECORDS, len(failed), "completed")
    assert (second.size, second.counts.labeled, second.counts.not_run) == (len(failed), len(failed), 0)
    paid = sum(row["calls"] for each in again for part in each["more_spending"] for row in part["models"])
    assert len(failed) <= paid <= tandem.jobs.cost(job.id).total.calls - RECORDS

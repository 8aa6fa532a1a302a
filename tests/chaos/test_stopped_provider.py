"""A provider takes no more calls in the middle of a job: it waits, says why, and ends by itself once that is cured."""

from __future__ import annotations

import pytest

from stacks import MakeStack, RunningStack, assert_each_record_once, start_again
from tandem.testing.waiting import eventually
from tandem_client import Job

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]

TOKENS_OF_A_PROBE = 20
QUICK_PROBES = {"TANDEM_PROBE__FIRST_SECONDS": "0.5", "TANDEM_PROBE__MAX_SECONDS": "2"}


async def is_in(running: RunningStack, job: Job, state: str) -> Job:
    await eventually(lambda: running.tandem.jobs.get(job.id).state == state, timeout=60, message=f"the job is {state}")
    return running.tandem.jobs.get(job.id)


async def test_a_job_waits_for_quota_and_for_a_key_and_loses_nothing(make_stack: MakeStack) -> None:
    running = make_stack(environment=QUICK_PROBES)
    running.behave(latency_ms=100)
    job = running.start_job(limit=2000)
    worker = running.stack.services["llm-worker"]

    for number, (failure, words) in enumerate([("quota_exhausted", "no quota left"), ("unauthorized", "workers' key")]):
        await eventually(lambda: running.tandem.jobs.get(job.id).progress > 0.1 + 0.3 * number, timeout=60)  # noqa: B023 - awaited in its own round
        running.behave(failures={failure: 1.0})
        waiting = await is_in(running, job, "waiting")
        assert words in (waiting.state_reason or "")
        if number == 0:
            worker.kill()
            await start_again(worker)
        running.behave(failures={})
        assert (await is_in(running, job, "running")).state_reason is None

    job = running.tandem.jobs.wait(job.id, timeout=120)
    assert job.state == "completed"
    assert_each_record_once(running, job)
    assert job.counts.failed == 0
    assert job.counts.labeled + job.counts.invalid == 2000


async def test_a_job_whose_provider_is_killed_waits_and_each_record_is_paid_once(make_stack: MakeStack) -> None:
    running = make_stack(environment=QUICK_PROBES | {"TANDEM_PROVIDERS__SIMULATED__MAX_IN_FLIGHT": "4"})
    running.behave(latency_ms=500)  # the last of 60 would be answered after 7 s at the soonest
    job = running.start_job(limit=60)
    await eventually(lambda: running.score().answered >= 10, timeout=60)
    running.behave(hold=True)  # what is under way is not answered, and not paid
    paid = running.score()
    running.provider.kill()

    waiting = await is_in(running, job, "waiting")
    assert "cannot reach provider simulated (connection refused)" in (waiting.state_reason or "")
    assert waiting.counts.failed == 0

    await start_again(running.provider)
    job = running.tandem.jobs.wait(job.id, timeout=120)

    assert (job.state, job.counts.failed) == ("completed", 0)
    assert_each_record_once(running, job)
    assert job.counts.labeled == 60
    annotations = list(running.mongo["annotations"].find({"job_id": job.id}, {"spending": 1}))
    counted = sum(row["prompt_tokens"] for each in annotations for row in each["spending"]["models"])
    after = running.score()
    probes = paid.answered + after.answered - 60
    assert 1 <= probes <= 3  # one that heals the account; more may come when the job goes on
    assert paid.prompt_tokens + after.prompt_tokens - counted <= probes * TOKENS_OF_A_PROBE


async def test_a_person_who_resumes_a_waiting_job_has_it_tried_at_once(make_stack: MakeStack) -> None:
    running = make_stack(environment={"TANDEM_PROBE__FIRST_SECONDS": "300"})
    running.behave(failures={"quota_exhausted": 1.0})
    job = running.start_job(limit=200)
    await is_in(running, job, "waiting")
    running.behave(failures={})

    running.tandem.jobs.resume(job.id)

    job = running.tandem.jobs.wait(job.id, timeout=60)
    assert (job.state, job.counts.failed) == ("completed", 0)
    assert_each_record_once(running, job)

"""One author's templates and the other tenants: whatever they cost, a worker goes on with the rest."""

from __future__ import annotations

import pytest

from llm_worker_line import Line, StartWorker, agent, published, request
from tandem.events import ErrorKind
from tandem.rendering.settings import RenderingSettings
from tandem.testing.waiting import eventually
from templates_that_go_too_far import LONG_POWER, NESTED_LISTS, NESTED_LOOPS, SLOW, WORDS, counted_turns


@pytest.mark.parametrize("user_template", [NESTED_LISTS, NESTED_LOOPS, LONG_POWER])
async def test_another_jobs_records_are_labeled_and_the_loop_turns_while_a_template_goes_too_far(
    line: Line, start_worker: StartWorker, user_template: str
) -> None:
    worker = start_worker(rendering=RenderingSettings(processes=1))
    greedy = agent(agent_id="greedy", fingerprint="9" * 64, user_template=user_template)
    await line.publish(published(), published("greedy", agent=greedy))
    async with counted_turns() as turns:
        await line.publish(*(request(seq, job_id="greedy") for seq in range(200)))
        await line.publish(*(request(seq) for seq in range(50)))
        await eventually(lambda: sum(answer.job_id == "job" for answer in line.answers) == 50, timeout=30)
        await eventually(lambda: any("greedy" in report.refused_agents for report in line.reports), timeout=30)
        assert turns[0] > 100
    assert all(answer.error is None for answer in line.answers if answer.job_id == "job")
    failed = [answer for answer in line.answers if answer.job_id == "greedy"]
    assert len(failed) <= 3  # all others are left for the job to stop
    assert all(answer.error is not None and answer.error.kind is ErrorKind.PROMPT for answer in failed)
    refused = next(report.refused_agents for report in line.reports if report.refused_agents)
    assert "the user template: it" in refused["greedy"]
    await line.all_committed()
    assert not line.dead
    await worker.stop()


async def test_an_agent_that_is_within_the_limits_is_answered_in_full(line: Line, start_worker: StartWorker) -> None:
    worker = start_worker()
    slow = agent(agent_id="slow", fingerprint="8" * 64, user_template=SLOW)
    words = agent(agent_id="words", fingerprint="7" * 64, user_template=WORDS)
    await line.publish(published("slow", agent=slow), published("words", agent=words))
    await line.publish(*(request(seq, job_id="slow") for seq in range(10)))
    await line.publish(*(request(seq, job_id="words") for seq in range(100)))
    answers = await line.answered(110, seconds=60)
    assert all(answer.error is None for answer in answers)
    assert not any(report.refused_agents for report in line.reports)
    await worker.stop()

"""What carries over survives every kill, and nobody is asked or paid for it."""

from __future__ import annotations

import pytest

from stacks import MakeStack, assert_each_record_once, start_again
from tandem.testing.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


async def test_a_job_that_carries_over_survives_the_loss_of_all_that_was_under_way(make_stack: MakeStack) -> None:
    running = make_stack()
    services, broker, tandem = running.stack.services, running.stack.tansu, running.tandem
    assert broker is not None
    source = tandem.jobs.wait(running.start_job(limit=2000).id, timeout=120)
    labels = tandem.jobs.report(source.id).labels["sentiment"]
    schema = tandem.label_schemas.create_single_choice(
        source.project_id, name="sentiment", labels=["positive", "negative", "mixed"]
    )
    asked = running.score().prompts
    services["llm-worker"].stop()
    services["postprocessor"].stop()

    result = tandem.label_schemas.carry_over(schema.id, from_job=source.id)

    def under_way() -> bool:
        job = running.mongo["jobs"].find_one({"_id": result.made.id})
        return job is not None and job["dispatch"]["cursor"] > 0

    await eventually(under_way, timeout=30, message="the dispatcher publishes")
    services["dispatcher"].kill()
    broker.kill()
    await start_again(broker, services["dispatcher"], services["postprocessor"])
    await eventually(lambda: tandem.jobs.get(result.made.id).counts.ended > 0, timeout=60, message="labels are written")
    services["postprocessor"].kill()
    await start_again(services["postprocessor"])

    job = tandem.jobs.wait(result.made.id, timeout=90)
    assert job.state == "completed"
    assert_each_record_once(running, job)
    assert job.counts.labeled == result.report.carried == labels["positive"] + labels["negative"]
    assert job.counts.invalid == result.report.not_carried == labels["neutral"]
    reasons = running.mongo["annotations"].distinct("reason", {"job_id": job.id, "outcome": "invalid"})
    assert reasons == ["not_carried_over"]
    assert running.score().prompts == asked

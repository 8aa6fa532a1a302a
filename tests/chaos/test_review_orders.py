"""Processes are killed while differing records are sent to people; each still comes into a queue, and once."""

from __future__ import annotations

import asyncio

import pytest

from stacks import MakeStack, queued, start_again
from tandem.testing.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

RECORDS = 2500
"""More than a block of the walk."""


async def test_a_campaign_survives_the_kill_of_all_who_carry_it_out_and_of_the_broker(
    make_stack: MakeStack,
) -> None:
    running = make_stack()
    services, broker = running.stack.services, running.stack.tansu
    assert broker is not None
    project, dataset_id, agent_id = running.project_with_tweets()
    jobs = []
    for seed, name in enumerate(("north", "south")):
        running.behave(seed=seed)
        job = running.tandem.jobs.create(
            project.id, dataset_id=dataset_id, agent_id=agent_id, name=name, limit=RECORDS, review_threshold=0
        )
        jobs.append(running.tandem.jobs.wait(job.id, timeout=120))
    ids = [job.id for job in jobs]
    differing = {each.seq for each in running.tandem.comparisons.differences(ids, order="seq", page_size=500)}

    services["postprocessor"].kill()
    order = running.tandem.comparisons.review(ids, wait=False)
    leases = running.mongo["campaigns"]
    await eventually(lambda: leases.count_documents({"lease.holder": {"$type": "string"}}) == 1, timeout=30)
    for victim in (services["dispatcher"], broker, services["verification-ui"]):
        victim.kill()
    await start_again(broker, services["postprocessor"], services["dispatcher"])
    done = await asyncio.to_thread(running.tandem.comparisons.review, ids, timeout=120)
    assert (done.id, done.picked, done.queued) == (order.id, len(differing), len(differing))
    assert running.tandem.jobs.get(ids[0]).counts.needs_review == len(differing)

    broker.kill()  # with the requests that nobody has taken in yet
    await start_again(broker, services["verification-ui"])
    await eventually(lambda: queued(running, jobs[0]) == len(differing), timeout=60, message="the review queue")
    assert {item["seq"] for item in running.mongo["review_items"].find()} == differing

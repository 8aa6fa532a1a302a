"""A changed threshold, from the call of the API to the queue: what is newly picked enters, what is not is withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from builders import an_agent
from campaign_world import SCHEMA, World
from campaigns import an_annotation, settled_by
from job_states import put_in_state
from queue_items import claim_next, take_opinion
from tandem.events import JobState, ReviewPolicy, thresholds_campaign_id
from tandem.jobs import Selection
from tandem.people import Caller, Role
from tandem.store.annotations.ended import EndedReader
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import utcnow
from tandem.store.jobs.documents import job_published
from tandem.store.jobs.reader import JobReader
from tandem.store.jobs.writer import JobWriter
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.review_items.writer import Reviewer, ReviewItemWriter
from tandem.testing.waiting import eventually
from tandem_api.app import make_app
from tandem_api.bootstrap import make_services
from tandem_api.resources.access.service import AccessService
from tandem_api.resources.jobs.new_job import new_job
from tandem_api.settings import ApiSettings
from tandem_verification_ui.bootstrap import make_intake, make_sweep

SIZE = 10_000
KEY = "an-admin-key-that-is-long-enough-for-tests"
ADA, BEN = Reviewer("ada", "Ada"), Reviewer("ben", "Ben")
CALLER = Caller("k", None, "Ada", Role.ADMIN, None, "ada", "")
AGENT = an_agent(provider="offline", system_template="", user_template="")


@asynccontextmanager
async def the_api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    services, authenticator = make_services(ApiSettings(mongo=world.settings.mongo), world.database)
    await services[AccessService].ensure_bootstrap_admin(KEY)
    transport = httpx.ASGITransport(make_app(services, authenticator))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://api/api/v1", headers=headers) as client:
        yield client


async def a_job(world: World, *, threshold: float) -> str:
    """Make a job that has ended: the confidence of record n is n / SIZE. Its queue is filled."""
    job = new_job(
        project_id="p",
        dataset_id="d",
        name="j",
        agent=AGENT,
        label_schema=SCHEMA,
        review_policy=ReviewPolicy(threshold=threshold),
        selection=Selection.range(0, SIZE),
        size=SIZE,
        weight=1.0,
        budget_usd=None,
        start=True,
        by=CALLER,
    )
    below = round(threshold * SIZE)
    totals: Any = {"labeled": SIZE, "invalid": 0, "failed": 0, "needs_review": below}
    await JobWriter(world.database).insert({**job, "dispatch": {**job["dispatch"], "low": SIZE, "totals": totals}})
    await put_in_state(world.database, job["_id"], JobState.COMPLETED)
    asked: dict[str, Any] = {"needs_review": True, "review_reason": "low_confidence"}
    documents: list[Any] = [
        an_annotation(
            job["_id"],
            seq,
            [{"task": "mood", "value": "negative", "confidence": seq / SIZE, "rule": "exact"}],
            **(asked | {"priority": 1 - seq / SIZE} if seq < below else {}),
        )
        for seq in range(SIZE)
    ]
    await AnnotationWriter(world.database).insert_first(documents)
    await make_sweep(world.database, make_intake(world.database)).sweep_job(job["_id"])
    return job["_id"]


async def test_raising_and_lowering_a_threshold_over_ten_thousand_records(campaign_world: World) -> None:
    world, database = campaign_world, campaign_world.database
    items, writer = ReviewItemReader(database), ReviewItemWriter(database)
    job_id = await a_job(world, threshold=0.3)
    campaign = f"/jobs/{job_id}/campaigns/{thresholds_campaign_id(job_id)}"
    prints = [await EndedReader(database).fingerprints(job_id, SIZE)]
    # Record 0 is decided; Ada holds record 1.
    first = await claim_next(writer, job_id, ADA, seconds=600)
    assert first is not None
    await take_opinion(writer, first, settled_by(ADA))
    await AnnotationWriter(database).apply_decisions(
        [AppliedDecision(job_id, 0, 1, {"mood": "positive"}, 1, {}, False, "Ada", utcnow())]
    )
    held = await claim_next(writer, job_id, ADA, seconds=600)
    assert held is not None
    assert (first.seq, held.seq) == (0, 1)

    async with the_api(world) as api, world.running(world.walker(block=2000)):

        async def change(threshold: float, *, to_review: int, waiting: int) -> Any:
            answer = await api.patch(campaign, json={"parameters": {"threshold": threshold}})
            assert answer.status_code == 200, answer.text

            async def is_there() -> bool:
                job = (await api.get(f"/jobs/{job_id}")).json()
                queue = await items.counts(job_id)
                return bool(job["counts"]["needs_review"] == to_review and queue.open == waiting)

            await eventually(is_there, timeout=60, message=f"threshold {threshold}")
            await eventually(lambda: walked(api), timeout=20)
            prints.append(await EndedReader(database).fingerprints(job_id, SIZE))
            return (await api.get(campaign)).json()

        async def walked(api: httpx.AsyncClient) -> bool:
            return not (await api.get(campaign)).json()["walking"]

        count = await api.post(
            f"/jobs/{job_id}/campaigns/count", json={"strategy": "thresholds", "parameters": {"threshold": 0.5}}
        )
        assert count.json() == {
            **dict.fromkeys(("records", "selected"), SIZE),
            "exact": True,
            "picked": 5000,
            "would_ask": 2000,
            "would_withdraw": 0,
            "queued": 2999,
            "waiting": 0,
            "decided": 1,
        }
        raised = await change(0.5, to_review=4999, waiting=4999)
        assert (raised["picked"], raised["queued"], raised["decided"]) == (5000, 4999, 1)
        await change(0.1, to_review=999, waiting=999)
        lowest = await change(0.0, to_review=0, waiting=1)
        assert (lowest["items_open"], lowest["items_decided"], lowest["picked"]) == (1, 1, 0)
        # What Ada holds stays hers; nobody else gets it. What she decided before stays decided.
        assert await claim_next(writer, job_id, BEN, seconds=1) is None
        await take_opinion(writer, held, settled_by(ADA))
        assert (await api.get(f"/jobs/{job_id}")).json()["counts"]["reviewed"] == 1
        again = await change(0.2, to_review=1999, waiting=1998)
        assert (again["queued"], again["decided"]) == (1999, 1), "the event of Ada's second decision is not here"

    job = await JobReader(database).get(job_id)
    assert job is not None
    assert (job_published(job).review_policy.threshold, job["dispatch"]["announced"]) == (0.2, False)
    assert len({str(each) for each in prints}) == len(prints), "a report is made anew after each change"

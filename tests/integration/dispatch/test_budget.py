"""A job with a budget: nothing goes out that could make it cost more, whoever feeds it."""

from __future__ import annotations

from datetime import UTC, datetime

from dispatch_world import FAST, WORKER, World
from tandem.events import AccountReported, AgentSpec, JobState, LabelSchemaSpec
from tandem.labeling.prompts import Renderer, response_format
from tandem.pricing import ModelSpend, PriceTable, RequestBound, parse_prices
from tandem.store.handed_back.documents import HandedBackDocument
from tandem.store.handed_back.writer import HandedBackWriter
from tandem.store.jobs.writer import JobWriter
from tandem.testing.waiting import eventually
from templates_that_go_too_far import NESTED_LISTS, counted_turns

PRICES = PriceTable(
    [parse_prices("prices: [{provider: simulated, models: ['*'], input: 10, output: 30}]", name="prices")]
)
ROOM_FOR = 5


async def bound(world: World) -> float:
    """The most that a record of the world's jobs can cost (their texts are of one length up to the tenth)."""
    published = (await world.document())["published"]
    agent = AgentSpec.model_validate(published["agent"])
    schema = LabelSchemaSpec.model_validate(published["label_schema"])
    most = RequestBound(agent, prices=PRICES, at=datetime.now(UTC), response_format=response_format(schema))
    return most.of(Renderer(agent, schema).messages({"text": "text 0"})).usd


async def job_with_room_for(world: World, records: float, size: int = 10) -> float:
    world.prices = PRICES
    await world.job(size, budget_usd=1.0)
    usd = await bound(world)
    await JobWriter(world.database).change("job", {"budget_usd": usd * records})
    return usd


async def until_out_of_budget(world: World) -> str:
    async def reached() -> bool:
        document = await world.document()
        return document["state"] == JobState.WAITING and document.get("waiting_for") == "budget"

    await eventually(reached, message="the job waits for its budget")
    return (await world.document())["state_reason"] or ""


async def reserved(world: World) -> float:
    return (await world.document())["dispatch"].get("reserved_usd", 0.0)


async def test_only_what_fits_goes_out_and_cheap_answers_make_room(world: World) -> None:
    usd = await job_with_room_for(world, ROOM_FOR + 0.5)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == ROOM_FOR)
        assert round(await reserved(world) / usd, 3) == ROOM_FOR
        assert (await world.document())["state"] == JobState.RUNNING  # answers may make room
        await world.annotate(range(ROOM_FOR), usd=usd / 10)
        await eventually(lambda: set(world.seen.asked) == set(range(10)))
        await world.annotate(range(10), usd=usd / 10)

        async def completed() -> bool:
            return (await world.document())["state"] == JobState.COMPLETED

        await eventually(completed)
    assert await reserved(world) == 0


async def test_a_job_that_used_up_its_budget_waits_and_goes_on_when_it_is_raised(world: World) -> None:
    usd = await job_with_room_for(world, ROOM_FOR + 0.5)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == ROOM_FOR)
        await world.annotate(range(ROOM_FOR), usd=usd)
        reason = await until_out_of_budget(world)
        assert "do not cover what the next record could cost at most" in reason
        assert "Raise the budget to go on (`tandem job set JOB --budget USD`)." in reason
        assert len(world.seen.requests) == ROOM_FOR
        await eventually(lambda: world.seen.jobs and world.seen.jobs[-1].state is JobState.WAITING)

        await JobWriter(world.database).change("job", {"budget_usd": usd * (ROOM_FOR + 0.7)})  # not enough for one more

        async def told_anew() -> bool:
            document = await world.document()
            return document["state"] == JobState.WAITING and document["state_reason"] != reason

        await eventually(told_anew)
        await JobWriter(world.database).change("job", {"budget_usd": usd * 7})
        await eventually(lambda: len(world.seen.requests) == 7)
        assert {request.epoch for request in world.seen.requests if request.seq >= ROOM_FOR} == {2}
        await JobWriter(world.database).change("job", {"budget_usd": None})
        await eventually(lambda: set(world.seen.asked) == set(range(10)))


async def test_what_was_paid_for_requests_that_were_handed_back_is_spent(world: World) -> None:
    usd = await job_with_room_for(world, ROOM_FOR + 0.5)
    paid = ModelSpend("simulated", "m", calls=1, amount=usd * (ROOM_FOR - 0.5))
    unanswered: HandedBackDocument = {
        "_id": "job:0:w@1",
        "job_id": "job",
        "seq": 0,
        "attempt": 1,
        "reason": "account_stopped",
        "models": [paid.document()],
        "at": datetime.now(UTC),
    }
    await HandedBackWriter(world.database).insert([unanswered])
    async with world.running():
        await eventually(lambda: world.seen.requests)
        await world.annotate([0], usd=usd)
        await until_out_of_budget(world)
    assert len(world.seen.requests) == 1


async def test_a_budget_lowered_below_what_is_spent_stops_the_job(world: World) -> None:
    usd = await job_with_room_for(world, 8.5)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 8)
        await JobWriter(world.database).change("job", {"budget_usd": usd / 2})
        revision = (await world.document())["revision"]
        known = lambda: world.seen.jobs and world.seen.jobs[-1].revision == revision  # noqa: E731 - one look
        await eventually(known, message="the dispatcher knows of it")
        await world.annotate(range(8), usd=usd / 5)
        await until_out_of_budget(world)
    assert len(world.seen.requests) == 8


async def test_who_takes_the_job_over_holds_what_is_out_and_asks_anew_only_what_fits(world: World) -> None:
    usd = await job_with_room_for(world, 7.5)
    async with world.running("one"):
        await eventually(lambda: len(world.seen.requests) == 7)
        await world.annotate([0, 1], usd=usd)  # a kill: whatever it kept in memory is gone
    async with world.running("two"):
        await eventually(lambda: world.seen.jobs and world.seen.jobs[-1].epoch == 2)

        async def counted() -> bool:
            return round(await reserved(world) / usd, 3) == 5

        await eventually(counted)
        await world.annotate([2, 3], usd=0.0)  # answers to the first one's requests still count, and make room
        await eventually(lambda: sum(request.epoch == 2 for request in world.seen.requests) == 2)
        await eventually(counted)  # three that are out, and two that may be answered twice
        await world.annotate([4, 5, 6], usd=0.0)


async def test_requests_that_are_lost_give_their_money_back_at_their_deadline(world: World) -> None:
    await job_with_room_for(world, 3.5, size=3)
    settings = FAST.model_copy(update={"deadline_seconds": 2.0})
    async with world.running(settings=settings):
        await eventually(lambda: world.seen.asked == {0: 2, 1: 2, 2: 2})
        await world.annotate(range(3), usd=0.0)


async def test_a_job_whose_price_the_dispatcher_does_not_know_waits_and_names_the_cure(world: World) -> None:
    await world.job(3, budget_usd=1.0)
    async with world.running():
        reason = await until_out_of_budget(world)
    assert "knows no price of simulated/m" in reason
    assert "TANDEM_PRICES_FILE" in reason
    assert not world.seen.requests


async def test_a_model_that_is_seen_to_reason_is_set_aside_for_with_the_room_that_it_gets(world: World) -> None:
    usd = await job_with_room_for(world, ROOM_FOR + 0.5)
    reasoning = AccountReported(provider="simulated", model="m", reasons=True)
    world.workers[:] = [WORKER.model_copy(update={"accounts": (reasoning,)})]
    async with world.running():
        await JobWriter(world.database).change("job", {"budget_usd": usd})
        reason = await until_out_of_budget(world)
        assert "do not cover what the next record could cost at most" in reason
        assert not world.seen.requests, "what was enough for a model that does not reason is not"


async def test_a_budget_is_exact_where_prompts_are_rendered_by_child_processes(world: World) -> None:
    usd = await job_with_room_for(world, ROOM_FOR + 0.5)
    words = {"published.agent.user_template": "{% for word in fields.text.split() %}{{ word }} {% endfor %}"}
    await world.database["jobs"].update_one({"_id": "job"}, {"$set": words})  # renders the same
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == ROOM_FOR)
        assert world.renderers.pids
        assert round(await reserved(world) / usd, 3) == ROOM_FOR
        await world.annotate(range(ROOM_FOR), usd=usd)
        await until_out_of_budget(world)
        await JobWriter(world.database).change("job", {"budget_usd": usd * 8})
        await eventually(lambda: len(world.seen.requests) == 8)


async def test_templates_that_go_too_far_keep_no_other_jobs_budget_waiting(world: World) -> None:
    await job_with_room_for(world, ROOM_FOR + 0.5)
    await world.database["jobs"].update_one(
        {"_id": "job"}, {"$set": {"published.agent.agent_id": "greedy", "published.agent.user_template": NESTED_LISTS}}
    )
    await world.job(30, job_id="other", budget_usd=1.0)
    async with world.running(), counted_turns() as turns:
        await eventually(lambda: sum(request.job_id == "other" for request in world.seen.requests) >= 5)
        await world.annotate(range(30), job_id="other", usd=0)

        async def completed() -> bool:
            return (await world.document("other"))["state"] == JobState.COMPLETED

        await eventually(completed)
        await eventually(lambda: world.renderers.refusals.current)
        assert turns[0] > 100

"""Jobs whose account takes no calls: they wait, say why, and go on by themselves."""

from __future__ import annotations

from typing import Any

from dispatch_world import FAST, WORKER, World
from tandem.events import AccountReported, AccountState, JobPublishedV1, JobState, WorkerReportedV1
from tandem.jobs.moves import CANCEL, PAUSE, RESUME
from tandem.store.jobs.writer import JobWriter
from tandem.testing.waiting import eventually

NO_QUOTA = {"state": AccountState.STOPPED, "reason": "quota_exhausted", "message": "You exceeded your current quota."}


def report(worker: str = "w", *, model: str = "m", **account: Any) -> WorkerReportedV1:
    said = AccountReported.model_validate({"provider": "simulated", "model": model, **account})
    return WORKER.model_copy(update={"worker": worker, "accounts": (said,)})


async def state(world: World, job_id: str = "job") -> str:
    return (await world.document(job_id))["state"]


async def until(world: World, wanted: JobState, job_id: str = "job") -> None:
    async def reached() -> bool:
        return await state(world, job_id) == wanted

    await eventually(reached, message=f"{job_id} is {wanted}")


async def test_a_job_waits_while_its_account_is_stopped_and_goes_on_at_a_higher_epoch(world: World) -> None:
    await world.job(40)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 16)
        world.workers[:] = [report(**NO_QUOTA)]
        await until(world, JobState.WAITING)
        waiting = await world.document()
        await eventually(lambda: world.seen.jobs and world.seen.jobs[-1].state is JobState.WAITING)
        await world.annotate(range(4))  # calls that were under way
        world.workers[:] = [report()]
        await until(world, JobState.RUNNING)
        await eventually(lambda: {r.seq for r in world.seen.requests if r.epoch == 2} >= set(range(4, 16)))
        assert (await world.document())["state_reason"] is None
        await world.annotate(range(40))
        await until(world, JobState.COMPLETED)
    assert (waiting["epoch"], waiting["revision"]) == (1, 2)
    assert "simulated has no quota left for m (You exceeded your current quota)" in (waiting["state_reason"] or "")
    assert {request.ask for request in world.seen.requests} == {1}
    assert not world.seen.responses
    assert (await world.document())["dispatch"]["totals"]["labeled"] == 40


async def test_a_waiting_job_is_published_before_anything_of_its_new_epoch(world: World) -> None:
    await world.job(10)
    world.workers[:] = [report(**NO_QUOTA)]
    async with world.running():
        await until(world, JobState.WAITING)
        assert not world.seen.requests
        world.workers[:] = [report()]
        await eventually(lambda: len(world.seen.requests) == 10)
        await eventually(lambda: any((job.state, job.epoch) == (JobState.RUNNING, 2) for job in world.seen.jobs))
    kinds = [
        "job" if isinstance(event, JobPublishedV1) else "request"
        for event in world.producer.handed_over
        if event.epoch == 2  # type: ignore[attr-defined]  # all that a dispatcher sends has one
    ]
    assert kinds[0] == "job"
    assert kinds.count("request") == 10


async def test_only_the_jobs_of_the_stopped_account_wait(world: World) -> None:
    await world.job(40)
    await world.job(40, job_id="other", provider="well")
    providers = {"simulated": "ok", "well": "ok"}
    world.workers[:] = [WORKER.model_copy(update={"providers": providers})]
    async with world.running():
        await eventually(lambda: {r.job_id for r in world.seen.requests} == {"job", "other"})
        world.workers[:] = [report(**NO_QUOTA).model_copy(update={"providers": providers})]
        await until(world, JobState.WAITING)
        await world.annotate(range(40), job_id="other")
        await until(world, JobState.COMPLETED, "other")
        assert await state(world) == JobState.WAITING


async def test_a_provider_that_no_worker_knows_is_waited_for_and_named(world: World) -> None:
    await world.job(5, provider="elsewhere")
    async with world.running():
        await until(world, JobState.WAITING)
        assert "No llm-worker knows a provider named 'elsewhere'" in str((await world.document())["state_reason"])
        world.workers[:] = [WORKER.model_copy(update={"providers": {"elsewhere": "ok"}})]
        await eventually(lambda: len(world.seen.requests) == 5)


async def test_a_waiting_job_stays_so_while_no_worker_is_alive(world: World) -> None:
    await world.job(5)
    world.workers[:] = [report(**NO_QUOTA)]
    async with world.running():
        await until(world, JobState.WAITING)
        world.workers.clear()
        published = len(world.seen.jobs)
        await eventually(lambda: len(world.seen.jobs) > published)
        assert await state(world) == JobState.WAITING
        world.workers[:] = [report("another")]
        await until(world, JobState.RUNNING)


async def test_what_was_handed_back_is_asked_anew_with_the_same_number_and_a_smaller_window(world: World) -> None:
    await world.job(40)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 16)
        world.workers[:] = [report(handed_back=12)]
        await eventually(lambda: {r.seq for r in world.seen.requests if r.epoch == 2} == set(range(16)))
        for handed_back in range(13, 17):  # more often than a record may be asked in vain
            epoch = (await world.document())["epoch"]
            world.workers[:] = [report(handed_back=handed_back)]
            await eventually(lambda: max(r.epoch for r in world.seen.requests) > epoch)  # noqa: B023 - used at once
        await world.annotate(range(40))
        await until(world, JobState.COMPLETED)
    assert {request.ask for request in world.seen.requests} == {1}
    assert not world.seen.responses
    assert (await world.document())["dispatch"]["totals"]["labeled"] == 40


async def test_what_waits_for_a_limited_account_is_asked_again_and_never_ends_as_undelivered(world: World) -> None:
    await world.job(3)
    world.workers[:] = [report()]
    async with world.running(settings=FAST.model_copy(update={"deadline_seconds": 0.3})):
        for refused in range(1, 13):  # more deadlines than a record has asks
            world.workers[:] = [report(refused=refused)]
            count = len(world.seen.requests)
            await eventually(lambda: len(world.seen.requests) > count)  # noqa: B023 - used at once
        assert {request.ask for request in world.seen.requests} == {1}
        assert not world.seen.responses
        await eventually(lambda: len(world.seen.responses) == 3)  # with no refusal any more, silence counts
    assert {response.error.kind for response in world.seen.responses if response.error} == {"undelivered"}


async def test_people_can_pause_resume_and_cancel_a_waiting_job(world: World) -> None:
    await world.job(5)
    world.workers[:] = [report(**NO_QUOTA)]
    jobs = JobWriter(world.database)
    async with world.running():
        await until(world, JobState.WAITING)
        await jobs.move("job", PAUSE, reason="by a person")
        await eventually(lambda: world.seen.jobs and world.seen.jobs[-1].state is JobState.PAUSED)
        assert await state(world) == JobState.PAUSED

        await jobs.move("job", RESUME, reason=None)
        await until(world, JobState.WAITING)
        assert (await world.document())["epoch"] == 2  # which tells the workers to try at once
        await eventually(lambda: (world.seen.jobs[-1].state, world.seen.jobs[-1].epoch) == (JobState.WAITING, 2))

        await jobs.move("job", CANCEL, reason="by a person")
        await eventually(lambda: world.seen.jobs[-1].state is JobState.CANCELLED)
    assert not world.seen.requests


async def test_a_waiting_job_whose_last_answers_were_on_their_way_is_completed(world: World) -> None:
    await world.job(5)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 5)
        world.workers[:] = [report(**NO_QUOTA)]
        await until(world, JobState.WAITING)
        await world.annotate(range(5))
        await until(world, JobState.COMPLETED)
    assert (await world.document())["state_reason"] is None


async def test_a_job_with_a_second_model_for_it_goes_on_while_its_own_account_is_stopped(world: World) -> None:
    await world.job(10, fallback={"provider": "simulated", "model": "second", "on": ("quota_exhausted",)})
    world.workers[:] = [report(**NO_QUOTA)]
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 10)
        second = AccountReported.model_validate({"provider": "simulated", "model": "second", **NO_QUOTA})
        (first,) = world.workers[0].accounts
        world.workers[:] = [WORKER.model_copy(update={"accounts": (first, second)})]
        await until(world, JobState.WAITING)
        assert "no quota left for second" in str((await world.document())["state_reason"])
        world.workers[:] = [report(**NO_QUOTA)]
        await until(world, JobState.RUNNING)
        world.workers[:] = [report(**NO_QUOTA, handed_back=3)]
        await eventually(lambda: max(request.epoch for request in world.seen.requests) == 3)
        await world.annotate(range(10))
        await until(world, JobState.COMPLETED)


async def test_a_running_job_says_that_its_second_model_takes_no_calls_and_when_that_is_over(world: World) -> None:
    await world.job(10, fallback={"provider": "simulated", "model": "second", "on": ("invalid",)})
    second = AccountReported.model_validate({"provider": "simulated", "model": "second", **NO_QUOTA})
    world.workers[:] = [WORKER.model_copy(update={"accounts": (second,)})]
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 10)
        await told(world, "no quota left for second")
        assert await state(world) == JobState.RUNNING
        assert {request.epoch for request in world.seen.requests} == {1}

        world.workers[:] = [report()]
        await told(world, None)
        await world.annotate(range(10))
        await until(world, JobState.COMPLETED)


async def test_a_running_job_says_that_its_second_model_answers_for_the_first(world: World) -> None:
    await world.job(10, fallback={"provider": "simulated", "model": "second", "on": ("quota_exhausted",)})
    world.workers[:] = [report(**NO_QUOTA)]
    async with world.running():
        await told(world, "The agent's fallback model answers meanwhile.")
        assert await state(world) == JobState.RUNNING


async def told(world: World, words: str | None) -> None:
    """Wait until the job says this of itself; None: nothing."""

    async def is_told() -> bool:
        reason = (await world.document())["state_reason"]
        return reason is None if words is None else words in (reason or "")

    await eventually(is_told)


async def test_a_job_whose_templates_are_not_rendered_stops_with_the_reason_until_a_person_resumes_it(
    world: World,
) -> None:
    await world.job(20)
    reason = "the user template: it takes more than 0.1 s of CPU time to render"
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 16)
        await world.annotate(range(3))
        world.workers[:] = [WORKER, WORKER.model_copy(update={"worker": "v", "refused_agents": {"a": reason}})]
        await until(world, JobState.WAITING)
        waiting = await world.document()
        assert reason in (waiting["state_reason"] or "")
        assert waiting["waiting_for"] == "prompt"
        await eventually(lambda: world.seen.jobs and world.seen.jobs[-1].state is JobState.WAITING)

        world.workers[:] = [WORKER]  # the limits were raised; a person has to say so
        asked = len(world.seen.requests)
        await world.job(4, job_id="other")
        await eventually(lambda: sum(request.job_id == "other" for request in world.seen.requests) == 4)
        assert await state(world) == JobState.WAITING
        assert len(world.seen.requests) == asked + 4

        await JobWriter(world.database).move("job", RESUME, reason=None)
        await eventually(
            lambda: {r.seq for r in world.seen.requests if r.epoch == 2 and r.job_id == "job"} >= set(range(3, 16))
        )
        await world.annotate(range(20))
        await until(world, JobState.COMPLETED)
    document = await world.document()
    assert document["dispatch"]["totals"]["labeled"] == 20
    assert document["dispatch"]["totals"]["failed"] == 0


async def test_a_job_whose_templates_are_refused_ends_by_answers_that_were_on_their_way(world: World) -> None:
    await world.job(5)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 5)
        world.workers[:] = [WORKER.model_copy(update={"refused_agents": {"a": "the user template: it is slow"}})]
        await until(world, JobState.WAITING)
        await world.annotate(range(5))
        await until(world, JobState.COMPLETED)


async def test_a_job_of_another_agent_goes_on(world: World) -> None:
    world.workers[:] = [WORKER.model_copy(update={"refused_agents": {"b": "the user template: it is slow"}})]
    await world.job(5)
    async with world.running():
        await eventually(lambda: len(world.seen.requests) == 5)
        await world.annotate(range(5))
        await until(world, JobState.COMPLETED)

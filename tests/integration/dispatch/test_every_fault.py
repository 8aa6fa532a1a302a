"""Whichever call of the store or the broker fails: a job ends, adds up, reserves nothing, asks for nothing twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dispatch_stage import SIZE, TWO_SLOTS, USD, Stage
from dispatch_world import Seen, World
from faults import FailingStore, FaultyProducer
from tandem.events import AccountReported, AccountState, JobState, WorkerReportedV1
from tandem.jobs.moves import CANCEL, GO, PAUSE, RESUME
from tandem.pricing import PriceTable, parse_prices
from tandem.store.jobs.writer import JobWriter

PRICES = PriceTable(
    [parse_prices("prices: [{provider: simulated, models: ['*'], input: 10, output: 30}]", name="prices")]
)
AMPLE = 1000.0
Story = Callable[[Stage], Awaitable[None]]


def report(**account: Any) -> WorkerReportedV1:
    said = AccountReported.model_validate({"provider": "simulated", "model": "m", **account})
    return TWO_SLOTS.model_copy(update={"accounts": (said,)})


async def plain(stage: Stage) -> None:
    await stage.job()
    await stage.completed()


async def with_a_budget(stage: Stage) -> None:
    await stage.job(budget_usd=AMPLE)
    await stage.completed()


async def taken_over(stage: Stage) -> None:
    await stage.job(budget_usd=AMPLE)
    await stage.turns(2)
    stage.answering = False
    await stage.turn()
    await stage.killed()
    stage.answering = True
    await stage.completed()


async def taken_over_when_all_has_ended(stage: Stage) -> None:
    await stage.job(budget_usd=AMPLE)
    while len(stage.answered) < SIZE:
        await stage.turn()
    await stage.killed()
    await stage.completed()


async def handed_over(stage: Stage) -> None:
    await stage.job(budget_usd=AMPLE)
    await stage.turns(2)
    stage.answering = False
    await stage.turn()
    await stage.handed_over()
    stage.answering = True
    await stage.completed()


async def forgotten_by_the_broker_and_handed_over(stage: Stage) -> None:
    await stage.job(budget_usd=AMPLE)
    stage.answering = False
    await stage.turn()
    assert stage.dispatcher is not None
    stage.dispatcher.broker_forgot("annotation.requests")
    stage.pending.clear()
    stage.asked.clear()
    await stage.handed_over()
    stage.answering = True
    await stage.completed()


async def paused_and_resumed(stage: Stage) -> None:
    await stage.job()
    await stage.turn()
    await stage.moved(PAUSE)
    await stage.turns(2)
    await stage.moved(RESUME)
    await stage.completed()


async def cancelled(stage: Stage) -> None:
    await stage.job(budget_usd=AMPLE)
    stage.answering = False
    await stage.turns(2)
    assert (await stage.document())["dispatch"].get("reserved_usd") != 0.0 or stage.faults.fail_at is not None
    await stage.moved(CANCEL)
    stage.nothing_is_reserved(await stage.until_announced(JobState.CANCELLED))


async def waiting_for_its_provider(stage: Stage) -> None:
    await stage.job()
    stage.answering = False
    await stage.turn()
    stage.report(report(state=AccountState.STOPPED, reason="quota_exhausted", message="No quota."))
    await stage.until(JobState.WAITING)
    await stage.turn()
    stage.report(report())
    stage.answering = True
    await stage.completed()


async def waiting_for_its_budget(stage: Stage) -> None:
    await stage.job(budget_usd=2.5 * USD)
    # Money for requests that may be there after all is kept for a deadline: then the job does not wait yet.
    await stage.until(JobState.WAITING, unless_excused=True)
    await JobWriter(stage.outside.database).change(stage.job_id, {"budget_usd": AMPLE})
    await stage.completed()


async def handed_back(stage: Stage) -> None:
    await stage.job()
    stage.answering = False
    await stage.turn()
    stage.report(report(handed_back=2))
    stage.pending = stage.pending[:1]
    stage.answering = True
    await stage.completed()
    # One for what was handed back. One more where that was written and told as failed; two where another dispatcher
    # took over, which hears of what was handed back for the first time.
    assert (await stage.document())["epoch"] <= 4


async def miscounted_by_an_older_version(stage: Stage) -> None:
    await _miscounted(stage, answered=SIZE)


async def passed_over_by_an_older_version(stage: Stage) -> None:
    await _miscounted(stage, answered=SIZE - 3)


async def _miscounted(stage: Stage, *, answered: int) -> None:
    await stage.job(budget_usd=AMPLE)
    while len(stage.answered) < answered:
        await stage.turn()
    wrong = {
        "dispatch.cursor": SIZE,
        "dispatch.low": SIZE,
        "dispatch.totals": {"labeled": 9, "invalid": 1, "failed": 0, "needs_review": 4},
        "dispatch.spend": [],
        "dispatch.asks": {"2": 3},
        "dispatch.forgotten_field": 1,
    }
    await stage.outside.database["jobs"].update_one({"_id": stage.job_id}, {"$set": wrong})
    await stage.killed()
    await stage.completed()


async def in_a_second_pass(stage: Stage) -> None:
    await _second_pass(stage)
    await _completed_again(stage)


async def taken_over_in_a_second_pass(stage: Stage) -> None:
    await _second_pass(stage)
    await stage.turn()
    stage.answering = False
    await stage.turns(2)
    await stage.killed()
    stage.answering = True
    await _completed_again(stage)


async def handed_over_in_a_second_pass(stage: Stage) -> None:
    await _second_pass(stage)
    await stage.turn()
    stage.answering = False
    await stage.turns(2)
    await stage.handed_over()
    stage.answering = True
    await _completed_again(stage)


async def paused_and_resumed_in_a_second_pass(stage: Stage) -> None:
    await _second_pass(stage)
    await stage.turn()
    await stage.moved(PAUSE)
    await stage.turns(2)
    await stage.moved(RESUME)
    await _completed_again(stage)


async def waiting_for_its_budget_in_a_second_pass(stage: Stage) -> None:
    await _second_pass(stage, budget_usd=(SIZE + 1.5) * USD)
    await stage.until(JobState.WAITING, unless_excused=True)
    assert len(stage.answered) <= SIZE - len(AGAIN) + 3, "it asked for more than its budget allows"
    await JobWriter(stage.outside.database).change(stage.job_id, {"budget_usd": AMPLE})
    await _completed_again(stage)


async def cancelled_and_the_rest_run_again(stage: Stage) -> None:
    await stage.job(budget_usd=AMPLE)
    await stage.turns(2)
    stage.answering = False
    await stage.turn()
    await stage.moved(CANCEL)
    await stage.until_announced(JobState.CANCELLED)
    rest = sorted(set(range(SIZE)) - stage.answered)
    assert rest
    stage.pending.clear()
    await stage.run_again(rest)
    stage.answering = True
    await stage.completed()


async def let_go_on_after_its_canary(stage: Stage) -> None:
    await stage.job(canary={"records": 3, "below_seq": 3, "most_unlabeled": None, "passed": False})
    await stage.until(JobState.WAITING)
    assert stage.answered == {0, 1, 2}
    await stage.moved(GO)
    await stage.completed()


async def a_canary_that_passes(stage: Stage) -> None:
    await stage.job(canary={"records": 3, "below_seq": 3, "most_unlabeled": 0.5, "passed": False})
    await stage.completed()


AGAIN = (0, 1, 3, 4, 6)


async def _second_pass(stage: Stage, *, budget_usd: float | None = None) -> None:
    stage.failing = set(AGAIN)
    with stage.faults.at_rest():  # the first pass is told by `plain` and `with_a_budget`
        await stage.job(budget_usd=budget_usd)
        await stage.until_announced(JobState.COMPLETED)
    assert (await stage.document())["dispatch"]["totals"]["failed"] == len(AGAIN)
    await stage.run_again(AGAIN)


async def _completed_again(stage: Stage) -> None:
    await stage.completed()
    again = {seq for seq, epoch in stage.asked if sum(seq == each for each, _ in stage.asked) > 1}
    assert again == set(AGAIN) or stage.excused or stage.faults.fail_at is not None
    more = await stage.outside.spending().more([stage.job_id])
    assert sum(row.amount for row in more[stage.job_id]) == len(AGAIN) * USD


STORIES: list[Story] = [
    in_a_second_pass,
    taken_over_in_a_second_pass,
    handed_over_in_a_second_pass,
    paused_and_resumed_in_a_second_pass,
    waiting_for_its_budget_in_a_second_pass,
    cancelled_and_the_rest_run_again,
    plain,
    with_a_budget,
    taken_over,
    taken_over_when_all_has_ended,
    handed_over,
    forgotten_by_the_broker_and_handed_over,
    paused_and_resumed,
    cancelled,
    waiting_for_its_provider,
    waiting_for_its_budget,
    handed_back,
    miscounted_by_an_older_version,
    passed_over_by_an_older_version,
    let_go_on_after_its_canary,
    a_canary_that_passes,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
async def test_a_job_ends_and_adds_up_whichever_call_fails(failing_store: FailingStore, story: Story) -> None:
    faults = failing_store.faults
    producer = FaultyProducer(faults)
    inside = World(failing_store.failing, producer, Seen(), prices=PRICES)
    outside = World(failing_store.plain, producer, Seen())
    told = 0

    async def once() -> None:
        nonlocal told
        told += 1
        producer.handed_over.clear()
        await story(Stage(inside, outside, faults, f"job-{told}"))
        await outside.database["jobs"].delete_many({})

    assert await faults.every(once) > 10

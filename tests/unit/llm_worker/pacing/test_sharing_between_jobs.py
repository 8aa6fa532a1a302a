"""How jobs share the slots and the rate of an account, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tandem.testing.virtual_time import run_in_virtual_time
from tandem_llm_worker.pacing import AccountLimits, Limiter, Need
from unit.llm_worker.pacing.crowd import Crowd, settle

Clock = Callable[[], float]


def test_jobs_take_turns_however_much_each_of_them_has_waiting() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=60)
        crowd.come(100, job="large")
        await settle()
        crowd.come(2, job="small")
        await asyncio.sleep(5.5)

        assert crowd.numbers[:5] in ([0, 1, 100, 2, 101], [0, 100, 1, 101, 2])

    run_in_virtual_time(story)


def test_a_further_call_for_a_record_that_was_begun_does_not_wait_behind_those_that_were_not() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=60)
        crowd.come(100, job="one")
        await asyncio.sleep(5)
        turn = asyncio.create_task(crowd.limiter.reserve(job="one", again=True))
        await asyncio.sleep(1.1)
        assert turn.done()
        assert len(crowd.admitted) == 6

    run_in_virtual_time(story)


def test_a_job_whose_records_take_several_calls_gets_no_more_calls_than_another() -> None:
    async def story(clock: Clock) -> None:
        limiter = Limiter(AccountLimits(requests_per_minute=600, max_in_flight=1000), clock=clock)
        made = {"one": 0, "five": 0}

        async def records(job: str, calls: int) -> None:
            while True:
                for number in range(calls):
                    with await limiter.reserve(job=job, again=number > 0):
                        made[job] += 1

        tasks = [asyncio.create_task(records(job, calls)) for job, calls in (("one", 1), ("five", 5)) * 10]
        await asyncio.sleep(100)
        for task in tasks:
            task.cancel()
        assert made["one"] == pytest.approx(made["five"], rel=0.1)
        assert made["one"] + made["five"] == pytest.approx(1000, abs=10)

    run_in_virtual_time(story)


def test_a_job_of_large_prompts_gets_no_more_tokens_than_one_of_small_ones() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, tokens_per_minute=60_000)
        crowd.come(50, Need(2000), job="large")
        crowd.come(800, Need(100), job="small")
        await asyncio.sleep(40)

        large = sum(2000 for number in crowd.numbers if number < 50)
        small = sum(100 for number in crowd.numbers if number >= 50)
        assert large == pytest.approx(small, rel=0.25)

    run_in_virtual_time(story)


def test_a_job_of_slow_calls_leaves_another_its_part_of_the_slots_as_they_become_free() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, max_in_flight=8)
        crowd.come(40, job="slow")
        await settle()
        assert crowd.numbers == list(range(8))
        crowd.come(40, job="quick")

        for ended in range(4):  # each slot that a slow call gives back goes to the quick job and stays with it
            crowd.end(ended)
            await settle()
            crowd.end(crowd.numbers[-1])
            await settle()

        slow = [number for number in crowd.numbers if number < 40]
        assert slow == list(range(8))
        assert len(crowd.numbers) == 8 + 8
        assert crowd.limiter.in_flight == 8

    run_in_virtual_time(story)


def test_slots_are_shared_by_weight_and_none_is_left_free() -> None:
    async def story(clock: Clock) -> None:
        limiter = Limiter(AccountLimits(max_in_flight=12), clock=clock)
        under_way = {"one": 0, "three": 0}
        weights = {"one": 1.0, "three": 3.0}
        seconds = {"one": 10.0, "three": 1.0}
        seen: list[tuple[int, int]] = []

        async def call(job: str) -> None:
            while True:
                with await limiter.reserve(job=job, weight=weights[job]):
                    under_way[job] += 1
                    await asyncio.sleep(seconds[job])
                    under_way[job] -= 1

        tasks = [asyncio.create_task(call("one")) for _ in range(20)]
        await settle()
        assert under_way["one"] == 12
        tasks += [asyncio.create_task(call("three")) for _ in range(20)]
        for _ in range(30):
            await asyncio.sleep(1.5)
            seen.append((under_way["one"], under_way["three"]))
        for task in tasks:
            task.cancel()

        assert seen[-1] == (3, 9)
        assert all(sum(each) == 12 for each in seen)

    run_in_virtual_time(story)


def test_a_job_alone_has_all_slots_and_what_another_does_not_use() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, max_in_flight=8)
        crowd.come(1, job="small")
        await settle()
        crowd.come(20, job="large")
        await settle()

        assert crowd.limiter.in_flight == 8
        assert crowd.numbers == list(range(8))

    run_in_virtual_time(story)


def test_turns_go_by_weight_where_the_rate_binds() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=600)
        for _ in range(200):
            crowd.come(1, job="light")
        await settle()
        heavy = [asyncio.create_task(crowd.limiter.reserve(job="heavy", weight=4.0)) for _ in range(200)]
        await asyncio.sleep(10)

        done = sum(task.done() for task in heavy)
        assert done == pytest.approx(4 * len(crowd.admitted), rel=0.1)
        for task in heavy:
            task.cancel()

    run_in_virtual_time(story)


def test_nothing_is_kept_of_jobs_that_are_gone() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, max_in_flight=2)
        for number in range(1000):
            crowd.come(1, job=f"job {number}")
        for number in range(1000):
            await settle()
            crowd.end(number)
        await settle()

        assert crowd.limiter.waiting == 0
        assert crowd.limiter._queue._lanes == {}

    run_in_virtual_time(story)

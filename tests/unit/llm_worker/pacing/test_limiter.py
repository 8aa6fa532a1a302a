"""Admission in virtual time: no real time passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawing import tries
from tandem.testing.virtual_time import run_in_virtual_time
from tandem_llm_worker.pacing import AccountLimits, Limiter, Need
from tandem_llm_worker.pacing.allowance import HEADROOM
from unit.llm_worker.pacing.crowd import Crowd, settle

Clock = Callable[[], float]


@tries(30)
@given(per_minute=st.integers(60, 6000), calls=st.integers(2, 60))
def test_calls_are_admitted_evenly_spaced_and_in_the_order_they_came(per_minute: int, calls: int) -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=per_minute)
        crowd.come(calls)
        await asyncio.sleep(calls * 60 / per_minute / HEADROOM + 1)
        assert crowd.numbers == list(range(calls))
        gaps = [later - earlier for earlier, later in zip(crowd.times, crowd.times[1:], strict=False)]
        assert all(gap == pytest.approx(60 / per_minute / HEADROOM, abs=1e-6) for gap in gaps)

    run_in_virtual_time(story)


@tries(50)
@given(
    max_in_flight=st.integers(1, 5),
    actions=st.lists(
        st.one_of(
            st.tuples(st.just("come"), st.integers(1, 4)),
            st.tuples(st.just("end"), st.integers(0, 30)),
            st.tuples(st.just("cancel"), st.integers(0, 30)),
            st.tuples(st.just("pass"), st.integers(1, 3)),
        ),
        max_size=40,
    ),
)
def test_no_slot_is_lost_or_doubled_whatever_comes_ends_and_is_cancelled(
    max_in_flight: int, actions: list[tuple[str, int]]
) -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, max_in_flight=max_in_flight, requests_per_minute=120, tokens_per_minute=6000)
        limiter = crowd.limiter
        for action, value in actions:
            if action == "come":
                crowd.come(value, Need(8, 2), job=f"job {value}")
            elif action == "end" and value < len(crowd.ends):
                crowd.end(value)
            elif action == "cancel" and value < len(crowd.tasks):
                crowd.tasks[value].cancel()
            elif action == "pass":
                await asyncio.sleep(value)
            if value % 2:  # now and then several things happen before anybody runs
                await settle()
            assert 0 <= limiter.in_flight <= max_in_flight
        await settle()
        for end in crowd.ends:
            end.set()
        await asyncio.sleep(len(crowd.tasks) + 10)
        assert all(task.done() for task in crowd.tasks)
        assert (limiter.in_flight, limiter.waiting) == (0, 0)

    run_in_virtual_time(story)


def test_a_cancelled_waiter_takes_nothing_and_the_next_in_line_goes() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, max_in_flight=1)
        crowd.come(3)
        await settle()
        crowd.tasks[1].cancel()
        crowd.end(0)
        await settle()

        assert crowd.numbers == [0, 2]

    run_in_virtual_time(story)


def test_a_waiter_cancelled_in_the_moment_of_its_turn_gives_its_slot_back() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, max_in_flight=1)
        crowd.come(3)
        await settle()
        crowd.end(0)
        await asyncio.sleep(0)  # the first ends, the second is told and has not run
        crowd.tasks[1].cancel()
        await settle()
        crowd.end(1)
        crowd.end(2)
        await settle()

        assert crowd.numbers in ([0, 2], [0, 1, 2])
        assert crowd.limiter.in_flight == 0

    run_in_virtual_time(story)


def test_waiting_for_a_slot_sets_no_timer_and_waiting_for_time_sets_one_a_call() -> None:
    async def story(clock: Clock) -> None:
        slots = Crowd(clock, max_in_flight=1)
        slots.come(500)
        await settle()
        assert slots.timers == 0

        paced = Crowd(clock, requests_per_minute=60)
        paced.come(500)
        await asyncio.sleep(3.9)
        assert len(paced.admitted) == 4
        assert paced.timers <= 5

    run_in_virtual_time(story)


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


def test_tokens_that_were_not_used_let_the_next_call_go_sooner() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, tokens_per_minute=6000)  # 100 a second
        crowd.come(2, Need(60, 40))
        await asyncio.sleep(0.5)
        assert crowd.numbers == [0]
        crowd.held[0].settle(input_tokens=15, output_tokens=5)
        crowd.end(0)
        await settle()

        assert crowd.numbers == [0, 1]

    run_in_virtual_time(story)


def test_tokens_used_beyond_the_reservation_hold_the_next_call_back() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, tokens_per_minute=6000)
        await asyncio.sleep(1)
        crowd.come(1, Need(10))
        await settle()
        crowd.held[0].settle(input_tokens=10, output_tokens=300)
        crowd.end(0)
        await settle()

        crowd.come(1, Need(10))
        await asyncio.sleep(2.5)
        assert crowd.numbers == [0]
        await asyncio.sleep(0.6)
        assert crowd.numbers == [0, 1]

    run_in_virtual_time(story)


def test_a_call_larger_than_the_bucket_goes_when_it_is_full_and_is_paid_back() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, tokens_per_minute=6000)
        crowd.come(1, Need(500))
        crowd.come(1, Need(25))
        await asyncio.sleep(0.3)
        assert crowd.numbers == [0]
        await asyncio.sleep(4.5)
        assert crowd.numbers == [0]
        await asyncio.sleep(0.5)
        assert crowd.numbers == [0, 1]

    run_in_virtual_time(story)


def test_what_piles_up_while_idle_is_a_fraction_of_a_second() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=6000)
        await asyncio.sleep(3600)
        crowd.come(1000)
        await settle()

        assert len(crowd.admitted) == int(25 * HEADROOM)

    run_in_virtual_time(story)


def test_a_day_s_worth_may_go_at_once_and_then_as_it_comes() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=1e6, requests_per_day=240)  # ten an hour
        crowd.come(300)
        await asyncio.sleep(1)
        assert len(crowd.admitted) == 240
        await asyncio.sleep(3600)
        assert 249 <= len(crowd.admitted) <= 250

    run_in_virtual_time(story)


def test_input_and_output_tokens_are_limited_apart() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, input_tokens_per_minute=60_000, output_tokens_per_minute=600)
        crowd.come(100, Need(10, 10))
        await asyncio.sleep(10)

        assert len(crowd.admitted) == pytest.approx(10, abs=1)

    run_in_virtual_time(story)


def test_a_long_retry_after_holds_everybody_and_a_short_one_does_not() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=600)
        crowd.come(1000)
        await asyncio.sleep(1)
        before = len(crowd.admitted)
        crowd.limiter.refused(1.0)
        await asyncio.sleep(1)
        assert len(crowd.admitted) >= before + 4  # slower, since one was refused, and not stopped

        crowd.limiter.refused(30.0)
        before = len(crowd.admitted)
        assert crowd.limiter.held_seconds == pytest.approx(30)
        await asyncio.sleep(29)
        assert len(crowd.admitted) == before
        await asyncio.sleep(2)
        assert len(crowd.admitted) > before

    run_in_virtual_time(story)


def test_a_share_that_lapsed_while_the_process_slept_admits_nobody_until_it_is_renewed() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=600)
        crowd.limiter.set_share(0.5, until=3.0)
        crowd.come(1000)
        await asyncio.sleep(60)
        before = len(crowd.admitted)
        assert before <= 3 * 5 + 1

        crowd.limiter.set_share(0.5, until=63.0)
        await asyncio.sleep(2)

        assert before + 9 <= len(crowd.admitted) <= before + 2 * 5 + 2

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


def test_thousands_of_calls_that_are_cancelled_at_once_are_gone_and_the_next_goes() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, max_in_flight=1)
        crowd.come(5000, job="one")
        await settle()
        crowd.come(1, job="two")
        await settle()
        for task in crowd.tasks[1:5000]:
            task.cancel()
        crowd.end(0)  # its slot becomes free before any of them has run
        await settle()

        assert crowd.numbers == [0, 5000]
        assert crowd.limiter.waiting == 0

    run_in_virtual_time(story)


def test_a_worker_wants_what_it_uses_and_what_ends_its_queue_within_a_second() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=6000, max_in_flight=1000)
        assert crowd.limiter.demand() == 0.0
        crowd.limiter.set_share(0.25)
        crowd.come(1)
        await settle()
        crowd.come(30)
        await settle()

        assert crowd.limiter.demand() == pytest.approx(30 / 100, rel=0.05)

        for _ in range(40):
            await asyncio.sleep(0.25)
            crowd.come(5)
            await settle()
            wanted = crowd.limiter.demand()
        assert crowd.limiter.waiting < 10
        assert 0.25 * 0.7 < wanted < 0.4

    run_in_virtual_time(story)


def test_a_worker_whose_slots_are_taken_wants_no_more_of_the_account() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock, requests_per_minute=6000, max_in_flight=2)
        crowd.come(500)
        await asyncio.sleep(5)

        assert crowd.limiter.demand() < 0.1

    run_in_virtual_time(story)


def test_a_worker_that_knows_no_limit_wants_everything_while_calls_wait_for_the_rate() -> None:
    async def story(clock: Clock) -> None:
        crowd = Crowd(clock)
        crowd.come(500)
        await settle()

        assert crowd.limiter.demand() == 1.0

    run_in_virtual_time(story)

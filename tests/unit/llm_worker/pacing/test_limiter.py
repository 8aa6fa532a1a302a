"""Admission in virtual time: no real time passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawing import tries
from tandem.testing.virtual_time import run_in_virtual_time
from tandem_llm_worker.pacing import Need
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

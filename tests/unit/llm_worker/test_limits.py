"""Admission, on a clock of the test's own: no real time passes."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tandem_llm_worker.limits import Bucket, Limiter, Reservation


class Clock:
    """Time that moves when the test says so; runs the timers on its way."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[tuple[float, int, _Timer]] = []
        self.timers_set = 0

    def __call__(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> _Timer:
        self.timers_set += 1
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self.now + seconds, self.timers_set, timer))
        return timer

    async def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while self._timers and self._timers[0][0] <= end:
            self.now, _, timer = heapq.heappop(self._timers)
            if timer.live:
                timer.callback()
            await settle()
        self.now = end
        await settle()


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.live = True

    def cancel(self) -> None:
        self.live = False


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def limiter(clock: Clock, **limits: Any) -> Limiter:
    return Limiter(**{"max_in_flight": 1000, **limits}, clock=clock, call_later=clock.call_later)


class Crowd:
    """Calls that hold their reservation until the test ends them; notes when each was admitted, in order."""

    def __init__(self, clock: Clock, limits: Limiter) -> None:
        self._clock = clock
        self._limits = limits
        self.admitted: list[tuple[int, float]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.ends: list[asyncio.Event] = []
        self.held: dict[int, Reservation] = {}

    def come(self, count: int = 1, tokens: float = 0.0) -> None:
        for _ in range(count):
            end = asyncio.Event()
            self.ends.append(end)
            self.tasks.append(asyncio.create_task(self._call(len(self.tasks), tokens, end)))

    async def _call(self, number: int, tokens: float, end: asyncio.Event) -> None:
        with await self._limits.reserve(tokens) as reservation:
            self.admitted.append((number, self._clock.now))
            self.held[number] = reservation
            await end.wait()

    async def end_all(self) -> None:
        for end in self.ends:
            end.set()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    @property
    def times(self) -> list[float]:
        return [time for _, time in self.admitted]


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


@given(
    per_minute=st.floats(6, 60_000),
    steps=st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 50)), max_size=60),
)
def test_over_any_stretch_of_time_a_bucket_gives_no_more_than_its_rate_and_one_burst(
    per_minute: float, steps: list[tuple[float, float]]
) -> None:
    bucket = Bucket(per_minute, now=0.0)
    now, taken = 0.0, []
    for pause, amount in steps:
        now += pause
        wait = bucket.wait_for(amount, now)
        now += wait
        assert bucket.wait_for(amount, now + 1e-6) == 0.0
        bucket.take(amount, now)
        taken.append((now, amount))
    for first, (start, _) in enumerate(taken):
        for last in range(first, len(taken)):
            end = taken[last][0]
            # what a single oversized amount goes beyond the bucket is paid back by those after it
            given_out = sum(amount for _, amount in taken[first : last + 1]) - max(
                0.0, taken[last][1] - bucket.capacity
            )
            assert given_out <= bucket.capacity + (end - start) * bucket.per_second + 1e-6 * len(taken) + 1e-3


@settings(max_examples=30, deadline=None)
@given(per_minute=st.integers(60, 6000), calls=st.integers(2, 60))
def test_calls_are_admitted_evenly_spaced_and_in_the_order_they_came(per_minute: int, calls: int) -> None:
    async def story() -> None:
        clock = Clock()
        crowd = Crowd(clock, limiter(clock, requests_per_minute=per_minute))
        crowd.come(calls)
        await settle()
        await clock.advance(calls * 60 / per_minute + 1)
        assert [number for number, _ in crowd.admitted] == list(range(calls))
        gaps = [later - earlier for earlier, later in zip(crowd.times, crowd.times[1:], strict=False)]
        assert all(gap == pytest.approx(60 / per_minute, abs=1e-6) for gap in gaps)
        await crowd.end_all()

    run(story())


@settings(max_examples=50, deadline=None)
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
    async def story() -> None:
        clock = Clock()
        limits = limiter(clock, max_in_flight=max_in_flight, requests_per_minute=120, tokens_per_minute=6000)
        crowd = Crowd(clock, limits)
        for action, value in actions:
            if action == "come":
                crowd.come(value, tokens=10.0)
            elif action == "end" and value < len(crowd.ends):
                crowd.ends[value].set()
            elif action == "cancel" and value < len(crowd.tasks):
                crowd.tasks[value].cancel()
            elif action == "pass":
                await clock.advance(value)
            if value % 2:  # now and then several things happen before anybody runs
                await settle()
            assert 0 <= limits.in_flight <= max_in_flight
        await settle()
        for end in crowd.ends:
            end.set()
        for _ in range(len(crowd.tasks) + 10):  # each gives way to the next, so time has to pass in steps
            await clock.advance(1)
        assert all(task.done() for task in crowd.tasks)
        assert (limits.in_flight, limits.waiting) == (0, 0)
        await crowd.end_all()

    run(story())


async def test_a_cancelled_waiter_takes_nothing_and_the_next_in_line_goes() -> None:
    clock = Clock()
    limits = limiter(clock, max_in_flight=1)
    crowd = Crowd(clock, limits)
    crowd.come(3)
    await settle()
    crowd.tasks[1].cancel()
    crowd.ends[0].set()
    await settle()

    assert [number for number, _ in crowd.admitted] == [0, 2]
    await crowd.end_all()
    assert limits.in_flight == 0


async def test_a_waiter_cancelled_in_the_moment_of_its_turn_gives_its_slot_back() -> None:
    clock = Clock()
    limits = limiter(clock, max_in_flight=1)
    crowd = Crowd(clock, limits)
    crowd.come(3)
    await settle()
    crowd.ends[0].set()
    await asyncio.sleep(0)  # the first ends, the second is told and has not run
    crowd.tasks[1].cancel()
    await settle()

    assert [number for number, _ in crowd.admitted] in ([0, 2], [0, 1, 2])
    await crowd.end_all()
    assert limits.in_flight == 0


async def test_waiting_for_a_slot_sets_no_timer_and_waiting_for_time_sets_one() -> None:
    clock = Clock()
    slots = Crowd(clock, limiter(clock, max_in_flight=1))
    slots.come(5)
    await settle()
    assert clock.timers_set == 0

    paced = Crowd(clock, limiter(clock, requests_per_minute=60))
    paced.come(5)
    await settle()
    await clock.advance(3.5)

    assert len(paced.admitted) == 4
    assert clock.timers_set <= 5 + 4
    await slots.end_all()
    await paced.end_all()


async def test_tokens_that_were_not_used_let_the_next_call_go_sooner() -> None:
    clock = Clock()
    limits = limiter(clock, tokens_per_minute=6000)  # 100 a second
    crowd = Crowd(clock, limits)
    crowd.come(1, tokens=100)
    await settle()
    await clock.advance(1.5)
    assert len(crowd.admitted) == 1
    crowd.come(1, tokens=100)
    await settle()
    assert len(crowd.admitted) == 1

    crowd.held[0].used_tokens = 20
    crowd.ends[0].set()
    await settle()

    assert len(crowd.admitted) == 2
    await crowd.end_all()


async def test_tokens_used_beyond_the_reservation_hold_the_next_call_back() -> None:
    clock = Clock()
    limits = limiter(clock, tokens_per_minute=6000)
    crowd = Crowd(clock, limits)
    await clock.advance(1)  # a full second's worth
    crowd.come(1, tokens=10)
    await settle()
    crowd.held[0].used_tokens = 300
    crowd.ends[0].set()
    await settle()

    crowd.come(1, tokens=10)
    await clock.advance(2.0)
    assert len(crowd.admitted) == 1
    await clock.advance(0.2)
    assert len(crowd.admitted) == 2
    await crowd.end_all()


async def test_a_call_larger_than_the_bucket_goes_when_it_is_full_and_is_paid_back() -> None:
    clock = Clock()
    crowd = Crowd(clock, limiter(clock, tokens_per_minute=6000))
    crowd.come(1, tokens=500)
    crowd.come(1, tokens=50)
    await clock.advance(0.9)
    assert not crowd.admitted
    await clock.advance(0.2)
    assert len(crowd.admitted) == 1
    await clock.advance(4.0)
    assert len(crowd.admitted) == 1
    await clock.advance(0.6)
    assert len(crowd.admitted) == 2
    await crowd.end_all()


async def test_what_piles_up_while_idle_is_a_second_at_most() -> None:
    clock = Clock()
    limits = limiter(clock, requests_per_minute=600)
    await clock.advance(3600)
    crowd = Crowd(clock, limits)
    crowd.come(100)
    await settle()

    assert len(crowd.admitted) == 10
    await crowd.end_all()


async def test_a_refusal_holds_everybody_and_halves_what_may_be_in_flight_once() -> None:
    clock = Clock()
    limits = limiter(clock, max_in_flight=8)
    crowd = Crowd(clock, limits)
    crowd.come(20)
    await settle()
    assert limits.in_flight == 8

    for _ in range(5):
        limits.refused(2.0)
    for end in crowd.ends[:8]:
        end.set()
    await settle()
    assert limits.allowed_in_flight == 4
    assert limits.in_flight == 0

    await clock.advance(2.1)
    assert limits.in_flight == 4
    for _ in range(40):
        limits.accepted()
    assert limits.allowed_in_flight == 8
    await crowd.end_all()

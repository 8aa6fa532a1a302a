"""How much of an account a worker asks for, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tandem.testing.virtual_time import run_in_virtual_time
from unit.llm_worker.pacing.crowd import Crowd, settle

Clock = Callable[[], float]


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

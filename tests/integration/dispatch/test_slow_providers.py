"""A provider whose calls may take long: its requests wait as long as the workers do."""

from __future__ import annotations

from dispatch_world import FAST, WORKER, World
from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1

SETTINGS = FAST.model_copy(update={"deadline_seconds": 120, "look_seconds": 0.01, "lease_seconds": 600})


async def test_the_deadline_follows_the_timeout_that_the_workers_report(world: World) -> None:
    now = 1000.0
    world.workers[:] = [WORKER.model_copy(update={"timeouts": {"simulated": 900.0}})]
    await world.job(1)
    dispatcher = world.dispatcher("d", SETTINGS, lambda: now)

    async def after(seconds: float) -> list[int]:
        """Take a turn after so long; return how often the record was asked for in each request so far."""
        nonlocal now
        now += seconds
        await dispatcher.tick()
        return [event.ask for event in world.producer.handed_over if isinstance(event, AnnotationRequestedV1)]

    assert await after(0.1) == [1]
    assert await after(0.1) == [1]
    assert await after(3 * 120) == [1], "no call has come to its end"
    assert await after(2 * 900 - 3 * 120 - 1) == [1]
    assert await after(2) == [1, 2]
    await after(1801)
    await after(1801)
    (given_up,) = (event for event in world.producer.handed_over if isinstance(event, AnnotationRespondedV1))
    assert given_up.error is not None
    assert "no answer came back within 1800 s each" in given_up.error.message
    (first, *_) = (event for event in world.producer.handed_over if isinstance(event, AnnotationRequestedV1))
    assert first.deadline is not None


async def test_a_request_that_is_out_when_the_timeout_is_raised_has_the_new_deadline(world: World) -> None:
    now = 1000.0
    await world.job(1)
    dispatcher = world.dispatcher("d", SETTINGS, lambda: now)
    for seconds in (0.1, 0.1):
        now += seconds
        await dispatcher.tick()
    world.workers[:] = [WORKER.model_copy(update={"timeouts": {"simulated": 300.0}})]
    now += 121
    await dispatcher.tick()
    assert sum(isinstance(event, AnnotationRequestedV1) for event in world.producer.handed_over) == 1

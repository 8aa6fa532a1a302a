from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tandem.store.batching import MOST_AT_ONCE, Batcher


class Gate:
    """Squares numbers in batches, each of which waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.open = asyncio.Event()

    async def run(self, keys: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(keys))
        self.begun.set()
        await self.open.wait()
        if 13 in keys:
            raise LookupError("13")
        return [ValueError(str(key)) if key < 0 else key * key for key in keys]


async def test_calls_that_arrive_while_one_is_under_way_go_together() -> None:
    gate = Gate()
    batcher: Batcher[int, int] = Batcher(gate.run)
    first = asyncio.create_task(batcher(2))
    await gate.begun.wait()
    others = [asyncio.create_task(batcher(key)) for key in (3, -4, 3)]
    await asyncio.sleep(0)
    assert gate.batches == [[2]], "the first did not wait for the others"
    gate.open.set()
    assert await first == 4
    answers = await asyncio.gather(*others, return_exceptions=True)
    assert [answers[0], answers[2]] == [9, 9]
    assert isinstance(answers[1], ValueError), "the failure of one key is its caller's alone"
    assert gate.batches == [[2], [3, -4, 3]]


async def test_a_batch_is_bounded_and_a_failure_reaches_every_caller_of_its_batch_alone() -> None:
    gate = Gate()
    gate.open.set()
    batcher: Batcher[int, int] = Batcher(gate.run)
    keys = [*range(1, 13), 13, *range(14, MOST_AT_ONCE + 20)]
    answers = await asyncio.gather(*map(batcher, keys), return_exceptions=True)
    assert [len(batch) for batch in gate.batches] == [MOST_AT_ONCE, 19]
    assert all(isinstance(answer, LookupError) for answer in answers[:MOST_AT_ONCE])
    assert answers[MOST_AT_ONCE:] == [key * key for key in keys[MOST_AT_ONCE:]]
    assert await batcher(5) == 25, "it goes on after a failure"


async def test_a_cancelled_caller_is_left_out_and_hinders_nobody() -> None:
    gate = Gate()
    batcher: Batcher[int, int] = Batcher(gate.run)
    first = asyncio.create_task(batcher(2))
    await gate.begun.wait()
    gone, last = asyncio.create_task(batcher(3)), asyncio.create_task(batcher(4))
    await asyncio.sleep(0)
    first.cancel()
    gone.cancel()
    gate.open.set()
    assert await last == 16
    assert gate.batches == [[2], [4]], "what was under way went on, what waited was left out"
    assert first.cancelled()


async def test_waiting_callers_are_cancelled_with_the_work() -> None:
    gate = Gate()
    batcher: Batcher[int, int] = Batcher(gate.run)
    calls = [asyncio.create_task(batcher(key)) for key in (2, 3)]
    await gate.begun.wait()
    assert batcher._working is not None
    batcher._working.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers)

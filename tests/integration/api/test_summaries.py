"""Sums made block by block: shared by all who ask, told while they are made, kept, and mended after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from pydantic import TypeAdapter

from tandem.quality.sketches import Quantiles
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.summaries.reader import SummaryReader
from tandem.store.summaries.writer import SummaryWriter
from tandem.testing.waiting import eventually
from tandem_api.analysis.summaries import Summaries, SumsKind, WantedSums

KIND = SumsKind(1, TypeAdapter(Quantiles))


class Blocks:
    """Three blocks of one number each; counts how often each is made, which waits until it is allowed."""

    def __init__(self) -> None:
        self.fingerprints = {0: (1,), 1: (1,), 2: (1,)}
        self.made: list[int] = []
        self.allowed = asyncio.Event()
        self.broken = False

    async def want(self) -> WantedSums[Quantiles]:
        return WantedSums("s", KIND, dict(self.fingerprints), Quantiles, self._make)

    async def _make(self, block: int) -> Quantiles:
        self.made.append(block)
        if block > 0:
            await self.allowed.wait()
        if self.broken:
            raise StoreUnavailableError("gone")
        sums = Quantiles()
        sums.see(block + 1.0)
        return sums


@pytest.fixture
def summaries(database: Database, services: object) -> Callable[[], Summaries]:  # noqa: ARG001 - empties the database
    return lambda: Summaries(SummaryReader(database), SummaryWriter(database))


async def test_who_cannot_wait_gets_what_there_is_and_the_rest_later(summaries: Callable[[], Summaries]) -> None:
    blocks, service = Blocks(), summaries()
    first = await service.sums("s", blocks.want, patience=0)
    assert first.share < 1
    await eventually(lambda: 1 in blocks.made)
    assert (await service.sums("s", blocks.want, patience=0)).share == pytest.approx(1 / 3)
    blocks.allowed.set()
    whole = await service.sums("s", blocks.want, patience=None)
    assert (whole.share, whole.sums.total) == (1, 6.0)
    assert blocks.made == [0, 1, 2]


async def test_all_who_ask_at_once_share_one_making(summaries: Callable[[], Summaries]) -> None:
    blocks, service = Blocks(), summaries()
    blocks.allowed.set()
    found = await asyncio.gather(*(service.sums("s", blocks.want, patience=None) for _ in range(5)))
    assert blocks.made == [0, 1, 2]
    assert {id(each) for each in found} == {id(found[0])}


async def test_another_process_begins_with_what_is_kept(summaries: Callable[[], Summaries]) -> None:
    blocks = Blocks()
    blocks.allowed.set()
    await summaries().sums("s", blocks.want, patience=None)
    blocks.fingerprints[1] = (2,)
    found = await summaries().sums("s", blocks.want, patience=None)
    assert blocks.made == [0, 1, 2, 1]
    assert (found.sums.total, found.fingerprint) == (6.0, [3, 4])


async def test_a_block_that_changes_again_and_again_is_summed_once(summaries: Callable[[], Summaries]) -> None:
    blocks, service = Blocks(), summaries()
    blocks.allowed.set()
    for revision in range(1, 6):
        blocks.fingerprints[2] = (revision,)
        found = await service.sums("s", blocks.want, patience=None)
        assert (found.sums.total, found.sums.count) == (6.0, 3)
    blocks.fingerprints[0] = (9,)
    assert (await service.sums("s", blocks.want, patience=None)).sums.count == 3
    assert blocks.made == [0, 1, 2, 2, 2, 2, 2, 0]


async def test_a_failure_is_told_and_the_next_one_who_asks_begins_anew(summaries: Callable[[], Summaries]) -> None:
    blocks, service = Blocks(), summaries()
    blocks.allowed.set()
    blocks.broken = True
    with pytest.raises(StoreUnavailableError):
        await service.sums("s", blocks.want, patience=None)
    blocks.broken = False
    assert (await service.sums("s", blocks.want, patience=None)).sums.total == 6.0


async def test_nothing_to_sum_up_is_whole_at_once(summaries: Callable[[], Summaries]) -> None:
    blocks = Blocks()
    blocks.fingerprints = {}
    found = await summaries().sums("s", blocks.want)
    assert (found.share, found.sums.count, found.fingerprint) == (1.0, 0, [0])

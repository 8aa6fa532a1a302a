"""A large queue's count between two countings: each item that changed since counts once."""

from __future__ import annotations

from typing import cast

import pytest

from tandem.store.annotations.reader import AnnotationReader
from tandem.store.review_items.documents import QueueCounts
from tandem.store.review_items.reader import ReviewItemReader
from tandem_verification_ui.review import counts as module
from tandem_verification_ui.review.counts import QueueCounter

JOB = "job"


class Items:
    """A queue as the database counts it."""

    def __init__(self) -> None:
        self.counted = 0

    async def counts_by_job(self, job_ids: list[str]) -> dict[str, QueueCounts]:
        self.counted += bool(job_ids)
        return {job_id: QueueCounts(open=module.LARGE, decided=3) for job_id in job_ids}


@pytest.fixture
def items() -> Items:
    return Items()


@pytest.fixture
def counter(items: Items) -> QueueCounter:
    return QueueCounter(cast("ReviewItemReader", items), cast("AnnotationReader", None))


async def told(counter: QueueCounter) -> tuple[int, int]:
    counts = await counter.of(JOB)
    return counts.open - module.LARGE, counts.decided - 3


async def test_an_item_that_is_closed_twice_counts_once(counter: QueueCounter, items: Items) -> None:
    assert await told(counter) == (0, 0)
    counter.closed(JOB, "a")
    counter.closed(JOB, "a")
    counter.closed(JOB, "b")
    assert await told(counter) == (-2, 2)
    counter.opened(JOB, "a")
    assert await told(counter) == (-1, 1)
    counter.opened(JOB, "c")
    counter.opened(JOB, "c")
    assert await told(counter) == (0, 0)
    assert items.counted == 1


async def test_a_queue_that_is_forgotten_is_counted_anew(counter: QueueCounter, items: Items) -> None:
    await told(counter)
    counter.closed(JOB, "a")
    counter.forget(JOB)
    assert await told(counter) == (0, 0)
    assert items.counted == 2

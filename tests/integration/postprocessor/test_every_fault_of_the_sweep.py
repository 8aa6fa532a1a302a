"""Whichever call of the decisions' sweep fails: the next sweep mends what is left, and it comes soon."""

from __future__ import annotations

import asyncio
from typing import Any

from faults import FailingStore
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import utcnow
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.documents import DecisionKind, OpinionDocument
from tandem.store.opinions.reader import OpinionReader
from tandem.store.opinions.writer import OpinionWriter
from tandem.testing.waiting import eventually
from tandem_postprocessor.sweep import DecisionSweep

SIZE = 4


def sweep_of(store: FailingStore, **more: Any) -> DecisionSweep:
    return DecisionSweep(
        opinions=OpinionReader(store.failing),
        jobs=JobReader(store.failing),
        annotations=AnnotationReader(store.failing),
        writer=AnnotationWriter(store.failing),
        every_seconds=3600,
        **more,
    )


async def decided(store: FailingStore) -> None:
    """Decisions that no annotation knows of."""
    await store.plain["annotations"].delete_many({})
    await store.plain["verifications"].delete_many({})
    await store.plain["annotations"].insert_many(
        [{"_id": f"job:{seq}", "job_id": "job", "seq": seq, "attempt": 1} for seq in range(SIZE)]
    )
    writer = OpinionWriter(store.plain)
    for seq in range(SIZE):
        await writer.append(
            [
                OpinionDocument(
                    job_id="job",
                    project_id="p",
                    dataset_id="d",
                    seq=seq,
                    record_id=f"r{seq}",
                    revision=1,
                    kind=DecisionKind.CORRECTED,
                    values={"mood": "good"},
                    attempt=1,
                    shown_attempt=1,
                    shown_values={},
                    decided_by="ada",
                    decided_at=utcnow(),
                )
            ]
        )


async def applied(store: FailingStore) -> int:
    return await store.plain["annotations"].count_documents({"verification.values.mood": "good"})


async def test_every_decision_is_applied_whichever_call_fails(failing_store: FailingStore) -> None:
    sweep = sweep_of(failing_store)

    async def story() -> None:
        await decided(failing_store)
        await failing_store.until_done(sweep.sweep)
        assert await applied(failing_store) == SIZE

    assert await failing_store.faults.every(story) > 5


async def test_a_sweep_that_failed_is_not_put_off_until_the_next_turn(failing_store: FailingStore) -> None:
    await decided(failing_store)
    faults = failing_store.faults
    faults.arm(0)
    with faults.watched():
        running = asyncio.create_task(sweep_of(failing_store, retry_seconds=(0.0, 0.01)).run())
        await eventually(lambda: faults.calls, message="a call failed")

    async def all_applied() -> bool:
        return await applied(failing_store) == SIZE

    await eventually(all_applied)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

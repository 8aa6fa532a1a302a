"""Whichever call fails while an order of review is walked: it is done at once, and each record is asked for once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from faults import FailingStore, FaultyProducer
from tandem.events import Event, LabelOption, LabelSchemaSpec, ReviewAskedV1, SingleChoiceTask
from tandem.events.catalog import REVIEW_ASKED
from tandem.messaging import BrokerUnavailableError, Outgoing, Received
from tandem.store.annotations.ended import EndedReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import StoreUnavailableError, utcnow
from tandem.store.jobs.reader import JobReader
from tandem.store.review_orders.documents import NO_COUNTS, OrderState, ReviewOrderDocument
from tandem.store.review_orders.writer import ReviewOrderWriter
from tandem_api.dispatch.review_orders import ReviewOrderWalker
from tandem_postprocessor.asked import ReviewAskedHandler

SIZE = 7
MOST_STEPS = 12
MOOD = SingleChoiceTask(name="mood", options=(LabelOption(value="good"), LabelOption(value="bad")))
SCHEMA = LabelSchemaSpec(label_schema_id="s", version=1, name="s", tasks=(MOOD,))


class AppliedProducer(FaultyProducer):
    """What is published reaches the postprocessor at once."""

    def __init__(self, store: FailingStore) -> None:
        super().__init__(store.faults)
        self._store = store
        self._handler = ReviewAskedHandler(reader=AnnotationReader(store.plain), writer=AnnotationWriter(store.plain))

    async def send_all(self, events: Sequence[Outgoing | Event]) -> None:
        before = len(self.handed_over)
        try:
            await super().send_all(events)
        finally:
            new = [event for event in self.handed_over[before:] if isinstance(event, ReviewAskedV1)]
            self._store.faults.watching = False
            await self._handler([Received(event, REVIEW_ASKED.name, 0, number) for number, event in enumerate(new)])
            self._store.faults.watching = True


def annotation(job_id: str, seq: int, mood: str) -> dict[str, Any]:
    return {
        "_id": f"{job_id}:{seq}",
        "job_id": job_id,
        "project_id": "p",
        "dataset_id": "d",
        "seq": seq,
        "record_id": f"r{seq}",
        "attempt": 1,
        "outcome": "labeled",
        "reason": None,
        "labels": [{"task": "mood", "value": mood, "confidence": 0.9, "rule": "exact"}],
        "needs_review": False,
        "review_reason": None,
        "priority": 0.0,
        "event_id": "e",
        "seconds": None,
        "created_at": utcnow(),
    }


def order_over(number: int) -> ReviewOrderDocument:
    now = utcnow()
    return {
        "_id": f"order-{number}",
        "project_id": "p",
        "dataset_id": "d",
        "jobs": ["a", "b"],
        "task": None,
        "min_confidence": None,
        "from_seq": 0,
        "below_seq": SIZE,
        "state": OrderState.OPEN.value,
        "run": 1,
        "cursor": 0,
        "counts": NO_COUNTS,
        "queues": {},
        "lease": None,
        "stalled": 0,
        "walked_at": now,
        "created_at": now,
        "created_by": "ada",
        "finished_at": None,
    }


async def test_an_order_is_done_and_adds_up_whichever_call_fails(failing_store: FailingStore) -> None:
    store, plain = failing_store, failing_store.plain
    for job_id in ("a", "b"):
        published = {"label_schema": SCHEMA.model_dump(mode="json")}
        await plain["jobs"].insert_one({"_id": job_id, "published": published})
    told = 0

    def walker(producer: AppliedProducer, holder: str) -> ReviewOrderWalker:
        return ReviewOrderWalker(
            writer=ReviewOrderWriter(store.failing),
            jobs=JobReader(store.failing),
            annotations=EndedReader(store.failing),
            producer=producer,
            holder=holder,
            block=3,
            first_pause=0.0,
        )

    async def story() -> None:
        nonlocal told
        told += 1
        await plain["annotations"].delete_many({})
        await plain["annotations"].insert_many(
            [annotation(job, seq, mood) for job, mood in (("a", "good"), ("b", "bad")) for seq in range(SIZE)]
        )
        await ReviewOrderWriter(plain).place(order_over(told))
        producer = AppliedProducer(store)
        walking = walker(producer, f"walker-{told}")
        for _ in range(MOST_STEPS):
            try:
                with store.faults.watched():
                    if not await walking.step():
                        break
            except StoreUnavailableError:
                pass
            except BrokerUnavailableError:  # its process ends; the lease has run out when another one begins
                await plain["review_orders"].update_one({"lease": {"$ne": None}}, {"$set": {"lease": None}})
                walking = walker(producer, f"successor-{told}")
        order = await plain["review_orders"].find_one({"_id": f"order-{told}"})
        assert order is not None
        assert (order["state"], order["cursor"], order["lease"], order["stalled"]) == (OrderState.DONE, SIZE, None, 0)
        assert order["counts"] == {"differing": SIZE, "queued": SIZE, "waiting": 0, "decided": 0}
        assert order["queues"] == {"a": SIZE}
        assert await plain["annotations"].count_documents({"needs_review": True}) == SIZE
        asked = Counter(event.key for event in producer.handed_over)
        assert set(asked) == {f"a:{seq}" for seq in range(SIZE)}
        assert set(asked.values()) == {1}

    assert await store.faults.every(story) > 10

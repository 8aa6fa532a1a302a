"""Whichever call fails while an order of review is walked: it is done at once, and each record is asked for once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from campaigns import an_annotation, disagreement
from faults import FailingStore, FaultyProducer
from tandem.events import Event, LabelOption, LabelSchemaSpec, ReviewAskedV1, SingleChoiceTask
from tandem.events.catalog import REVIEW_ASKED
from tandem.messaging import BrokerUnavailableError, Outgoing, Received
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.dispatch.campaigns import CampaignWalker
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
    return an_annotation(job_id, seq, [{"task": "mood", "value": mood, "confidence": 0.9, "rule": "exact"}])


async def test_an_order_is_done_and_adds_up_whichever_call_fails(failing_store: FailingStore) -> None:
    store, plain = failing_store, failing_store.plain
    for job_id in ("a", "b"):
        published = {"label_schema": SCHEMA.model_dump(mode="json")}
        await plain["jobs"].insert_one({"_id": job_id, "state": "completed", "published": published})
    told = 0

    def walker(producer: AppliedProducer, holder: str) -> CampaignWalker:
        return CampaignWalker(
            writer=CampaignWriter(store.failing),
            jobs=JobReader(store.failing),
            candidates=CandidateReader(store.failing),
            items=ReviewItemReader(store.failing),
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
        await CampaignWriter(plain).place(disagreement(("a", "b"), SIZE, campaign_id=f"order-{told}"))
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
                await plain["campaigns"].update_one({"lease": {"$ne": None}}, {"$set": {"lease": None}})
                walking = walker(producer, f"successor-{told}")
        order = await plain["campaigns"].find_one({"_id": f"order-{told}"})
        assert order is not None
        assert (order["walking"], order["cursor"], order["lease"], order["stalled"]) == (False, SIZE, None, 0)
        assert order["counts"] == {"picked": SIZE, "queued": SIZE, "waiting": 0, "decided": 0, "asked": SIZE}
        assert order["queues"] == {"a": SIZE}
        assert await plain["annotations"].count_documents({"needs_review": True}) == SIZE
        asked = Counter(event.key for event in producer.handed_over)
        assert set(asked) == {f"a:{seq}" for seq in range(SIZE)}
        assert set(asked.values()) == {1}

    assert await store.faults.every(story) > 10

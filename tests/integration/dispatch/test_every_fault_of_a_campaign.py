"""Whichever call fails while a campaign is walked: the walk ends, and each record is asked for once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from builders import a_choice, a_job_document, a_schema
from campaigns import a_campaign, an_annotation, disagreement
from faults import FailingStore, FaultyProducer
from tandem.events import Event, ReviewAskedV1, thresholds_campaign_id
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
MOST_STEPS = 30
MOOD = a_choice()
SCHEMA = a_schema(MOOD)


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


async def walk_all(store: FailingStore, producer: AppliedProducer, name: str, *, block: int = 3) -> None:
    """Walk all campaigns; one call fails on the way, after which the same walker goes on, or a successor."""

    def walker(holder: str) -> CampaignWalker:
        return CampaignWalker(
            writer=CampaignWriter(store.failing),
            jobs=JobReader(store.failing),
            candidates=CandidateReader(store.failing),
            items=ReviewItemReader(store.failing),
            producer=producer,
            holder=holder,
            block=block,
            first_pause=0.0,
        )

    walking = walker(f"walker of {name}")
    for _ in range(MOST_STEPS):
        try:
            with store.faults.watched():
                if not await walking.step():
                    break
        except StoreUnavailableError:
            pass
        except BrokerUnavailableError:  # its process ends; the lease has run out when another one begins
            await store.plain["campaigns"].update_many({"lease": {"$ne": None}}, {"$set": {"lease": None}})
            walking = walker(f"successor of {name}")


async def make_jobs(store: FailingStore) -> None:
    for job_id in ("a", "b"):
        job = a_job_document(job_id, label_schema=SCHEMA, state="completed")
        await store.plain["jobs"].insert_one(dict(job))


async def test_a_campaign_is_walked_and_adds_up_whichever_call_fails(failing_store: FailingStore) -> None:
    store, plain = failing_store, failing_store.plain
    await make_jobs(store)
    told = 0

    async def story() -> None:
        nonlocal told
        told += 1
        await plain["annotations"].delete_many({})
        await plain["annotations"].insert_many(
            [annotation(job, seq, mood) for job, mood in (("a", "good"), ("b", "bad")) for seq in range(SIZE)]
        )
        await CampaignWriter(plain).place(disagreement(("a", "b"), SIZE, campaign_id=f"campaign-{told}"))
        producer = AppliedProducer(store)
        await walk_all(store, producer, str(told))
        order = await plain["campaigns"].find_one({"_id": f"campaign-{told}"})
        assert order is not None
        assert (order["walking"], order["cursor"], order["lease"], order["stalled"]) == (False, SIZE, None, 0)
        assert order["counts"] == {"picked": SIZE, "queued": SIZE, "waiting": 0, "decided": 0, "asked": SIZE}
        assert order["queues"] == {"a": SIZE}
        assert await plain["annotations"].count_documents({"needs_review": True}) == SIZE
        asked = Counter(event.key for event in producer.handed_over)
        assert set(asked) == {f"a:{seq}" for seq in range(SIZE)}
        assert set(asked.values()) == {1}

    assert await store.faults.every(story) > 10


async def test_what_changed_thresholds_give_up_goes_to_other_campaigns_whichever_call_fails(
    failing_store: FailingStore,
) -> None:
    """The thresholds asked for all records and now ask for those below 3. Somebody also wants all that differ."""
    store, plain = failing_store, failing_store.plain
    await make_jobs(store)
    thresholds, all_differing = thresholds_campaign_id("a"), "differing"
    campaigns = [
        disagreement(("a", "b"), SIZE, campaign_id=all_differing),
        a_campaign(("a",), SIZE, strategy="thresholds", campaign_id=thresholds, parameters={"threshold": 0.5}),
    ]
    told = 0

    async def story() -> None:
        nonlocal told
        told += 1
        await plain["annotations"].delete_many({})
        await plain["campaigns"].delete_many({})
        for seq in range(SIZE):
            unsure = {"labels": [{"task": "mood", "value": "good", "confidence": 0.1, "rule": "exact"}]}
            asked = {"needs_review": True, "review_reason": "low_confidence"}
            await plain["annotations"].insert_many(
                [
                    annotation("a", seq, "good") | asked | (unsure if seq < 3 else {}),
                    annotation("b", seq, "bad"),
                ]
            )
        for campaign in campaigns:
            await CampaignWriter(plain).place(campaign)
        await walk_all(store, AppliedProducer(store), str(told), block=SIZE)
        walked = {each["_id"]: each async for each in plain["campaigns"].find()}
        assert [each["walking"] for each in walked.values()] == [False, False]
        assert walked[thresholds]["counts"]["queued"] == 3
        assert walked[all_differing]["counts"] == {"picked": 7, "queued": 4, "waiting": 3, "decided": 0, "asked": 4}
        found = {each["seq"]: each async for each in plain["annotations"].find({"job_id": "a"})}
        assert {seq: each.get("review_asked", {}).get("order") for seq, each in found.items()} == {
            **dict.fromkeys(range(3), None),
            **dict.fromkeys(range(3, SIZE), all_differing),
        }
        assert all(each["needs_review"] for each in found.values())

    assert await store.faults.every(story) > 20

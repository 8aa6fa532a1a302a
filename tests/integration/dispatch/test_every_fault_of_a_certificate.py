"""Whichever call fails while a certificate is led: it closes, and its two files agree with each other."""

from __future__ import annotations

import json
from collections import Counter

from certifying import (
    asked_for,
    campaigns_walked,
    certificate_in,
    closer_of,
    make_job,
    open_certificate,
    read_all,
    walker_of,
)
from dispatch_world import RecordingProducer
from faults import FailingStore, FaultyProducer
from tandem.events import CertificateCommittedV1, CommittedPart
from tandem.messaging import BrokerUnavailableError
from tandem.quality.certificates.verify import verify
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.reader import JobReader

SIZE = 12
MOST_ROUNDS = 60


async def lead_to_the_end(store: FailingStore, producer: RecordingProducer, name: str) -> None:
    """Lead the certificate; what was asked for is read between its steps. One call fails on the way, after which the
    same dispatcher goes on, or another one takes over."""
    plain = store.plain
    walker = walker_of(store.failing, producer, f"holder of {name}")
    for _ in range(MOST_ROUNDS):
        try:
            with store.faults.watched():
                going_on = await walker.step()
        except StoreUnavailableError:
            continue
        except BrokerUnavailableError:  # its process ends; its lease has run out when another one begins
            await plain["certificates"].update_many({}, {"$set": {"lease": None}})
            walker = walker_of(store.failing, producer, f"successor of {name}")
            continue
        if not going_on:
            return
        await campaigns_walked(store.plain)
        certificate = await certificate_in(plain)
        if asked := await asked_for(plain):
            assert certificate["told"] >= 1, "nobody is asked before the opening is published"
            await read_all(plain, asked)


async def test_a_certificate_closes_and_verifies_whichever_call_fails(failing_store: FailingStore) -> None:
    store, plain = failing_store, failing_store.plain
    told = 0

    async def story() -> None:
        nonlocal told
        told += 1
        for name in ("jobs", "annotations", "records", "campaigns", "certificates", "verifications"):
            await plain[name].delete_many({})
        await make_job(plain, SIZE, confidence=1.0)
        await open_certificate(plain, errors=[0.3])
        producer = FaultyProducer(store.faults)
        await lead_to_the_end(store, producer, str(told))
        certificate = await certificate_in(plain)
        assert (certificate["state"], certificate["live"], certificate["sealed"]) == ("closed", False, False)
        document = json.loads(certificate["document"])
        assert [claim["state"] for claim in document["claims"]] == ["certified"]
        job = await JobReader(plain).get("a")
        assert job is not None
        export = b"".join([part async for part in closer_of(plain).export(certificate, job)])
        verdict = verify(export.splitlines(keepends=True), document, commitment=certificate["commitment"])
        assert (verdict.findings, verdict.holds) == ([], ["mood@0.3"])
        published = [event for event in producer.handed_over if isinstance(event, CertificateCommittedV1)]
        assert Counter(event.part for event in published).keys() == {CommittedPart.OPENING, CommittedPart.SCHEDULES}
        assert {event.commitment for event in published} == {
            document["commitment"],
            document["schedules_commitment"],
        }, "what was published, once or twice, is what the certificate says"
        assert await asked_for(plain) == []

    assert await store.faults.every(story) > 30

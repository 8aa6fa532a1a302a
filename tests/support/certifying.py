"""A job that is certified in the stores alone: its documents, and readers who say what is right."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from campaigns import an_annotation
from dispatch_world import RecordingProducer
from tandem.events import Event, LabelOption, LabelSchemaSpec, ReviewAskedV1, SingleChoiceTask
from tandem.events.catalog import REVIEW_ASKED
from tandem.messaging import Connection, Outgoing, Received
from tandem.settings import KafkaSettings
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.annotations.freezing import FreezingReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.certificates.documents import CertificateDocument, new_certificate
from tandem.store.certificates.reader import CertificateReader
from tandem.store.certificates.writer import CertificateWriter
from tandem.store.database import Database, utcnow
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.documents import DecisionKind, OpinionDocument
from tandem.store.opinions.reader import OpinionReader
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.certifying.closing import Closer
from tandem_api.certifying.freezing import Freezer
from tandem_api.certifying.lines import CertifiedLines
from tandem_api.dispatch.campaigns import CampaignWalker
from tandem_api.dispatch.certificates import CertificateWalker
from tandem_postprocessor.asked import ReviewAskedHandler

MOODS = ("good", "bad")
TASK = SingleChoiceTask(name="mood", options=tuple(LabelOption(value=mood) for mood in MOODS))
SCHEMA = LabelSchemaSpec(label_schema_id="s", version=1, name="s", tasks=(TASK,))
JOB = "a"


def truth_of(seq: int) -> str:
    return MOODS[seq * 7 % 3 == 0]


async def make_job(database: Database, size: int, *, wrong_every: int = 9, confidence: float | None = 0.9) -> None:
    """Make a job that has ended, whose labels are wrong now and then, and one record of which has no label."""
    await database["jobs"].insert_one(
        {
            "_id": JOB,
            "name": "monday",
            "project_id": "p",
            "dataset_id": "d",
            "state": "completed",
            "revision": 1,
            "selection": {"from_seq": 0, "below_seq": size, "size": size},
            "published": {"label_schema": SCHEMA.model_dump(mode="json"), "review_policy": {}},
            "dispatch": {"announced": True},
            "created_at": utcnow(),
            "created_by": "ada",
        }
    )
    random_ = random.Random(size)  # noqa: S311 - draws the same labels each time
    annotations, records = [], []
    for seq in range(size):
        truth = truth_of(seq)
        label = truth if random_.randrange(wrong_every) else MOODS[truth == "good"]
        drawn = random_.random() / 4 if confidence != 1 else 0.001
        stated = None if confidence is None else round(confidence - drawn, 3)
        more: dict[str, Any] = {"content_hash": f"{seq:08x}", "provider": "p", "model": "m"}
        labels = [{"task": "mood", "value": label, "confidence": stated, "rule": "exact"}]
        if seq == size // 2:
            labels, more = [], {**more, "outcome": "invalid"}
        annotations.append(an_annotation(JOB, seq, labels, **more))
        records.append(
            {
                "_id": f"d:{seq}",
                "dataset_id": "d",
                "seq": seq,
                "record_id": f"r{seq}",
                "fields": {"text": f"text {seq}"},
                "metadata": {},
                "content_hash": f"{seq:08x}",
            }
        )
    await database["annotations"].insert_many(annotations)
    await database["records"].insert_many(records)


def a_certificate(job: Any, certificate_id: str = "c", **more: Any) -> CertificateDocument:
    given: dict[str, Any] = {
        "certificate_id": certificate_id,
        "name": "at most 5 % wrong",
        "job": job,
        "attempt": 1,
        "errors": [0.05],
        "alpha": 0.05,
        "tasks": ["mood"],
        "classes": {},
        "rule": "one_reader",
        "people": None,
        "closes_campaigns": True,
        "created_at": utcnow(),
        "created_by": "ada",
        "created_by_id": None,
        **more,
    }
    return new_certificate(**given)


async def open_certificate(database: Database, **more: Any) -> CertificateDocument:
    job = await JobReader(database).get(JOB)
    stored = await CertificateWriter(database).insert(a_certificate(job, **more))
    assert stored is not None
    return stored


def closer_of(database: Database) -> Closer:
    return Closer(
        CertifiedLines(
            records=RecordReader(database), annotations=FreezingReader(database), opinions=OpinionReader(database)
        )
    )


def walker_of(database: Database, producer: Any, holder: str, *, block: int = 50) -> CertificateWalker:
    opinions = OpinionReader(database)
    return CertificateWalker(
        reader=CertificateReader(database),
        writer=CertificateWriter(database),
        jobs=JobReader(database),
        campaigns=CampaignReader(database),
        campaign_writer=CampaignWriter(database),
        opinions=opinions,
        items=ReviewItemReader(database),
        freezer=Freezer(FreezingReader(database), opinions, block=block),
        closer=closer_of(database),
        producer=producer,
        holder=holder,
        look_seconds=0.0,
        preparing_seconds=0.0,
    )


async def certificate_in(database: Database, certificate_id: str = "c") -> CertificateDocument:
    found = await CertificateReader(database).get(certificate_id)
    assert found is not None
    return found


async def asked_for(database: Database) -> list[int]:
    """Records that a person should read and nobody has."""
    query = {"needs_review": True, "opinions.number": {"$not": {"$gte": 1}}}
    return [document["seq"] async for document in database["annotations"].find(query).sort("seq", 1)]


async def say(database: Database, seq: int, mood: str | None, *, person: str = "ann", **more: Any) -> None:
    """Write a blind opinion, or with None its withdrawal, and what the postprocessor makes of it."""
    history = await OpinionReader(database).history(JOB, seq)
    opinion = _opinion(seq, mood, person, len(history) + 1).model_copy(update=more)
    if mood is None:
        opinion = opinion.model_copy(update={"withdraws": history[-1].revision})
    await _write(database, [opinion])


async def read_all(database: Database, seqs: Sequence[int]) -> None:
    """Have people say what is right on each of these records."""
    known = await OpinionReader(database).by_record(JOB, seqs)
    await _write(
        database,
        [_opinion(seq, truth_of(seq), ("ann", "ben")[seq % 2], len(known.get(seq, ())) + 1) for seq in seqs],
    )


def _opinion(seq: int, mood: str | None, person: str, revision: int) -> OpinionDocument:
    return OpinionDocument(
        job_id=JOB,
        project_id="p",
        dataset_id="d",
        seq=seq,
        record_id=f"r{seq}",
        revision=revision,
        kind=DecisionKind.CORRECTED if mood is not None else DecisionKind.UNDONE,
        values=None if mood is None else {"mood": mood},
        attempt=1,
        shown_attempt=1,
        shown=False,
        blind=True,
        decided_by=person,
        decided_by_id=person,
        decided_at=utcnow() + timedelta(milliseconds=revision),
    )


async def _write(database: Database, opinions: Sequence[OpinionDocument]) -> None:
    if not opinions:
        return
    await database["verifications"].insert_many([each.to_document() for each in opinions])
    decisions = [
        AppliedDecision(
            JOB,
            each.seq,
            each.revision,
            each.values,
            1,
            {},
            False,
            each.decided_by,
            each.decided_at,
            each.decided_by_id,
        )
        for each in opinions
    ]
    await AnnotationWriter(database).apply_decisions(decisions)


class AppliedProducer(RecordingProducer):
    """What is asked for reaches the annotations at once; what else is sent is kept."""

    def __init__(self, database: Database) -> None:
        super().__init__(Connection(KafkaSettings()))
        self._handler = ReviewAskedHandler(reader=AnnotationReader(database), writer=AnnotationWriter(database))

    async def send_all(self, events: Sequence[Outgoing | Event]) -> None:
        plain = [each.event if isinstance(each, Outgoing) else each for each in events]
        self.handed_over += plain
        asked = [event for event in plain if isinstance(event, ReviewAskedV1)]
        await self._handler([Received(event, REVIEW_ASKED.name, 0, number) for number, event in enumerate(asked)])


async def campaigns_walked(database: Database) -> None:
    """Walk all campaigns to their ends."""
    walker = CampaignWalker(
        writer=CampaignWriter(database),
        jobs=JobReader(database),
        candidates=CandidateReader(database),
        items=ReviewItemReader(database),
        producer=AppliedProducer(database),
        holder="campaigns",
        first_pause=0.0,
    )
    while await walker.step():
        pass


@dataclass
class Led:
    """A certificate that is led step by step, with what was published."""

    database: Database
    producer: AppliedProducer
    walker: CertificateWalker

    @classmethod
    async def opened(cls, database: Database, **more: Any) -> Led:
        """Open a certificate and lead it until people are asked."""
        await open_certificate(database, **more)
        producer = AppliedProducer(database)
        led = cls(database, producer, walker_of(database, producer, "one"))
        await led.until(lambda each: each["progress"]["asked"] > 0)
        return led

    async def step(self) -> CertificateDocument:
        """Take a step, and have what it asks for reach the annotations."""
        await self.walker.step()
        await campaigns_walked(self.database)
        return await certificate_in(self.database)

    async def until(self, reached: Callable[[CertificateDocument], bool], *, steps: int = 20) -> CertificateDocument:
        for _ in range(steps):
            if reached(certificate := await self.step()):
                return certificate
        raise AssertionError("it does not get there")

    async def closed(self, *, but: int | None = None, rounds: int = 200) -> CertificateDocument:
        """Read what is asked for until it is over; nobody reads the record `but`."""
        for _ in range(rounds):
            certificate = await self.step()
            if not certificate["live"]:
                return certificate
            await read_all(self.database, [seq for seq in await asked_for(self.database) if seq != but])
        raise AssertionError("it does not end")

    async def files(self, certificate: CertificateDocument) -> tuple[list[bytes], dict[str, Any]]:
        """Return the lines of the export, and the document."""
        job = await JobReader(self.database).get(JOB)
        assert job is not None
        export = b"".join([part async for part in closer_of(self.database).export(certificate, job)])
        return export.splitlines(keepends=True), json.loads(certificate["document"])

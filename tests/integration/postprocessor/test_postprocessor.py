"""The postprocessor on a real MongoDB and both brokers: answers in, annotations and events out."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from tandem.events import (
    AgentSpec,
    AnnotationLabeledV1,
    AnnotationRespondedV1,
    Completion,
    ErrorKind,
    JobPublishedV1,
    JobState,
    LabelOption,
    LabelSchemaSpec,
    ReadyLabels,
    ResponseError,
    ReviewRequestedV1,
    SingleChoiceTask,
    TaskLabel,
    TokenLogprob,
    Usage,
    VerificationDecidedV1,
)
from tandem.events.catalog import LABELED, LOW_CONFIDENCE, RESPONSES
from tandem.messaging import Connection, Producer, Received, TopicKeeper
from tandem.messaging.broadcast import BroadcastReader
from tandem.observability.health import Health
from tandem.observability.metrics import SKIPPED
from tandem.review import OpinionPolicy
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.documents import AnnotationDocument, OutcomeCounts
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.documents import DecisionKind, OpinionDocument, decided_event, settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem.store.opinions.writer import OpinionWriter
from tandem.store.records.reader import RecordReader
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_postprocessor.bootstrap import build
from tandem_postprocessor.decisions import decision_of
from tandem_postprocessor.known_jobs import KnownJobs
from tandem_postprocessor.responses import ResponsesHandler
from tandem_postprocessor.settings import PostprocessorSettings
from tandem_postprocessor.sweep import DecisionSweep

SCHEMA = LabelSchemaSpec(
    label_schema_id="s",
    version=1,
    name="sentiment",
    tasks=(SingleChoiceTask(name="sentiment", options=(LabelOption(value="good"), LabelOption(value="bad"))),),
)
JOB = JobPublishedV1(
    job_id="job",
    project_id="p",
    dataset_id="d",
    revision=1,
    epoch=1,
    state=JobState.RUNNING,
    agent=AgentSpec(
        agent_id="a",
        version=3,
        name="a",
        provider="simulated",
        model="m",
        system_template="s",
        user_template="{{ fields.text }}",
        fingerprint="f",
    ),
    label_schema=SCHEMA,
)


def answer(seq: int, text: str = "good", probability: float | None = 0.9, **more: Any) -> AnnotationRespondedV1:
    """An answer of one token, whose only alternative is the other label."""
    other = "bad" if text == "good" else "good"
    logprobs = None
    if probability is not None:
        top = ((text, math.log(probability)), (other, math.log(1 - probability)))
        logprobs = (TokenLogprob(token=text, logprob=math.log(probability), top=top),)
    fields: dict[str, Any] = {
        "job_id": "job",
        "project_id": "p",
        "seq": seq,
        "record_id": f"r{seq}",
        "epoch": 1,
        "content_hash": f"h{seq}",
        "provider": "simulated",
        "model": "m-2026",
        "usage": Usage(prompt_tokens=40, completion_tokens=2),
        "seconds": 0.25,
        "completions": (Completion(text=text, finish_reason="stop", logprobs=logprobs),),
    }
    return AnnotationRespondedV1(**(fields | more))


def failure(seq: int, **more: Any) -> AnnotationRespondedV1:
    error = ResponseError(kind=ErrorKind.REFUSAL, message="the model refused")
    return answer(seq, completions=(), error=error, usage=None, **more)


def verification(seq: int, revision: int, value: str | None, shown: str = "good") -> OpinionDocument:
    values = None if value is None else {"sentiment": value}
    kind = DecisionKind.UNDONE if value is None else DecisionKind.CORRECTED
    return OpinionDocument(
        job_id="job",
        project_id="p",
        dataset_id="d",
        seq=seq,
        record_id=f"r{seq}",
        revision=revision,
        kind=kind,
        values=values,
        attempt=1,
        shown_attempt=1,
        shown_values={"sentiment": shown},
        decided_by="ada",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def event_of(*opinions: OpinionDocument) -> VerificationDecidedV1:
    return decided_event(opinions, settlement_of(opinions, OpinionPolicy()))


@dataclass
class World:
    """A broker with the topics, a database, and everything the postprocessor ever published."""

    settings: PostprocessorSettings
    database: Database
    producer: Producer
    labeled: list[AnnotationLabeledV1] = field(default_factory=list)
    reviews: list[ReviewRequestedV1] = field(default_factory=list)

    @property
    def reader(self) -> AnnotationReader:
        return AnnotationReader(self.database)

    async def annotation(self, seq: int) -> AnnotationDocument:
        async def there() -> bool:
            return await self.reader.get("job", seq) is not None

        await eventually(there)
        found = await self.reader.get("job", seq)
        assert found is not None
        return found

    async def counts(self) -> OutcomeCounts:
        return await self.reader.count_by_outcome("job")

    def handler(self, *, wait_seconds: float = 0.0) -> ResponsesHandler:
        jobs = KnownJobs(_Table(), JobReader(self.database), wait_seconds=wait_seconds)
        return ResponsesHandler(
            jobs=jobs,
            records=RecordReader(self.database),
            reader=self.reader,
            writer=AnnotationWriter(self.database),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Health]:
        """The whole service, as its process runs it."""
        health = Health()
        async with build(self.settings, health) as app:
            tasks = [asyncio.ensure_future(work()) for work in app.run.values()]
            try:
                await eventually(lambda: health.ready)
                yield health
                for step in app.stop:
                    await step()
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError):
                        await task


class _Table:
    """A job table that knows one job."""

    def get(self, job_id: str) -> JobPublishedV1 | None:
        return JOB if job_id == JOB.job_id else None

    async def wait_for(self, job_id: str, timeout: float) -> JobPublishedV1 | None:  # noqa: ASYNC109, ARG002 - as JobTable
        return self.get(job_id)


def received(*answers: AnnotationRespondedV1) -> list[Received[AnnotationRespondedV1]]:
    return [Received(each, RESPONSES.name, 0, offset) for offset, each in enumerate(answers)]


@asynccontextmanager
async def _world(mongo_url: str, mongo_db_name: str, broker: Broker, topic_prefix: str) -> AsyncIterator[World]:
    settings = PostprocessorSettings(
        kafka=KafkaSettings(
            bootstrap_servers=broker.bootstrap_servers,
            prefix=topic_prefix,
            idempotent_producer=broker.idempotent_producer,
            partitions=2,
            session_timeout_seconds=6,
            heartbeat_seconds=1,
        ),
        mongo=MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}),
        unknown_job_seconds=0.2,
    )
    database = Database(settings.mongo)
    await ensure_indexes(database)
    connection = Connection(settings.kafka)
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    async with AsyncExitStack() as stack:
        producer = await stack.enter_async_context(Producer(connection))
        world = World(settings, database, producer)
        for topic, apply in ((LABELED, world.labeled.append), (LOW_CONFIDENCE, world.reviews.append)):
            await _follow(stack, BroadcastReader(connection=connection, topic=topic, apply=apply, from_beginning=True))
        await producer.send(JOB)
        yield world
    database.close()


async def _follow(stack: AsyncExitStack, reader: BroadcastReader[Any]) -> None:
    await reader.start()
    task = asyncio.ensure_future(reader.run())

    async def stop() -> None:
        await reader.stop()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)


@pytest.fixture
async def world(mongo_url: str, mongo_db_name: str, broker: Broker, topic_prefix: str) -> AsyncIterator[World]:
    async with _world(mongo_url, mongo_db_name, broker, topic_prefix) as made:
        yield made


@pytest.fixture
async def store(mongo_url: str, mongo_db_name: str) -> AsyncIterator[World]:
    """A world without a broker, for the handlers alone."""
    settings = PostprocessorSettings(mongo=MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    database = Database(settings.mongo)
    await ensure_indexes(database)
    yield World(settings, database, Producer(Connection(settings.kafka)))
    database.close()


async def test_answers_become_annotations_and_events(world: World) -> None:
    async with world.running():
        await world.producer.send_all(
            [
                answer(0, probability=0.9),
                answer(1, "bad", probability=0.6),
                answer(2, probability=None),
                answer(3, "not good", probability=None),
                failure(4),
            ]
        )
        await eventually(lambda: len(world.labeled) == 5 and len(world.reviews) == 3)
    assert await world.counts() == OutcomeCounts(labeled=3, invalid=1, failed=1, needs_review=3)
    sure, unsure, unknown, invalid, failed = [await world.annotation(seq) for seq in range(5)]
    assert (sure["labels"][0]["value"], sure["labels"][0]["rule"]) == ("good", "exact")
    assert sure["labels"][0]["confidence"] == pytest.approx(0.9)
    assert sure["labels"][0]["confidence_method"] == "token_probability"
    assert (sure["agent_version"], sure["model"], sure["content_hash"]) == (3, "m-2026", "h0")
    assert unsure["review_reason"] == "low_confidence"
    assert unsure["priority"] == pytest.approx(0.4)
    assert unsure["review_causes"] == [{"task": "sentiment", "reason": "low_confidence"}]
    assert "review_causes" not in sure
    assert {event.seq: [(cause.task, cause.reason) for cause in event.causes] for event in world.reviews} == {
        1: [("sentiment", "low_confidence")],
        2: [("sentiment", "no_confidence")],
        3: [],
    }
    assert unknown["labels"][0]["confidence"] is None
    assert (unknown["labels"][0]["confidence_missing_reason"], unknown["review_reason"]) == (
        "no_logprobs",
        "no_confidence",
    )
    assert (invalid["outcome"], invalid["reason"], invalid["raw"]) == ("invalid", "ambiguous", "not good")
    assert (failed["outcome"], failed["reason"], failed["needs_review"]) == ("failed", "refusal", False)
    assert {event.seq: event.reason for event in world.reviews} == {
        1: "low_confidence",
        2: "no_confidence",
        3: "invalid",
    }
    assert {event.seq: event.outcome for event in world.labeled} == {
        0: "labeled",
        1: "labeled",
        2: "labeled",
        3: "invalid",
        4: "failed",
    }


async def test_a_thousand_answers_delivered_twice_give_one_annotation_each(world: World) -> None:
    answers = [answer(seq, probability=0.9 if seq % 4 else 0.6) for seq in range(1000)]
    async with world.running():
        await world.producer.send_all([*answers, *answers])
        await eventually(lambda: len(world.labeled) >= 2000 and len(world.reviews) >= 500, timeout=60)
    assert await world.counts() == OutcomeCounts(labeled=1000, needs_review=250)
    assert all(n >= 2 for n in Counter(event.seq for event in world.labeled).values())
    assert {event.seq for event in world.reviews} == set(range(0, 1000, 4))


async def test_decisions_are_applied_as_they_come(world: World) -> None:
    async with world.running():
        await world.producer.send_all([answer(0, probability=0.6), answer(1, probability=0.6)])
        await world.annotation(1)
        decided = [event_of(verification(0, 1, "bad")), event_of(verification(1, 1, "bad"))]
        await world.producer.send_all([*decided, event_of(verification(1, 1, "bad"), verification(1, 2, None))])

        async def applied() -> bool:
            return await world.reader.decided_revisions("job") == {0: 1, 1: 2}

        await eventually(applied)
    first, second = await world.annotation(0), await world.annotation(1)
    assert first["verification"]["values"] == {"sentiment": "bad"}
    assert first["verification"]["confirmed"] is False
    assert first["labels"][0]["value"] == "good"
    assert "verification" not in second


async def test_decisions_missed_while_the_broker_forgot_are_mended_at_the_next_start(world: World) -> None:
    await world.handler()(received(answer(0)))
    await OpinionWriter(world.database).append([verification(0, 1, "bad")])
    async with world.running():

        async def mended() -> bool:
            return "verification" in await world.annotation(0)

        await eventually(mended)


async def test_an_answer_to_a_job_that_nobody_knows_is_skipped_and_the_others_are_not_held_up(world: World) -> None:
    before = SKIPPED.labels(RESPONSES.name, "unknown_job")._value.get()
    async with world.running():
        await world.producer.send_all([answer(0, job_id="gone"), answer(0), answer(1)])
        await eventually(lambda: len(world.labeled) == 2)
        await eventually(lambda: SKIPPED.labels(RESPONSES.name, "unknown_job")._value.get() == before + 1)
    assert await world.reader.count_by_outcome("gone") == OutcomeCounts()


async def test_a_death_between_write_and_events_is_made_good_by_the_next_delivery(store: World) -> None:
    lost = await store.handler()(received(answer(0, probability=0.6)))
    again = await store.handler()(received(answer(0, probability=0.6)))
    for first, second in zip(lost, again, strict=True):
        assert first.event.model_dump(exclude={"event_id", "occurred_at"}) == second.event.model_dump(
            exclude={"event_id", "occurred_at", "causation_id"}
        ) | {"causation_id": first.event.causation_id}
    assert [type(outgoing.event) for outgoing in again] == [AnnotationLabeledV1, ReviewRequestedV1]


async def test_events_of_a_duplicate_are_made_of_what_is_stored(store: World) -> None:
    handler = store.handler()
    await handler(received(answer(0, "good", probability=0.9)))
    outgoing = await handler(received(answer(0, "bad", probability=0.6)))
    assert [event.event.labels[0].value for event in outgoing] == ["good"]  # type: ignore[attr-defined]  # labeled
    assert (await store.annotation(0))["labels"][0]["value"] == "good"


async def test_the_same_record_twice_in_one_batch_is_written_once(store: World) -> None:
    outgoing = await store.handler()(received(answer(0, "good"), answer(0, "bad"), answer(1)))
    assert [event.event.labels[0].value for event in outgoing] == ["good", "good", "good"]  # type: ignore[attr-defined]  # labeled
    assert (await store.counts()).labeled == 2


async def test_a_higher_attempt_becomes_current_and_keeps_the_persons_label(store: World) -> None:
    handler = store.handler()
    await handler(received(answer(0, "good", probability=0.6)))
    await AnnotationWriter(store.database).apply_decisions([_decision(verification(0, 1, "bad"))])
    outgoing = await handler(received(answer(0, "bad", attempt=2)))
    assert [event.event.attempt for event in outgoing] == [2]  # type: ignore[attr-defined]  # labeled
    stored = await store.annotation(0)
    assert (stored["attempt"], stored["labels"][0]["value"], stored["needs_review"]) == (2, "bad", False)
    assert [(old["attempt"], old["labels"][0]["value"]) for old in stored["history"]] == [(1, "good")]
    assert stored["verification"]["values"] == {"sentiment": "bad"}


async def test_a_lower_attempt_that_comes_late_is_history_and_changes_nothing(store: World) -> None:
    handler = store.handler()
    await handler(received(answer(0, "good", attempt=3)))
    for _ in range(2):
        outgoing = await handler(received(failure(0, attempt=2)))
        assert [event.event.attempt for event in outgoing] == [3]  # type: ignore[attr-defined]  # labeled
    stored = await store.annotation(0)
    assert (stored["attempt"], stored["outcome"]) == (3, "labeled")
    assert [(old["attempt"], old["outcome"]) for old in stored["history"]] == [(2, "failed")]


async def test_an_answer_with_nothing_in_it_is_malformed(store: World) -> None:
    await store.handler()(received(answer(0, completions=())))
    stored = await store.annotation(0)
    assert (stored["outcome"], stored["reason"]) == ("failed", "malformed")


async def test_ready_labels_are_checked_and_written_as_they_are(store: World) -> None:
    label = TaskLabel(task="sentiment", value="good", confidence=0.8, confidence_method="stated", rule="carried_over")
    none_of_it = label.model_copy(update={"value": "splendid"})
    short = ReadyLabels(reason="not_carried_over", detail="sentiment: there is no new label for 'odd'")
    ready = [ReadyLabels(sources=("old:0",), labels=(label,)), ReadyLabels(labels=(none_of_it,)), short, ReadyLabels()]
    answers = [answer(seq, completions=(), usage=None, ready=each) for seq, each in enumerate(ready)]
    await store.handler()(received(*answers))
    kept = [await store.annotation(seq) for seq in range(4)]
    assert [(each["outcome"], each["reason"]) for each in kept] == [
        ("labeled", None),
        ("invalid", "not_in_schema"),
        ("invalid", "not_carried_over"),
        ("invalid", "missing_task"),
    ]
    assert kept[0]["labels"] == [label.model_dump()]
    assert kept[0]["sources"] == ["old:0"]
    assert kept[0]["needs_review"] is False
    assert kept[0]["raw"] is None
    assert "spending" not in kept[0]


async def test_a_long_answer_is_kept_cut(store: World) -> None:
    await store.handler()(received(answer(0, "x" * 100_000, probability=None)))
    assert len((await store.annotation(0))["raw"] or "") == 4096


async def test_the_sweep_mends_what_the_events_missed_and_nothing_else(store: World) -> None:
    handler, writer = store.handler(), AnnotationWriter(store.database)
    await handler(received(*(answer(seq, probability=0.6) for seq in range(0, 5000, 500))))
    decisions = [
        verification(0, 1, "bad"),
        verification(500, 1, "bad"),
        verification(500, 2, None),
        verification(4500, 1, "good"),
        verification(4000, 1, "bad"),
        verification(7777, 1, "bad"),
    ]
    for decision in decisions:
        await OpinionWriter(store.database).append([decision])
    await writer.apply_decisions([_decision(verification(0, 1, "bad")), _decision(verification(500, 1, "bad"))])
    sweep = DecisionSweep(
        opinions=OpinionReader(store.database),
        jobs=JobReader(store.database),
        annotations=store.reader,
        writer=writer,
        every_seconds=60,
    )
    assert await sweep.sweep() == 3
    assert await sweep.sweep() == 0
    assert await store.reader.decided_revisions("job") == {0: 1, 500: 2, 4000: 1, 4500: 1}
    assert "verification" not in await store.annotation(500)
    assert (await store.annotation(4500))["verification"]["confirmed"] is True


def _decision(of: OpinionDocument) -> Any:
    return decision_of(event_of(of))

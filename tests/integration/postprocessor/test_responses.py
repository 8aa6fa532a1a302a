"""The postprocessor's handlers on a real MongoDB, without a broker: repeated deliveries, attempts, ready labels."""

from __future__ import annotations

from postprocessor_world import World, answer, applied_decision, failure, received, verification
from tandem.events import (
    AnnotationLabeledV1,
    ReadyLabels,
    ReviewRequestedV1,
    TaskLabel,
)
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.reader import OpinionReader
from tandem.store.opinions.writer import OpinionWriter
from tandem_postprocessor.sweep import DecisionSweep


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
    await AnnotationWriter(store.database).apply_decisions([applied_decision(verification(0, 1, "bad"))])
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
    await writer.apply_decisions(
        [applied_decision(verification(0, 1, "bad")), applied_decision(verification(500, 1, "bad"))]
    )
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

"""Requests in, answers out."""

from __future__ import annotations

import json

from llm_worker_line import Line, StartWorker, published, request
from tandem.events import ErrorKind, JobState
from tandem.events.catalog import REQUESTS
from tandem.observability.metrics import ANSWERS_REPEATED, SKIPPED
from tandem.testing.waiting import eventually


def skipped(reason: str) -> float:
    value: float = SKIPPED.labels("annotation.requests", reason)._value.get()
    return value


async def test_every_request_is_answered_once_with_what_confidence_needs(line: Line, start_worker: StartWorker) -> None:
    start_worker()
    await line.publish(published(), *(request(seq) for seq in range(40)))

    answers = await line.answered(40)

    assert sorted(answer.seq for answer in answers) == list(range(40))
    one = answers[0]
    assert (one.record_id, one.content_hash) == (f"record-{one.seq}", "hash")
    assert (one.provider, one.model) == ("simulated", "simulated")
    assert one.error is None
    assert one.structured
    assert json.loads(one.completions[0].text)["sentiment"] in ("positive", "neutral", "negative")
    assert one.completions[0].logprobs
    assert len(one.completions[0].logprobs[0].top) <= 10
    assert one.usage
    assert one.usage.prompt_tokens > 0
    assert [call.error for call in one.calls] == [None]
    await line.all_committed()
    score = line.provider.score()
    assert (score.received, score.repeated) == (40, 0)
    assert score.most_in_flight <= 8


async def test_a_request_of_an_older_epoch_is_skipped_and_not_paid(line: Line, start_worker: StartWorker) -> None:
    before = skipped("stale_epoch")
    await line.publish(published(epoch=2, revision=3), request(1, epoch=1), request(2, epoch=2))
    start_worker()

    answers = await line.answered(1)

    await line.all_committed()
    assert [answer.seq for answer in answers] == [2]
    assert line.provider.score().received == 1
    assert skipped("stale_epoch") == before + 1


async def test_a_request_whose_job_is_not_known_waits_for_it(line: Line, start_worker: StartWorker) -> None:
    worker = start_worker()
    await line.publish(request(1))
    await eventually(lambda: bool(line.reports) and line.reports[-1].queued == 1)
    assert worker.health.ready

    await line.publish(published())

    await line.answered(1)


async def test_a_repeated_request_gets_the_same_answer_without_a_second_call(
    line: Line, start_worker: StartWorker
) -> None:
    before = ANSWERS_REPEATED._value.get()
    start_worker()
    await line.publish(published(), request(1))
    (first,) = await line.answered(1)

    await line.publish(published(epoch=2, revision=2))
    again = request(1, epoch=2, ask=2)
    await line.publish(again)
    _, second = await line.answered(2)

    assert (second.epoch, second.ask, second.causation_id) == (2, 2, again.event_id)
    assert second.event_id != first.event_id
    assert (second.completions, second.usage, second.calls) == (first.completions, first.usage, first.calls)
    assert line.provider.score().received == 1
    assert ANSWERS_REPEATED._value.get() == before + 1


async def test_a_job_paused_while_its_requests_wait_for_a_slot_costs_no_further_calls(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(hold=True)
    start_worker(provider={"max_in_flight": 2})
    await line.publish(published(), *(request(seq) for seq in range(4)))
    await eventually(lambda: line.provider.score().in_flight == 2)
    await eventually(lambda: line.reports[-1].queued == 2)  # what was said before both calls were out is past
    before = skipped("job_paused")

    await line.publish(published(state=JobState.PAUSED, revision=2), published("other"))
    await line.publish(request(9, job_id="other"))
    await eventually(lambda: line.reports[-1].queued == 3)  # the other job's is in hand, so the pause is known
    line.provider.change(hold=False)

    answers = await line.answered(3)
    await line.all_committed()
    assert line.provider.score().received == 3
    assert {answer.job_id for answer in answers} == {"job", "other"}
    assert skipped("job_paused") == before + 2


async def test_a_refused_call_is_made_again_and_ends_well(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(first_calls=["rate_limited", "server_error"], retry_after_seconds=0.05)
    start_worker()
    await line.publish(published(), request(1))

    (answer,) = await line.answered(1)

    assert answer.error is None
    assert [(call.error, call.status) for call in answer.calls] == [
        (ErrorKind.RATE_LIMITED, 429),
        (ErrorKind.SERVER_ERROR, 500),
        (None, 200),
    ]


async def test_a_provider_without_structured_output_is_asked_without_it_from_then_on(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(structured_output=False)
    start_worker()
    await line.publish(published(), request(1))
    (first,) = await line.answered(1)
    await line.publish(*(request(seq) for seq in range(2, 12)))

    answers = await line.answered(11)

    assert [call.error for call in first.calls] == [ErrorKind.BAD_REQUEST, None]
    assert not any(answer.structured for answer in answers)
    assert all(answer.error is None for answer in answers)
    assert line.provider.score().received == 12


async def test_a_poison_message_goes_to_the_dead_letter_and_the_rest_is_answered(
    line: Line, start_worker: StartWorker
) -> None:
    start_worker()
    await line.publish(published())
    bad = request(1).to_json().replace(b'"fields":{', b'"fields":"no mapping","was":{')
    await line.publish_raw(REQUESTS, bad)
    await line.publish(request(2))

    await line.answered(1)

    await eventually(lambda: len(line.dead) == 1)
    assert line.dead[0]["tandem-dead-letter-reason"] == "bad_schema"
    await line.all_committed()

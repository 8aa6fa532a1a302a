"""A provider that fails in every way, between a real broker and a whole worker."""

from __future__ import annotations

from collections import Counter

from llm_worker_line import Line, StartWorker, published, request
from tandem.events import ErrorKind

RECORDS = 600


async def test_every_record_ends_right_and_no_answer_is_paid_twice(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(
        failures={
            "server_error": 0.02,
            "timeout": 0.01,
            "trickle": 0.01,
            "reset": 0.01,
            "malformed": 0.01,
            "empty": 0.01,
            "truncated": 0.02,
            "unsupported": 0.01,
            "refusal": 0.01,
            "content_filter": 0.01,
            "too_long": 0.01,
        }
    )
    await line.publish(published(), *(request(seq) for seq in range(RECORDS)))
    start_worker(provider={"max_in_flight": 32, "timeout_seconds": 4.0})

    answers = await line.answered(RECORDS, seconds=120)
    await line.all_committed()

    assert Counter(answer.seq for answer in answers) == Counter(range(RECORDS))
    score = line.provider.score()
    kinds = Counter(answer.error.kind for answer in answers if answer.error)
    assert kinds.keys() == {ErrorKind.REFUSAL, ErrorKind.CONTENT_FILTER, ErrorKind.TOO_LONG}
    assert {kind: score.by_kind[kind] for kind in kinds} == kinds
    assert score.answered == RECORDS - kinds[ErrorKind.CONTENT_FILTER] - kinds[ErrorKind.TOO_LONG]
    assert score.by_kind["unsupported"] >= 1
    assert score.by_kind["truncated"] >= 1
    assert score.answered_repeatedly == 0
    assert sum(len(answer.calls) for answer in answers) == score.received
    failed = Counter(call.error for answer in answers for call in answer.calls if call.error)
    assert failed[ErrorKind.SERVER_ERROR] == score.by_kind["server_error"]
    assert all(call.usage for answer in answers for call in answer.calls if call.error is None)
    assert not line.dead

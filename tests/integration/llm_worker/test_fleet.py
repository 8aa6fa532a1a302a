"""Workers that share an account over a real broker."""

from __future__ import annotations

from typing import Any

from llm_worker_line import Line, StartWorker, published, request
from tandem.events import AccountReported, AccountState
from tandem.testing.waiting import eventually

PER_MINUTE = 1200
ACCOUNT: dict[str, Any] = {"requests_per_minute": PER_MINUTE}
PATIENT: dict[str, Any] = {"start_seconds": 600}
"""Nobody asks here again for what was handed back."""


def last(line: Line, worker: str) -> AccountReported | None:
    """What a worker last said of the account."""
    said = [report for report in line.reports if report.worker == worker and report.accounts]
    return said[-1].accounts[0] if said else None


async def test_workers_share_an_account_by_themselves_and_who_stays_takes_over(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(limits={"requests_per_minute": PER_MINUTE, "capacity_seconds": 1, "counted": "prompt"})
    one = start_worker(worker="one", provider=ACCOUNT, **PATIENT)
    await line.publish(published(), *(request(seq) for seq in range(300)))
    await eventually(lambda: (said := last(line, "one")) is not None and said.share == 1.0, timeout=30)
    start_worker(worker="two", provider=ACCOUNT, **PATIENT)

    def halves() -> bool:
        shares = [said.share for worker in ("one", "two") if (said := last(line, worker)) is not None]
        return len(shares) == 2 and all(0.4 < share < 0.6 for share in shares)

    await eventually(halves, timeout=40)
    await eventually(lambda: {answer.worker for answer in line.answers} == {"one", "two"}, timeout=30)
    await one.stop()
    await eventually(lambda: (said := last(line, "two")) is not None and said.share == 1.0, timeout=30)

    await eventually(lambda: {answer.seq for answer in line.answers} == set(range(300)), timeout=60)
    await line.all_committed()
    score = line.provider.score()
    assert score.refused == 0
    assert score.answered_repeatedly == 0


async def test_a_long_retry_after_that_one_worker_got_stops_the_others_too(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(failures={"rate_limited": 1.0}, retry_after_seconds=600)
    start_worker(worker="one", provider=ACCOUNT, **PATIENT)
    await line.publish(published(), request(0))
    await eventually(lambda: (said := last(line, "one")) is not None and said.state is AccountState.PAUSED, timeout=30)
    refused = line.provider.score().received

    start_worker(worker="two", provider=ACCOUNT, **PATIENT)
    await eventually(lambda: (said := last(line, "two")) is not None and said.state is AccountState.PAUSED, timeout=30)
    await line.publish(*(request(seq) for seq in range(1, 20)))

    await line.all_committed()  # handed back by whoever had them
    assert line.answers == []
    assert line.provider.score().received == refused


async def test_what_one_worker_found_an_account_to_take_is_where_the_next_begins(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(
        limits={"requests_per_minute": 600, "capacity_seconds": 1, "counted": "prompt"},
        headers={"ratelimit": "none", "retry_after_ms": True},
    )
    start_worker(worker="one", provider={"max_in_flight": 64}, **PATIENT)
    await line.publish(published(), *(request(seq) for seq in range(150)))

    def found(worker: str) -> float | None:
        said = last(line, worker)
        return None if said is None else said.requests_per_minute

    await eventually(lambda: (rate := found("one")) is not None and rate < 2000, timeout=30)
    start_worker(worker="two", provider={"max_in_flight": 64}, **PATIENT)

    await eventually(lambda: found("two") is not None, timeout=40)
    said = last(line, "two")
    assert said is not None
    assert said.refused < 10
    await eventually(lambda: {answer.seq for answer in line.answers} == set(range(150)), timeout=60)

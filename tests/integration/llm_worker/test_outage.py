"""A provider that goes down and comes back, as a process that is killed: nothing fails and nothing is paid twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

from llm_worker_line import Line, StartWorker, published, request
from stacks import behave, score_of
from tandem.events import AccountState
from tandem.runtime.processes import free_port
from tandem.testing.provider import ProviderProcess
from tandem.testing.waiting import eventually
from tandem_llm_worker.settings import ProbeSettings

RECORDS = 60


def reported(line: Line, worker: str = "") -> tuple[AccountState, str, str] | None:
    """What a worker said last of its account: the state, the reason and the message."""
    reports = [report for report in line.reports[-20:] if not worker or report.worker == worker]
    accounts = reports[-1].accounts if reports else ()
    return (accounts[0].state, accounts[0].reason, accounts[0].message) if accounts else None


def is_ok(line: Line) -> bool:
    said = reported(line)
    return said is not None and said[0] is AccountState.OK


async def test_a_provider_killed_at_ten_of_sixty_is_waited_for_and_each_record_is_paid_once(
    line: Line, start_worker: StartWorker, tmp_path: Path
) -> None:
    with ProviderProcess(log_file=tmp_path / "provider.log") as provider:
        behave(provider, latency_ms=50)
        start_worker(provider={"base_url": provider.base_url, "max_in_flight": 4})
        await line.publish(published(), *(request(seq) for seq in range(RECORDS)))
        await eventually(lambda: len(line.answers) >= 10, timeout=30)
        behave(provider, hold=True)  # what is under way is not answered, and not paid
        await eventually(lambda: len(line.answers) == score_of(provider).answered)
        paid = score_of(provider).answered
        provider.kill()

        await line.all_committed()
        await eventually(lambda: reported(line) == (AccountState.STOPPED, "connection", "connection refused"))
        assert len(line.answers) == paid < RECORDS
        assert all(answer.error is None for answer in line.answers)

        provider.spawn()
        await asyncio.to_thread(provider.wait_ready, 30.0)
        await eventually(lambda: is_ok(line), timeout=30)
        left = set(range(RECORDS)) - {answer.seq for answer in line.answers}
        await line.publish(published(epoch=2, revision=2), *(request(seq, epoch=2) for seq in left))
        answers = await line.answered(RECORDS)

        assert {answer.seq for answer in answers} == set(range(RECORDS))
        assert all(answer.error is None for answer in answers)
        probes = score_of(provider).answered - len(left)
        assert 1 <= probes <= 2  # the one that healed the account, and one that may have come with the new epoch


async def test_a_server_that_loads_its_model_is_waited_for(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(failures={"loading": 1.0})
    start_worker()
    await line.publish(published(), *(request(seq) for seq in range(20)))
    await line.all_committed()

    await eventually(
        lambda: (said := reported(line)) is not None and said[:2] == (AccountState.STOPPED, "server_error")
    )
    said = reported(line)
    assert said is not None
    assert "503: Loading model" in said[2]
    assert not line.answers

    line.provider.change(failures={})
    await eventually(lambda: is_ok(line), timeout=30)
    await line.publish(published(epoch=2, revision=2), *(request(seq, epoch=2) for seq in range(20)))
    assert all(answer.error is None for answer in await line.answered(20))


async def test_a_provider_that_answers_no_call_is_waited_for_and_called_less_at_once(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(failures={"timeout": 1.0})
    start_worker(provider={"timeout_seconds": 5.5})
    await line.publish(published(), *(request(seq) for seq in range(20)))
    await line.all_committed()

    await eventually(lambda: (said := reported(line)) is not None and said[:2] == (AccountState.STOPPED, "timeout"))
    assert not line.answers
    assert line.provider.score().received <= 8 + 8  # one round of calls, and probes

    line.provider.change(failures={})
    await eventually(lambda: is_ok(line), timeout=30)
    await line.publish(published(epoch=2, revision=2), *(request(seq, epoch=2) for seq in range(20)))
    assert all(answer.error is None for answer in await line.answered(20))


async def test_a_worker_that_cannot_reach_the_provider_stops_no_other(line: Line, start_worker: StartWorker) -> None:
    slow = {"probe": ProbeSettings(first_seconds=60, outage_max_seconds=60)}
    start_worker(worker="cut off", provider={"base_url": f"http://127.0.0.1:{free_port()}/v1"}, **slow)
    await line.publish(published(), *(request(seq) for seq in range(8)))
    stopped = (AccountState.STOPPED, "connection", "connection refused")
    await eventually(lambda: reported(line, "cut off") == stopped, timeout=30)

    well = start_worker(worker="well", **slow)

    async def answered() -> bool:
        await line.publish(*(request(seq) for seq in range(100, 140)))  # to the partitions of both
        return bool(line.answers)

    await eventually(answered, timeout=60, interval=1.0)
    assert {answer.worker for answer in line.answers} == {"well"}
    assert all(answer.error is None for answer in line.answers)
    assert reported(line, "cut off") == stopped  # what is well at another is not heard of one's own network
    await well.stop()

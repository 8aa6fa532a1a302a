"""A provider that stops: requests are handed back unpaid, the fleet hears of it, and it is found well again."""

from __future__ import annotations

from typing import Any

import pytest

from llm_worker_line import Line, StartWorker, agent, published, request
from tandem.events import AccountReported, AccountState, JobState
from tandem.testing.provider import MODEL, SimulatedProvider
from tandem.testing.waiting import eventually
from tandem_llm_worker.settings import ProbeSettings, ProviderSettings


def last(line: Line, provider: str = "simulated") -> AccountReported | None:
    accounts = line.reports[-1].accounts if line.reports else ()
    return next((account for account in accounts if account.provider == provider), None)


def is_in(line: Line, state: AccountState) -> bool:
    account = last(line)
    return account is not None and account.state is state


@pytest.mark.parametrize(
    ("failure", "reason"), [("quota_exhausted", "quota_exhausted"), ("unauthorized", "authentication")]
)
async def test_a_stopped_account_hands_back_is_told_and_healed_by_a_probe(
    line: Line, start_worker: StartWorker, failure: str, reason: str
) -> None:
    line.provider.change(failures={failure: 1.0})
    worker = start_worker()
    await line.publish(published(), *(request(seq) for seq in range(20)))
    await line.all_committed()
    await eventually(lambda: (a := last(line)) is not None and a.handed_back == 20)
    account = last(line)
    assert account is not None
    assert (account.state, account.reason) == (AccountState.STOPPED, reason)
    assert not line.answers
    assert worker.health.ready

    line.provider.change(failures={})
    await eventually(lambda: is_in(line, AccountState.OK))
    await line.publish(published(epoch=2, revision=2), *(request(seq, epoch=2) for seq in range(20)))

    answers = await line.answered(20)
    assert all(answer.error is None for answer in answers)


async def test_nobody_probes_for_a_job_that_is_paused(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(failures={"quota_exhausted": 1.0})
    start_worker()
    await line.publish(published(), request(1))
    await eventually(lambda: is_in(line, AccountState.STOPPED))
    await line.publish(published(state=JobState.PAUSED, revision=2), published("other", agent=agent(provider="none")))
    await line.publish(request(1, job_id="other"))
    await line.all_committed()  # so the pause is known
    received = line.provider.score().received
    reports = len(line.reports)
    await eventually(lambda: len(line.reports) > reports + 20)  # two seconds, ten times the interval
    assert line.provider.score().received <= received + 1

    line.provider.change(failures={})
    await line.publish(published(epoch=2, revision=3, state=JobState.WAITING))
    await eventually(lambda: is_in(line, AccountState.OK))


async def test_a_long_retry_after_pauses_the_account(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(failures={"rate_limited": 1.0}, retry_after_seconds=600)
    start_worker(probe=ProbeSettings(max_pause_seconds=1.5))
    await line.publish(published(), *(request(seq) for seq in range(10)))
    await line.all_committed()
    await eventually(lambda: (a := last(line)) is not None and a.handed_back == 10)
    line.provider.change(failures={})
    await eventually(lambda: is_in(line, AccountState.OK))
    assert {a.reason for r in line.reports for a in r.accounts if a.state is AccountState.PAUSED} == {"retry_after"}


async def test_what_cannot_start_in_time_is_handed_back_and_what_runs_goes_on(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(hold=True)
    start_worker(provider={"max_in_flight": 2, "timeout_seconds": 60}, start_seconds=4)
    await line.publish(published(), *(request(seq) for seq in range(6)))
    await eventually(lambda: (a := last(line)) is not None and a.handed_back == 4, timeout=20)
    assert is_in(line, AccountState.OK)
    line.provider.change(hold=False)
    await line.answered(2)
    await line.all_committed()
    assert line.provider.score().received == 2


async def test_a_stuck_provider_does_not_keep_anothers_requests_from_being_answered(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(hold=True)
    async with SimulatedProvider() as well:
        start_worker(
            providers={
                "simulated": ProviderSettings(base_url=line.provider.base_url, max_in_flight=2),
                "well": ProviderSettings(base_url=well.base_url, max_in_flight=2),
            },
            crowded_seconds=0.3,
            max_held=16,
        )
        other: dict[str, Any] = {"agent": agent(provider="well", fingerprint="w" * 64)}
        await line.publish(published(), published("other", **other))
        await line.publish(*(request(seq) for seq in range(200)))
        await line.publish(*(request(seq, job_id="other") for seq in range(40)))
        await line.answered(40)
        assert {answer.job_id for answer in line.answers} == {"other"}
        account = last(line)
        assert account is not None
        line.provider.change(hold=False)


async def test_workers_hear_of_each_others_stopped_account(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(failures={"quota_exhausted": 1.0})
    slow = {"probe": ProbeSettings(first_seconds=60)}
    start_worker(worker="one", **slow)
    await line.publish(published(), request(1))
    await eventually(lambda: is_in(line, AccountState.STOPPED))
    two = start_worker(worker="two", **slow)

    def both() -> bool:
        states = {r.worker: {a.state for a in r.accounts} for r in line.reports[-10:]}
        return states.get("one") == states.get("two") == {AccountState.STOPPED}

    await eventually(both, timeout=20)
    assert line.provider.score().received == 1
    await two.stop()


async def test_what_the_provider_lists_of_a_model_is_reported(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(context_window=123_456)
    start_worker()
    await line.publish(published(), published("other", agent=agent(model=f"{MODEL}-2")))
    await line.publish(request(1), request(1, job_id="other"))
    await line.answered(2)

    def listed() -> dict[str, tuple[bool | None, int | None, tuple[str, ...]]]:
        return {said.model: (said.listed, said.context_window, said.alike) for said in line.reports[-1].accounts}

    await eventually(lambda: all(known is not None for known, *_ in listed().values()))
    assert listed() == {MODEL: (True, 123_456, ()), f"{MODEL}-2": (False, None, (MODEL,))}

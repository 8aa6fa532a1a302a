"""A provider that limits the rate delays records and ends none, however long it takes."""

from __future__ import annotations

import pytest

from llm_worker_line import agent
from tandem.events import ErrorKind, ModelParameters
from tandem.testing.provider.limits import ProviderLimits
from virtual_worker import DEADLINE_SECONDS, HOURS, Call, LimitedAccount, Serve, Window, timeout, work_through


def daily_headers(taken: int) -> dict[str, str]:
    """The limit of a day, as some providers tell it under the names of the limit of a minute."""
    return {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-remaining-requests": str(14_400 - taken),
        "x-ratelimit-reset-requests": f"{6 * taken}s",
    }


@pytest.mark.parametrize(
    "account",
    [
        pytest.param(Window(10, 60, retry_after="60"), id="any sixty seconds"),
        pytest.param(LimitedAccount(ProviderLimits(requests_per_minute=10, window="fixed")), id="minutes of the clock"),
        pytest.param(LimitedAccount(ProviderLimits(requests_per_minute=10, refused_cost=1)), id="refusals count"),
    ],
)
def test_ten_calls_a_minute_label_thirty_records(account: Serve) -> None:
    ended = work_through(account, records=30)

    assert not ended.errors
    assert ended.answered == 30
    assert ended.longest_held < DEADLINE_SECONDS


@pytest.mark.parametrize("retry_after", [None, "2", "60"])
def test_a_header_that_tells_the_limit_of_a_day_costs_no_record(retry_after: str | None) -> None:
    ended = work_through(Window(30, 60, retry_after=retry_after, headers=daily_headers), records=75)

    assert not ended.errors
    assert ended.answered == 75
    assert ended.longest_held < DEADLINE_SECONDS
    assert ended.refused < 75  # as many as were under way when the first was refused, and few after that


@pytest.mark.parametrize("told", [True, False])
def test_few_calls_are_refused_after_the_first_where_the_header_tells_the_limit_of_a_day(told: bool) -> None:
    account = LimitedAccount(ProviderLimits(requests_per_minute=30), headers=daily_headers, told=told)
    ended = work_through(account, records=150)

    first = min(at for at, kind in ended.calls if kind is ErrorKind.RATE_LIMITED)
    later = [at for at, kind in ended.calls if kind is ErrorKind.RATE_LIMITED and at > first + 5.0]
    assert not ended.errors
    assert len(later) <= 15
    assert ended.seconds < 1.4 * (150 - 30) / 0.5  # what the account allows after its first thirty


def test_a_provider_that_refuses_for_an_hour_ends_no_record() -> None:
    served, refused = Window(1000, 60), Window(0, 1, retry_after="20")

    ended = work_through(lambda call: served(call) if call.at > HOURS else refused(call), records=20)

    assert not ended.errors
    assert ended.answered == 20
    assert ended.longest_held < DEADLINE_SECONDS


def test_samples_that_came_before_the_limit_are_not_paid_again_and_none_is_left_out() -> None:
    account = Window(4, 60, retry_after="50")
    ended = work_through(
        account,
        records=2,
        agent=agent(parameters=ModelParameters(samples=5, temperature=0.5)),
        models={"simulated": {"not_taken": ["n"]}},
    )

    assert not ended.errors
    assert {len(answer.completions) for answer in ended.answers.values()} == {5}
    assert ended.answered == 10
    assert sum(ended.handed_back.values()) > 0


def test_a_record_that_always_times_out_ends_although_it_is_handed_back_for_the_rate() -> None:
    account = Window(6, 60, retry_after="40")

    def serve(call: Call) -> object:
        if call.is_of(3):
            raise timeout()
        return account(call)

    ended = work_through(serve, records=40, timeout_seconds=60)  # type: ignore[arg-type]  # a double

    assert ended.failed == {3}
    assert ended.errors == {ErrorKind.TIMEOUT: 1}

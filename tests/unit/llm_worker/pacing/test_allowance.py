"""What is believed of an account's limits: from settings, from headers, and from what is refused."""

from __future__ import annotations

from math import inf

import pytest

from tandem_llm_worker.pacing.allowance import HEADROOM, Allowance
from tandem_llm_worker.pacing.discovery import FIRST_IN_FLIGHT
from tandem_llm_worker.pacing.headers import LimitReading, LimitReadings
from tandem_llm_worker.pacing.limits import AccountLimits


def calls(allowance: Allowance, *, a_second: float, begin: float, end: float) -> None:
    for number in range(int((end - begin) * a_second)):
        allowance.sent(begin + number / a_second)
        allowance.accepted(begin + number / a_second)


def test_where_nothing_is_known_calls_double_in_each_round_until_one_is_refused() -> None:
    allowance = Allowance(AccountLimits())
    rounds = []
    for number in range(4):
        rounds.append(allowance.most_in_flight)
        for _ in range(int(allowance.most_in_flight)):
            allowance.sent(float(number))
            allowance.accepted(float(number))
    assert rounds == [FIRST_IN_FLIGHT * 2**number for number in range(4)]
    assert allowance.rates.requests is None

    allowance.refused(4.0)

    assert allowance.most_in_flight == inf
    assert allowance.rates.requests is not None


@pytest.mark.parametrize(
    "limits",
    [
        AccountLimits(requests_per_minute=600),
        AccountLimits(tokens_per_minute=600),
        AccountLimits(output_tokens_per_minute=600),
    ],
)
def test_where_a_limit_is_known_it_alone_is_what_counts(limits: AccountLimits) -> None:
    assert Allowance(limits).most_in_flight == inf


def test_what_was_taken_between_two_refusals_is_taken_for_the_limit() -> None:
    allowance = Allowance(AccountLimits(requests_per_minute=12_000))
    calls(allowance, a_second=150, begin=0, end=4)
    allowance.refused(4.0)
    calls(allowance, a_second=120, begin=4, end=9)

    allowance.refused(9.0)

    assert allowance.rates.requests == pytest.approx(120 * 0.98, rel=0.03)


def test_what_was_found_is_the_accounts_and_follows_the_share() -> None:
    allowance = Allowance(AccountLimits())
    allowance.share = 0.25
    allowance.adopt(80, 0.0)
    assert allowance.rates.requests == pytest.approx(20)

    allowance.share = 0.5

    assert allowance.rates.requests == pytest.approx(40)


def test_what_was_found_is_tried_upwards_until_what_is_configured() -> None:
    allowance = Allowance(AccountLimits(requests_per_minute=6000))
    calls(allowance, a_second=50, begin=0, end=4)
    allowance.refused(4.0)
    rate = allowance.rates.requests
    assert rate is not None
    assert rate < 51

    now = 4.0
    while allowance.found is not None and now < 300:
        rate = allowance.rates.requests
        assert rate is not None
        now += 1 / rate
        allowance.sent(now)
        allowance.accepted(now)

    assert now < 60
    assert allowance.rates.requests == pytest.approx(100 * HEADROOM)


def test_a_newcomer_begins_with_what_others_found() -> None:
    allowance = Allowance(AccountLimits())
    allowance.adopt(80.0, 0.0)
    allowance.share = 0.25
    assert allowance.rates.requests == pytest.approx(20)

    told_less = Allowance(AccountLimits(requests_per_minute=600))
    told_less.adopt(80.0, 0.0)
    assert told_less.found is None


def test_headers_lower_what_is_configured_and_never_raise_it() -> None:
    allowance = Allowance(AccountLimits(requests_per_minute=6000))
    allowance.observe(LimitReadings(requests=LimitReading(limit=3000, remaining=12)), 0.0)
    assert allowance.believed.requests == 50
    allowance.observe(LimitReadings(requests=LimitReading(limit=60_000, remaining=60_000)), 0.0)
    assert allowance.believed.requests == 100
    assert allowance.rates.requests == pytest.approx(100 * HEADROOM)  # what is left there is not for this fleet


def test_what_is_left_of_a_limit_that_only_the_settings_say_moves_the_rate_too() -> None:
    allowance = Allowance(AccountLimits(requests_per_minute=6000))
    allowance.observe(LimitReadings(requests=LimitReading(limit=None, remaining=0)), 0.0)
    assert allowance.rates.requests == pytest.approx(95)

    unknown = Allowance(AccountLimits())
    unknown.observe(LimitReadings(requests=LimitReading(limit=None, remaining=0)), 0.0)
    assert unknown.rates.requests is None


@pytest.mark.parametrize(("seconds_left", "faster"), [(1.0, 1.05), (0.3, 1.01), (0.25, 1.0), (0.0, 0.95)])
def test_what_is_left_at_the_provider_moves_the_rate_a_little(seconds_left: float, faster: float) -> None:
    allowance = Allowance(AccountLimits())
    allowance.observe(LimitReadings(requests=LimitReading(limit=6000, remaining=100 * seconds_left)), 0.0)
    assert allowance.rates.requests == pytest.approx(100 * faster)


def told(remaining: float = 0.0) -> LimitReadings:
    return LimitReadings(requests=LimitReading(6000, remaining))


@pytest.mark.parametrize("limits", [AccountLimits(), AccountLimits(requests_per_minute=6000)])
def test_a_refusal_does_not_speak_against_a_limit_that_headers_tell(limits: AccountLimits) -> None:
    allowance = Allowance(limits)
    allowance.sent(0.0)
    allowance.observe(told(), 0.01)
    before = allowance.rates.requests

    assert allowance.refused(0.01), "the bucket is empty, so calls rest"
    assert allowance.refused(1.2)

    assert allowance.found is None
    assert allowance.rates.requests == before


def test_refusals_that_go_on_measure_a_limit_below_the_one_that_headers_tell() -> None:
    allowance = Allowance(AccountLimits())
    allowance.observe(told(), 0.0)
    allowance.refused(0.0)
    calls(allowance, a_second=50, begin=0.0, end=3.0)

    allowance.refused(3.0)

    assert allowance.found == pytest.approx(50 * 0.98, rel=0.1)


def test_a_refusal_of_a_worker_without_a_share_says_nothing_worse_than_one_of_another() -> None:
    rates = []
    for share in (0.0, 0.25):
        allowance = Allowance(AccountLimits(requests_per_minute=6000))
        allowance.share = share
        allowance.sent(0.0)
        allowance.refused(0.02)
        rates.append(allowance.found)

    assert rates[0] == rates[1]
    assert rates[0] == pytest.approx(50, rel=0.01)


def test_many_refusals_at_once_speak_against_a_limit_that_headers_tell() -> None:
    allowance = Allowance(AccountLimits())
    allowance.observe(told(), 0.0)
    for number in range(40):
        allowance.sent(number / 40)
        allowance.refused(number / 40)

    assert allowance.found is not None
    assert allowance.found < 60

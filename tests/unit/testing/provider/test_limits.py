from __future__ import annotations

import pytest

from tandem.testing.provider import Headers, ProviderLimits, headers
from tandem.testing.provider.limits import AccountBuckets


def admitted(account: AccountBuckets, now: float, *, prompt: float = 10, room: float = 10) -> bool:
    return account.admit(prompt, room, now).refused_by is None


def test_a_bucket_gives_what_it_holds_and_then_what_comes() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=60, capacity_seconds=10), now=0)
    assert [admitted(account, 0) for _ in range(11)] == [True] * 10 + [False]
    assert [admitted(account, 2.5) for _ in range(3)] == [True, True, False]


def test_a_bucket_that_is_empty_at_first_admits_the_rate_and_no_more() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=600, initial=0), now=0)
    assert sum(admitted(account, step / 100) for step in range(1001)) == 100


def test_a_fixed_window_gives_everything_when_it_begins() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=3, window="fixed"), now=0)
    assert [admitted(account, 50) for _ in range(4)] == [True] * 3 + [False]
    assert account.admit(1, 1, 50).retry_after == pytest.approx(10)
    assert [admitted(account, 60) for _ in range(4)] == [True] * 3 + [False]
    assert account.buckets["requests"].allowed(60) == 6


def test_refused_calls_cost_when_told_so_and_can_lock_a_caller_out_for_good() -> None:
    limits = ProviderLimits(requests_per_minute=60, capacity_seconds=1, initial=0, refused_cost=1)
    account = AccountBuckets(limits, now=0)
    assert not any(admitted(account, step / 2) for step in range(100))
    assert not admitted(account, 50)
    assert admitted(account, 51.1)


def test_tokens_are_taken_with_the_room_asked_for_and_settled_when_told_so() -> None:
    for settled in (False, True):
        account = AccountBuckets(ProviderLimits(tokens_per_minute=1000, settled=settled), now=0)
        admission = account.admit(100, 400, 0)
        account.settle(admission, 110, 5, 0)
        assert account.buckets["tokens"].level(0) == (885 if settled else 500)
        assert account.buckets["tokens"].taken == (115 if settled else 500)


def test_input_and_output_tokens_may_be_limited_apart() -> None:
    account = AccountBuckets(
        ProviderLimits(input_tokens_per_minute=100, output_tokens_per_minute=1000, counted="prompt"), now=0
    )
    assert account.admit(100, 9999, 0).refused_by is None
    refused = account.admit(50, 9999, 0)
    assert refused.refused_by == "input_tokens"
    assert refused.retry_after == pytest.approx(30)
    assert account.buckets["output_tokens"].level(0) == 1000


def test_a_call_larger_than_the_bucket_waits_for_a_full_one_and_leaves_a_debt() -> None:
    account = AccountBuckets(ProviderLimits(tokens_per_minute=600, capacity_seconds=1), now=0)
    assert admitted(account, 0, prompt=40, room=10)
    refused = account.admit(1, 0, 0)
    assert refused.retry_after == pytest.approx(4.1)
    assert admitted(account, 4.1 + 1e-6, prompt=1, room=0)


def test_nothing_is_taken_of_one_limit_when_another_refuses() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=10, tokens_per_minute=10), now=0)
    assert account.admit(5, 6, 0).refused_by is None  # as much as fits: the bucket is full
    assert account.admit(5, 6, 0).refused_by == "tokens"
    assert account.buckets["requests"].level(0) == 9


def test_the_day_has_a_limit_of_its_own() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=60, requests_per_day=2), now=0)
    assert [account.admit(1, 1, 0).refused_by for _ in range(3)] == [None, None, "requests_per_day"]
    assert headers.of_limits(Headers(), account, 0)["x-ratelimit-remaining-requests"] == "0"


def test_what_is_allowed_counts_from_the_first_request() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=60), now=0)
    requests = account.buckets["requests"]
    assert requests.allowed(5) == 0
    for step in range(100):
        admitted(account, 100 + step / 10)
    assert requests.allowed(109.9) == pytest.approx(69.9)
    assert requests.allowed_by_rate(109.9) == pytest.approx(9.9)
    assert (requests.taken, requests.refused) == (69, 31)
    requests.forget_tally()
    admitted(account, 120)
    assert requests.allowed(130) == pytest.approx(requests.level(120) + 1 + 10)


def test_new_limits_hold_from_now_on() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=60), now=0)
    account.change(ProviderLimits(requests_per_minute=2), now=5)
    assert [admitted(account, 5) for _ in range(3)] == [True, True, False]
    account.change(ProviderLimits(), now=6)
    assert admitted(account, 6)


def test_headers_tell_limit_rest_and_reset_as_documented() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=60, tokens_per_minute=150_000), now=0)
    account.admit(300, 84, 0)
    assert headers.of_limits(Headers(), account, 0) == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149616",
        "x-ratelimit-reset-tokens": "154ms",
    }
    azure = headers.of_limits(Headers(ratelimit="azure"), account, 0)
    assert azure == {"x-ratelimit-remaining-requests": "59", "x-ratelimit-remaining-tokens": "149616"}
    assert headers.of_limits(Headers(ratelimit="none"), account, 0) == {}
    assert set(headers.of_limits(Headers(ratelimit="useless"), account, 0).values()) == {"-1", "0"}


def test_a_refusal_says_when_to_come_back_in_each_form_or_not() -> None:
    account = AccountBuckets(ProviderLimits(requests_per_minute=40, initial=0), now=0)
    refused = account.admit(1, 1, 0)
    assert headers.of_refusal(Headers(), refused) == {"retry-after": "2", "retry-after-ms": "1500"}
    date = headers.of_refusal(Headers(retry_after="date", retry_after_ms=False), refused)
    assert date["retry-after"].endswith("GMT")
    assert headers.of_refusal(Headers(retry_after="none", retry_after_ms=False), refused) == {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.0171, "18ms"), (1, "1s"), (8.64, "8.64s"), (59.9999, "1m0s"), (360, "6m0s"), (5400, "1h30m0s")],
)
def test_durations_are_written_as_openai_writes_them(seconds: float, text: str) -> None:
    assert headers.duration(seconds) == text

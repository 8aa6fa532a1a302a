"""What an error's body says of quotas and waits, whatever its shape."""

from __future__ import annotations

from typing import Any

import pytest

from tandem.events import ErrorKind
from tandem_llm_worker.providers.error_body import ErrorBody
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict, failure, with_quota
from tandem_llm_worker.providers.quota import Quota, quota_in


def google(quota_id: str, delay: Any = "5s") -> dict[str, Any]:
    violation = {"quotaMetric": "example/free_tier_requests", "quotaId": quota_id, "quotaValue": "25"}
    return {
        "error": {
            "code": 429,
            "status": "RESOURCE_EXHAUSTED",
            "message": "You exceeded your current quota, please check your plan and billing details.",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
            ],
        }
    }


DAY = google("GenerateRequestsPerDayPerProjectPerModel-FreeTier")
MINUTE = google("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "37.5s")


def meaning(body: Any, *, headers: dict[str, str] | None = None, status: int = 429) -> CallFailed:
    failed = failure(status, ErrorBody.of(body), sent=(), headers=headers or {})
    return with_quota(failed, quota_in(body))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(DAY, id="object"),
        pytest.param([DAY], id="list"),
        pytest.param(DAY["error"], id="the error alone, as the SDK unwraps it"),
        pytest.param({"error": [DAY["error"]]}, id="list within"),
        pytest.param({"error": {"code": 429, "message": __import__("json").dumps(DAY)}}, id="JSON in the message"),
    ],
)
def test_a_used_up_quota_of_a_day_stops_the_account_and_names_the_quota(body: Any) -> None:
    failed = meaning(body)

    assert (failed.kind, failed.verdict) == (ErrorKind.QUOTA_EXHAUSTED, CallVerdict.STOPPED)
    assert failed.retry_after is None
    assert "GenerateRequestsPerDayPerProjectPerModel-FreeTier" in failed.message


def test_the_quota_of_a_minute_is_waited_for_as_long_as_the_body_says() -> None:
    failed = meaning([MINUTE])

    assert (failed.kind, failed.verdict, failed.retry_after) == (ErrorKind.RATE_LIMITED, CallVerdict.RATE_LIMITED, 37.5)


def test_a_header_wins_over_the_body() -> None:
    assert meaning([MINUTE], headers={"retry-after": "7"}).retry_after == 7


def test_a_long_delay_in_the_body_pauses_the_account() -> None:
    failed = meaning(google("TokensPerMinute", "600s"))

    assert (failed.kind, failed.verdict, failed.retry_after) == (ErrorKind.RATE_LIMITED, CallVerdict.STOPPED, 600)


@pytest.mark.parametrize(
    ("message", "stops"),
    [
        ("Rate limit exceeded: free-models-per-day", True),
        ("You are using a trial key, limited to 1000 API calls / month. monthly limit reached", True),
        ("Rate limit reached on requests per day (RPD): Limit 200. Please try again in 6s.", False),
        ("Rate limit reached on requests per minute.", False),
        ("Too many requests", False),
    ],
)
def test_words_about_a_day_stop_the_account_only_where_no_wait_is_told(message: str, stops: bool) -> None:
    failed = meaning({"error": {"message": message, "code": 429}})

    assert (failed.kind is ErrorKind.QUOTA_EXHAUSTED) is stops
    assert (failed.verdict is CallVerdict.STOPPED) is stops


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        ("5s", 5.0),
        ("0.25s", 0.25),
        (7, 7.0),
        ({"seconds": "5", "nanos": 500_000_000}, 5.5),
        ({"seconds": 3}, 3.0),
        ("soon", None),
        ("-5s", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_every_form_of_a_delay_is_read(delay: Any, seconds: float | None) -> None:
    assert quota_in({"details": [{"retryDelay": delay}]}).retry_after == seconds


@pytest.mark.parametrize("body", [None, "", "text", 5, [], {}, [[]], {"error": None}, "[" * 50, {"error": "{"}])
def test_a_body_that_says_nothing_gives_nothing(body: Any) -> None:
    assert quota_in(body) == Quota()


def test_a_body_of_any_depth_and_size_is_read_in_bounded_time() -> None:
    deep: Any = {}
    for _ in range(500):
        deep = {"a": [deep] * 2}

    assert quota_in(deep) == Quota()
    assert quota_in([{"x": [{}] * 1000}] * 1000) == Quota()


def test_other_failures_are_left_as_they_are() -> None:
    assert meaning([DAY], status=500).kind is ErrorKind.SERVER_ERROR

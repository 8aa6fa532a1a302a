"""A provider that limits the rate delays records and ends none, however long it takes."""

from __future__ import annotations

import pytest

from tandem.events import ErrorKind
from virtual_worker import DEADLINE_SECONDS, Window, work_through


def daily_headers(taken: int) -> dict[str, str]:
    """The limit of a day, as some providers tell it under the names of the limit of a minute."""
    return {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-remaining-requests": str(14_400 - taken),
        "x-ratelimit-reset-requests": f"{6 * taken}s",
    }


def no_headers(_: int) -> dict[str, str]:
    return {}


def test_ten_calls_a_minute_with_a_retry_after_of_a_minute_label_thirty_records() -> None:
    ended = work_through(Window(10, 60, retry_after="60", headers=no_headers), records=30)

    assert not ended.errors
    assert ended.answered == 30
    print(ended.seconds, ended.refused, sum(ended.handed_back.values()), ended.longest_held)
    assert ended.longest_held < DEADLINE_SECONDS


@pytest.mark.parametrize("retry_after", [None, "2", "60"])
def test_a_header_that_tells_the_limit_of_a_day_costs_no_record(retry_after: str | None) -> None:
    ended = work_through(Window(30, 60, retry_after=retry_after, headers=daily_headers), records=75)
    print(ended.seconds, ended.refused, sum(ended.handed_back.values()), ended.longest_held)
    assert not ended.errors
    assert ended.answered == 75
    assert ended.longest_held < DEADLINE_SECONDS
    assert ended.seconds < 300


def test_a_provider_that_refuses_for_an_hour_ends_no_record() -> None:
    served = Window(1000, 60, retry_after=None, headers=no_headers)
    refused = Window(0, 1, retry_after="20", headers=no_headers)
    ended = work_through(lambda now: served(now) if now > 3600 else refused(now), records=20)

    assert not ended.errors
    assert ended.answered == 20
    assert ended.longest_held < DEADLINE_SECONDS


def test_nothing() -> None:
    assert ErrorKind.RATE_LIMITED

"""What headers say of an account."""

from __future__ import annotations

import pytest

from tandem_llm_worker.pacing.headers import LimitReading, duration, read


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("6m0s", 360), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("0.25", 0.25), ("17", 17), ("59.7s", 59.7)],
)
def test_durations_are_read_as_providers_write_them(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1x", "s", "-3", "2026-01-01T00:00:00Z", "nan"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration(text) is None


def test_each_kind_of_limit_is_read() -> None:
    headers = {
        "x-ratelimit-limit-requests": "6000",
        "x-ratelimit-remaining-requests": "5999",
        "x-ratelimit-reset-requests": "10ms",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6ms",
    }
    readings = read(headers)
    assert readings is not None
    assert readings.requests == LimitReading(6000, 5999, 0.01)
    assert readings.tokens == LimitReading(150_000, 149_984, 0.006)
    assert readings.input_tokens is None


def test_what_is_left_counts_where_the_limit_is_not_said() -> None:
    readings = read({"x-ratelimit-remaining-requests": "99", "x-ratelimit-remaining-tokens": "900"})
    assert readings is not None
    assert (readings.requests, readings.tokens) == (LimitReading(None, 99), LimitReading(None, 900))


def test_no_headers_and_broken_ones_say_nothing() -> None:
    assert read({}) is None
    assert read({"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "some"}) is None
    assert read({"x-ratelimit-limit-requests": "0", "x-ratelimit-remaining-requests": "0"}) is None

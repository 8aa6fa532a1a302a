"""Whether a limit in a header is that of a minute or of a day."""

from __future__ import annotations

import pytest

from tandem_llm_worker.pacing.allowance import Allowance
from tandem_llm_worker.pacing.headers import LimitReading, LimitReadings, read
from tandem_llm_worker.pacing.limits import AccountLimits
from tandem_llm_worker.pacing.periods import Period


def daily(used: int) -> LimitReading:
    return LimitReading(14_400.0, 14_400.0 - used, 6.0 * used)


def test_what_comes_back_at_the_rate_of_a_day_is_the_limit_of_a_day_from_the_first_answer_on() -> None:
    period = Period()

    assert [period.is_day(daily(used)) for used in (1, 2, 3)] == [True] * 3
    assert period.is_day(LimitReading(14_400.0, 14_000.0, None))  # known by now


def test_a_reset_that_no_minute_needs_tells_the_limit_of_a_day_at_once() -> None:
    assert Period().is_day(LimitReading(1_000.0, 400.0, 51_840.0))


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(LimitReading(5_000.0, 4_999.0, 0.012), id="a bucket that refills all the time"),
        pytest.param(LimitReading(5_000.0, 4_000.0, 48.0), id="a window of the clock"),
        pytest.param(LimitReading(60.0, 59.0, 1.0), id="one call a second"),
        pytest.param(LimitReading(None, 12.0, 6.0), id="no limit told"),
        pytest.param(LimitReading(500.0, 500.0, 0.0), id="nothing used"),
        pytest.param(LimitReading(500.0, 499.0, None), id="no reset told"),
    ],
)
def test_the_limit_of_a_minute_is_taken_for_one(reading: LimitReading) -> None:
    assert not Period().is_day(reading)


def test_a_window_of_the_clock_that_fits_once_by_chance_is_believed_again() -> None:
    period = Period()

    assert period.is_day(LimitReading(1_440.0, 1_439.0, 59.5))
    assert not period.is_day(LimitReading(1_440.0, 1_400.0, 58.0))


def test_the_limit_of_a_day_is_not_spread_over_a_minute() -> None:
    allowance = Allowance(AccountLimits())
    headers = {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-remaining-requests": "14398",
        "x-ratelimit-reset-requests": "12s",
        "x-ratelimit-limit-tokens": "18000",
        "x-ratelimit-remaining-tokens": "17900",
        "x-ratelimit-reset-tokens": "330ms",
    }
    readings = read(headers)
    assert isinstance(readings, LimitReadings)

    allowance.observe(readings, 1.0)

    assert allowance.believed.requests is None
    assert allowance.believed.tokens == 300.0

"""What a call is charged, learned from what is left at the provider."""

from __future__ import annotations

import pytest

from tandem.testing.provider.limits import AccountBuckets, ProviderLimits
from tandem_llm_worker.pacing import AccountLimits
from tandem_llm_worker.pacing.allowance import Allowance
from tandem_llm_worker.pacing.charging import WINDOW_SECONDS, Charging
from tandem_llm_worker.pacing.headers import LimitReading, LimitReadings


def watch(charging: Charging, *, charged: float, used: float, left: float, most: float, seconds: int = 20) -> None:
    """Use so much a second of an account that charges so much for each, and holds so much at most."""
    now = reckoned = 0.0
    for _ in range(seconds * 10):
        now, reckoned = now + 0.1, reckoned + 0.1 * used
        left = max(0.0, min(most, left + 0.1 - 0.1 * used * charged))
        charging.observe(left, reckoned, now)


@pytest.mark.parametrize("charged", [1.4, 3.0])
def test_what_is_charged_shows_in_how_fast_the_rest_falls(charged: float) -> None:
    charging = Charging()
    watch(charging, charged=charged, used=1.0, left=60.0, most=60.0)
    assert charging.factor == pytest.approx(charged, rel=0.05)


def test_a_first_comparison_counts_in_full_since_there_is_no_time_to_lose() -> None:
    charging = Charging()
    watch(charging, charged=2.0, used=1.0, left=5.0, most=60.0, seconds=2)
    assert charging.factor == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("used", [0.1, 0.6, 1.0])
def test_an_account_that_stays_full_tells_nothing(used: float) -> None:
    charging = Charging()
    watch(charging, charged=1.0, used=used, left=1.0, most=1.0)
    assert charging.factor == 1.0


def test_one_that_fills_up_is_not_taken_for_a_cheap_one() -> None:
    charging = Charging()
    watch(charging, charged=1.0, used=0.5, left=10.0, most=60.0)
    assert charging.factor == 1.0


def test_what_others_use_of_the_account_counts_like_a_higher_charge_and_is_forgotten_when_they_stop() -> None:
    charging = Charging()
    watch(charging, charged=1.5, used=1.0, left=60.0, most=60.0, seconds=30)
    assert charging.factor == pytest.approx(1.5, rel=0.05)
    now, reckoned, left = 1000.0, 1000.0, 10.0
    charging.forget()
    for _ in range(30):
        now, reckoned, left = now + WINDOW_SECONDS, reckoned + 0.6, left + 0.4
        charging.observe(left, reckoned, now)
    assert charging.factor == 1.0


def test_a_provider_that_counts_all_the_room_is_kept_to_without_being_told() -> None:
    account = AccountBuckets(ProviderLimits(tokens_per_minute=60_000, counted="prompt_and_max", initial=0.05), 0.0)
    allowance = Allowance(AccountLimits(tokens_per_minute=60_000))
    now, refused, calls, used = 0.0, 0, 0, 0.0
    while now < 60:
        rate = allowance.rates.tokens
        assert rate is not None
        now += 105 / rate
        taken = account.admit(100, 400, now).refused_by is None  # it answers with five tokens
        calls, used, refused = calls + taken, used + 105 * taken, refused + (not taken)
        left = account.buckets["tokens"].level(now)
        allowance.observe(LimitReadings(tokens=LimitReading(60_000, max(0.0, left))), now, (calls, used, 0.0, 0.0))

    assert calls == pytest.approx(60_000 / 500 + 3_000 / 500, rel=0.06)
    assert refused <= 10

"""The dispatch window's rules."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem_api.dispatch.window import Demand, Rate, late_after, share_window, usable, widen, window_size

demands = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.builds(
        Demand,
        weight=st.floats(0.1, 100, allow_nan=False),
        records=st.integers(0, 1_000_000),
    ),
    max_size=8,
)


@given(window=st.integers(0, 5000), demands=demands)
def test_shares_cover_every_job_and_never_exceed_what_it_can_use(window: int, demands: dict[str, Demand]) -> None:
    shares = share_window(window, demands)
    assert shares.keys() == demands.keys()
    for job, share in shares.items():
        assert 0 <= share <= demands[job].records
        assert share > 0 or demands[job].records == 0


@given(window=st.integers(1, 5000), demands=demands)
def test_shares_stay_within_the_window_but_for_one_request_a_starving_job(
    window: int, demands: dict[str, Demand]
) -> None:
    assert sum(share_window(window, demands).values()) <= window + len(demands)


@given(window=st.integers(8, 5000), demands=demands)
def test_no_window_is_left_while_a_job_wants_more(window: int, demands: dict[str, Demand]) -> None:
    shares = share_window(window, demands)
    wanted = sum(demand.records for demand in demands.values())
    assert sum(shares.values()) >= min(window, wanted) - len(demands)


def test_a_small_job_does_not_wait_behind_a_large_one() -> None:
    shares = share_window(1000, {"small": Demand(1.0, 100), "large": Demand(1.0, 1_000_000)})
    assert shares == {"small": 100, "large": 900}


def test_weights_divide_the_window() -> None:
    shares = share_window(900, {"light": Demand(1.0, 10_000), "heavy": Demand(2.0, 10_000)})
    assert shares == {"light": 300, "heavy": 600}


def test_a_job_of_slow_calls_is_given_no_part_of_the_window_that_quick_calls_made_wide() -> None:
    demands = {"slow": Demand(1.0, 10_000), "quick": Demand(1.0, 10_000)}
    window = window_size(completed_per_second=101, call_slots=64, seconds=2.0, smallest=64, largest=5000)

    shares = share_window(window, usable(demands, slots=64, soon={"slow": 2.0, "quick": 200.0}))

    assert shares == {"slow": 34, "quick": 232}


@given(window=st.integers(1, 5000), slots=st.integers(1, 500), demands=demands, rate=st.floats(0, 1000))
def test_every_job_can_use_something(window: int, slots: int, demands: dict[str, Demand], rate: float) -> None:
    shares = share_window(window, usable(demands, slots=slots, soon=dict.fromkeys(demands, rate)))
    assert all(shares[job] > 0 for job, demand in demands.items() if demand.records)


def test_the_window_is_two_seconds_of_completions_and_the_call_slots_within_bounds() -> None:
    def size(rate: float, slots: int) -> int:
        return window_size(completed_per_second=rate, call_slots=slots, seconds=2.0, smallest=64, largest=5000)

    assert size(0, 0) == 64
    assert size(100, 64) == 264
    assert size(10_000, 640) == 5000


def test_the_rate_follows_what_completes_and_falls_to_zero() -> None:
    rate = Rate()
    for _ in range(200):
        rate = rate.observed(10, 0.1)
    assert 99 < rate.per_second < 101
    for _ in range(1000):
        rate = rate.observed(0, 0.1)
    assert rate.per_second == 0


def test_a_request_is_late_after_twice_the_time_that_requests_take() -> None:
    assert late_after(240, 100.0) == pytest.approx(4.8)
    assert late_after(64, 0.0) == math.inf


def test_what_waits_with_a_dead_worker_does_not_narrow_the_window_of_the_others() -> None:
    assert widen(240, late=150, completed_per_second=75.0, largest=5000) == 390


def test_late_requests_widen_the_window_by_ten_seconds_of_completions_at_most_and_never_beyond_the_largest() -> None:
    assert widen(240, late=5000, completed_per_second=20.0, largest=5000) == 440
    assert widen(4900, late=5000, completed_per_second=75.0, largest=5000) == 5000
    assert widen(6000, late=10, completed_per_second=75.0, largest=5000) == 6000
    assert widen(64, late=64, completed_per_second=0.0, largest=5000) == 64

"""Eight workers on one account, two of whom come and two of whom go, in virtual time: the worker's own pacing.

What else there is to compare with stands in docs/limits.md; the figures here are what others reached at best.
"""

from __future__ import annotations

import pytest
from pacing_simulation import MINUTE_BUCKET, PER_MINUTE, SECOND_BUCKET, Policy, simulate

from tandem.testing.provider.limits import Limits


@pytest.mark.parametrize(("limits", "best"), [(MINUTE_BUCKET, 3061), (SECOND_BUCKET, 2964)])
@pytest.mark.parametrize("configured", [PER_MINUTE, 2 * PER_MINUTE])
def test_shares_with_headers_use_the_account_and_nothing_is_refused(
    limits: Limits, best: int, configured: float
) -> None:
    score = simulate(Policy("ours", configured=configured, headers=True), limits)
    assert score.refused == 0
    assert score.accepted > best


@pytest.mark.parametrize("limits", [MINUTE_BUCKET, SECOND_BUCKET])
def test_lost_reports_and_a_worker_that_was_stopped_and_wakes_do_no_harm(limits: Limits) -> None:
    lost = simulate(Policy("lost", headers=True, lost_reports=0.1), limits)
    stopped = simulate(Policy("stopped", headers=True, stopped=(6.0, 14.0)), limits)
    assert (lost.refused, stopped.refused) == (0, 0)
    assert min(lost.accepted, stopped.accepted) > 2950


@pytest.mark.parametrize("seed", ["", "a", "b", "c"])
@pytest.mark.parametrize(("limits", "best"), [(MINUTE_BUCKET, 3060), (SECOND_BUCKET, 2950)])
def test_without_headers_and_without_a_limit_the_fleet_finds_it_together(limits: Limits, best: int, seed: str) -> None:
    score = simulate(Policy("unknown", configured=None), limits, seed=seed)
    assert score.accepted > best
    assert score.refused <= 52
    assert score.late_refused < 0.01 * score.late_accepted


@pytest.mark.parametrize("limits", [MINUTE_BUCKET, SECOND_BUCKET])
def test_a_limit_set_twice_too_high_is_found_out_without_headers(limits: Limits) -> None:
    score = simulate(Policy("twice", configured=2 * PER_MINUTE), limits)
    assert score.accepted > 2950
    assert score.refused <= 52

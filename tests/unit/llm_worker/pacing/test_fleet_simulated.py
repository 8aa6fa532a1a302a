"""Workers on one account, of whom some come, go or are killed, in virtual time: the worker's own pacing.

What else there is to compare with stands in docs/limits.md; the figures here are what others reached at best.
"""

from __future__ import annotations

import fleet_simulation
import pytest
from pacing_simulation import MINUTE_BUCKET, PER_MINUTE, SECOND_BUCKET, Policy, simulate

from tandem.testing.provider.limits import ProviderLimits


@pytest.mark.parametrize(("limits", "best"), [(MINUTE_BUCKET, 3061), (SECOND_BUCKET, 2964)])
@pytest.mark.parametrize("configured", [PER_MINUTE, 2 * PER_MINUTE])
def test_shares_with_headers_use_the_account_and_nothing_is_refused(
    limits: ProviderLimits, best: int, configured: float
) -> None:
    score = simulate(Policy("ours", configured=configured, headers=True), limits)
    assert score.refused == 0
    assert score.accepted > best


@pytest.mark.parametrize("limits", [MINUTE_BUCKET, SECOND_BUCKET])
def test_lost_reports_and_a_worker_that_was_stopped_and_wakes_do_no_harm(limits: ProviderLimits) -> None:
    lost = simulate(Policy("lost", headers=True, lost_reports=0.1), limits)
    stopped = simulate(Policy("stopped", headers=True, stopped=(6.0, 14.0)), limits)
    assert (lost.refused, stopped.refused) == (0, 0)
    assert min(lost.accepted, stopped.accepted) > 2950


@pytest.mark.parametrize("seed", ["", "a", "b", "c"])
@pytest.mark.parametrize(("limits", "best"), [(MINUTE_BUCKET, 3060), (SECOND_BUCKET, 2950)])
def test_without_headers_and_without_a_limit_the_fleet_finds_it_together(
    limits: ProviderLimits, best: int, seed: str
) -> None:
    score = simulate(Policy("unknown", configured=None), limits, seed=seed)
    assert score.accepted > best
    assert score.refused <= 52
    assert score.late_refused < 0.01 * score.late_accepted


@pytest.mark.parametrize("limits", [MINUTE_BUCKET, SECOND_BUCKET])
def test_a_limit_set_twice_too_high_is_found_out_without_headers(limits: ProviderLimits) -> None:
    score = simulate(Policy("twice", configured=2 * PER_MINUTE), limits)
    assert score.accepted > 2950
    assert score.refused <= 52


CONFIGURED = Policy("configured", headers=True)
LEARNED = Policy("learned from headers", configured=None, headers=True)
UNKNOWN = Policy("unknown", configured=None)


@pytest.mark.parametrize("seed", ["", "a"])
@pytest.mark.parametrize("policy", [CONFIGURED, LEARNED, UNKNOWN], ids=lambda policy: policy.name)
def test_the_others_take_over_what_a_killed_worker_had_of_the_account(policy: Policy, seed: str) -> None:
    score = fleet_simulation.simulate(policy, killed=True, seed=seed)

    killed, ended = int(fleet_simulation.KILLED_AT), int(fleet_simulation.SECONDS)
    seconds = [score.per_second[second] for second in range(ended)]
    assert sum(seconds[killed + 5 : killed + 10]) >= 0.97 * 500
    assert sum(seconds[killed + 10 :]) >= 0.97 * 100 * (ended - killed - 10)
    # a limit that is unknown takes fifteen seconds to be found, of which a longer run has fewer
    assert sum(seconds) >= (0.96 if policy is UNKNOWN else 0.97) * 100 * ended


@pytest.mark.parametrize("refused", [1, 4])
@pytest.mark.parametrize("policy", [CONFIGURED, LEARNED], ids=lambda policy: policy.name)
def test_a_refusal_in_the_first_second_does_not_slow_a_fleet_that_is_told_its_limit(
    policy: Policy, refused: int
) -> None:
    score = fleet_simulation.simulate(policy, refused_first=refused)

    assert sum(score.per_second[second] for second in range(2, 7)) >= 0.97 * 500
    assert score.refused <= refused + 1


def test_a_refusal_in_the_first_second_slows_a_fleet_that_is_told_nothing_for_a_few_seconds_only() -> None:
    score = fleet_simulation.simulate(UNKNOWN, refused_first=1)

    assert sum(score.per_second[second] for second in range(10, 20)) >= 0.9 * 1000

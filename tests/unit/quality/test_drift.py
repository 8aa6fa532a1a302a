"""The drift guard is calm while nothing changes and quick when something does; clusters pass by zero acceptance."""

from __future__ import annotations

import random

import pytest
from scipy.stats import hypergeom

from tandem.quality.acceptance import ClusterVerdict, reads_needed, verdict
from tandem.quality.drift import ALARM, DriftGuard, watched


def test_a_thousand_reads_or_more_come_before_a_false_alarm() -> None:
    random_ = random.Random(1)  # noqa: S311 - a simulation, repeatable by its seed
    limit, runs, total = 4000, 60, 0
    for _ in range(runs):
        guard = DriftGuard(0.05)
        while guard.alarm_after is None and guard.reads < limit:
            guard.see(is_wrong=random_.random() < 0.05)
        total += guard.alarm_after or limit
    assert total / runs >= 1000


@pytest.mark.parametrize(("share", "at_most"), [(0.25, 100), (0.15, 250), (0.10, 900)])
def test_a_change_is_seen_soon(share: float, at_most: int) -> None:
    random_ = random.Random(2)  # noqa: S311 - a simulation, repeatable by its seed
    delays = []
    for _ in range(40):
        guard = DriftGuard(0.05)
        for _ in range(200):
            guard.see(is_wrong=random_.random() < 0.05)
        while guard.alarm_after is None:
            guard.see(is_wrong=random_.random() < share)
        delays.append(guard.alarm_after - 200)
    assert sum(delays) / len(delays) <= at_most


def test_the_evidence_is_the_mean_of_three_bets_that_start_again_at_one() -> None:
    guard = watched([False] * 50, 0.1)
    assert guard.evidence == pytest.approx(((1 - 0.05) + (1 - 0.2) + (1 - 0.6)) / 3), "nothing is saved up"
    guard.see(is_wrong=True)
    assert guard.evidence == pytest.approx((1.45 + 2.8 + 6.4) / 3)
    assert watched([True] * 10, 0.1).alarm_after == 5
    assert watched([True] * 3, 0.9).evidence < ALARM, "no bet loses more than there is"


@pytest.mark.parametrize(("size", "reads"), [(30, 16), (100, 20), (1000, 22), (29, 29), (2, 2)])
def test_a_cluster_with_a_tenth_of_other_labels_passes_with_at_most_beta(size: int, reads: int) -> None:
    assert reads_needed(size) == reads
    if size >= 30:
        others = -(-size // 10)
        assert hypergeom.pmf(0, size, others, reads) <= 0.1 < hypergeom.pmf(0, size, others, reads - 1)


def test_a_cluster_is_accepted_when_all_agree_and_read_whole_when_two_differ() -> None:
    assert verdict(100, ["a"] * 19) is ClusterVerdict.READ_ON
    assert verdict(100, ["a"] * 20) is ClusterVerdict.ACCEPTED
    assert verdict(100, ["a", "b"]) is ClusterVerdict.READ_ALL
    assert verdict(29, ["a"]) is ClusterVerdict.READ_ALL

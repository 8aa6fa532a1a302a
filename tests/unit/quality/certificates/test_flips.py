"""The bound over changed labels holds for every truth, and is worked out from two hypergeometric tails."""

from __future__ import annotations

import math
from itertools import product

import pytest
from scipy.stats import hypergeom

from tandem.quality.certificates.flips import flip_bound, reads_for


@pytest.mark.parametrize(("flips", "drawn"), [(6, 3), (9, 4), (12, 12), (14, 6)])
def test_the_bound_is_too_small_in_at_most_alpha_of_all_samples_whatever_is_wrong(flips: int, drawn: int) -> None:
    alpha = 0.2
    worst = 0.0
    for new_only, old_only, both in product(range(flips + 1), repeat=3):
        neither = flips - new_only - old_only - both
        if neither < 0:
            continue
        added, false = new_only - old_only, 0
        for n, o, b in product(range(new_only + 1), range(old_only + 1), range(both + 1)):
            if not 0 <= drawn - n - o - b <= neither:
                continue
            bound = flip_bound(flips, drawn, new_wrong=n + b, old_wrong=o + b, alpha=alpha)
            if bound.added_at_most < added:
                ways = (math.comb(new_only, n), math.comb(old_only, o), math.comb(both, b))
                false += math.prod(ways) * math.comb(neither, drawn - n - o - b)
        worst = max(worst, false / math.comb(flips, drawn))
    assert worst <= alpha
    assert drawn == flips or worst > 0, "a bound that never fails wastes reads"


def test_each_side_is_the_exact_tail_at_half_of_alpha() -> None:
    found = flip_bound(400, 100, new_wrong=20, old_wrong=55, alpha=0.05)
    new, old = found.new_wrong_at_most, found.old_wrong_at_least
    assert hypergeom.cdf(20, 400, new, 100) > 0.025 >= hypergeom.cdf(20, 400, new + 1, 100)
    assert hypergeom.sf(54, 400, old, 100) > 0.025 >= hypergeom.sf(54, 400, old - 1, 100)
    assert (new, old, found.added_at_most) == (111, 185, -74)


def test_without_reads_every_changed_label_may_be_wrong() -> None:
    assert flip_bound(40, 0, new_wrong=0, old_wrong=0, alpha=0.05) == (40, 0)


def test_the_reads_that_are_planned_are_enough() -> None:
    needed = reads_for(400, new_share=0.2, old_share=0.6, added=0, alpha=0.05)
    assert needed is not None
    assert needed < 50
    shares = {"new_wrong": round(0.2 * needed), "old_wrong": round(0.6 * needed)}
    assert flip_bound(400, needed, **shares, alpha=0.05).added_at_most <= 0
    assert reads_for(400, new_share=0.6, old_share=0.2, added=0, alpha=0.05) is None

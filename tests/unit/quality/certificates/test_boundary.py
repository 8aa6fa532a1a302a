"""The boundary against published values, an independent library, and every way in which it can go wrong."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from tandem.quality.certificates.boundary import NEVER, allowance, boundary
from tandem.quality.certificates.hypergeometric import at_most, hypergeometric
from tandem.quality.certificates.schedule import default_main_look, make_schedule

LOOKS = (100, 130, 169, 219, 300, 390, 507, 659)
LEVELS = tuple(0.03 if look == 300 else 0.02 / 7 for look in LOOKS)


@pytest.mark.parametrize(
    ("size", "tolerated", "audits", "expected"), [(10605, 530, 300, 8), (10605, 212, 500, 4), (3708, 37, 600, 2)]
)
def test_a_single_look_allows_the_published_number(size: int, tolerated: int, audits: int, expected: int) -> None:
    assert allowance(size, tolerated, audits, 0.05) == expected


def test_several_looks_allow_the_published_numbers() -> None:
    assert boundary(3000, 150, LOOKS, LEVELS) == [-1, 0, 2, 3, 9, 12, 18, 26]


@given(st.data())
@settings(deadline=None)
def test_probabilities_are_those_of_scipy(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from([3, 40, 977, 10_605, 1_000_000]))
    marked, drawn = (data.draw(st.integers(0, size)) for _ in range(2))
    first, probabilities = hypergeometric(size, marked, drawn)
    expected = hypergeom(size, marked, drawn)
    assert math.isclose(sum(probabilities), 1, rel_tol=1e-12)
    x = data.draw(st.integers(first, first + len(probabilities) - 1))
    assert math.isclose(probabilities[x - first], expected.pmf(x), rel_tol=1e-6, abs_tol=1e-18)
    assert math.isclose(at_most(size, marked, drawn, x), expected.cdf(x), rel_tol=1e-6, abs_tol=1e-12)


@given(
    st.integers(2, 6).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.integers(0, size - 1),
            st.sets(st.integers(1, size), min_size=1, max_size=4).map(sorted),
            st.lists(st.sampled_from([0.05, 0.1, 0.2, 0.3]), min_size=4, max_size=4),
        )
    )
)
@settings(deadline=None, max_examples=40)
def test_no_set_of_errors_makes_any_look_at_any_cut_false_more_often_than_the_levels_add_up_to(
    case: tuple[int, int, list[int], list[float]],
) -> None:
    """Every set of errors and every audit order of small populations; an adversary chooses the cut at each look."""
    size, tolerated, looks, levels = case
    levels = levels[: len(looks)]
    allowances = boundary(size, tolerated, looks, levels)
    for wrong_places in range(tolerated + 1, size + 1):
        # by symmetry, only how many of the last wrong records are drawn counts; the correct ones between do not
        bad = 0
        for drawn_order in itertools.permutations(range(size), max(looks)):
            bad += any(
                _can_be_false(drawn_order[:look], wrong_places, tolerated, allowed)
                for look, allowed in zip(looks, allowances, strict=True)
                if allowed != NEVER
            )
        assert bad <= sum(levels) * math.perm(size, max(looks)) * (1 + 1e-9)


def _can_be_false(audited: tuple[int, ...], wrong: int, tolerated: int, allowed: int) -> bool:
    """Is there a cut beyond which few enough audits are wrong, and too many records missed? Records 0 … wrong - 1 are
    wrong, and corrected from the last to the first."""
    drawn = set(audited)
    for cut in range(wrong + 1):
        beyond = range(wrong - cut)
        found = sum(record in drawn for record in beyond)
        if found <= allowed and len(beyond) - found > tolerated:
            return True
    return False


def test_the_levels_are_used_up_at_the_worst_number_of_errors() -> None:
    """A boundary that wastes alpha costs people reads. The worst case is M0 + 1 + a wrong records."""
    size, tolerated, runs = 1000, 50, 2000
    schedule = make_schedule(size, tolerated, default_main_look(size, 0.05), 0.05)
    random_, false = random.Random(5), 0  # the same places in each run of the test
    wrong = tolerated + 1 + schedule.allowances[-1]
    for _ in range(runs):
        places = sorted(random_.sample(range(size), wrong))  # where the wrong records lie in the audit order, by rank
        random_.shuffle(places)  # places[k]: audit rank of the k-th wrong record from the end of the correction order
        false += any(
            _false_at_a_cut(places, look, tolerated, allowed)
            for look, allowed in zip(schedule.looks, schedule.allowances, strict=True)
        )
    assert 0.04 <= false / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def _false_at_a_cut(places: list[int], look: int, tolerated: int, allowed: int) -> bool:
    drawn = missed = 0
    for place in places:
        drawn += place < look
        missed += place >= look
        if drawn > allowed:
            return False
        if missed > tolerated:
            return True
    return False


@pytest.mark.parametrize("size", [500, 3000])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_a_tighter_claim_never_allows_more_at_a_look_of_its_own(size: int, alpha: float) -> None:
    """Over several looks a level that one look could not spend goes to the next, so this holds for each look alone."""
    for tolerated, audits in itertools.product((10, 20, 50), (60, 150, 400)):
        loose = allowance(size, tolerated, audits, alpha)
        assert loose >= allowance(size, tolerated - 5, audits, alpha)
        assert loose >= allowance(size, tolerated, audits, alpha / 2)
        assert loose <= allowance(size, tolerated, audits + 20, alpha)


def test_when_everything_is_read_any_number_of_wrong_audits_is_allowed() -> None:
    assert boundary(20, 3, [20], [0.05]) == [16]  # at 17, more than 20 records would be wrong


@pytest.mark.parametrize("looks", [[5, 5], [0, 3], [3, 21]])
def test_looks_that_make_no_schedule_are_refused(looks: list[int]) -> None:
    with pytest.raises(ValueError, match="looks must increase"):
        boundary(20, 3, looks, [0.01, 0.01])

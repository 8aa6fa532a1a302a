"""A limit that nobody tells, found out from what is granted and what is refused."""

from __future__ import annotations

from math import inf

import pytest

from tandem_llm_worker.pacing.discovery import BELOW, BELOW_BOUND, FIRST, FIRST_IN_FLIGHT, MOST_CUT_SOON, Discovery


def granted(discovery: Discovery, *, a_second: float, begin: float, end: float) -> None:
    for number in range(round((end - begin) * a_second)):
        discovery.sent(begin + number / a_second)


def test_what_was_granted_before_the_first_refusal_only_bounds_the_limit() -> None:
    discovery = Discovery()
    granted(discovery, a_second=100, begin=0, end=5)

    assert discovery.refused(5.0, None)

    assert discovery.found == pytest.approx(BELOW_BOUND * 100, rel=0.05)


def test_what_was_granted_between_two_refusals_is_the_limit_and_what_was_refused_does_not_count() -> None:
    discovery = Discovery()
    granted(discovery, a_second=100, begin=0, end=5)
    discovery.refused(5.0, None)
    granted(discovery, a_second=80, begin=5, end=10)
    for _ in range(50):
        discovery.sent(9.99)
        discovery.refused(9.99, 100.0)

    assert discovery.found == pytest.approx(BELOW * 80, rel=0.05)


def test_refusals_that_come_together_are_one() -> None:
    discovery = Discovery()
    granted(discovery, a_second=100, begin=0, end=5)

    assert [discovery.refused(5.0 + each / 100, 100.0) for each in range(40)] == [True] + 39 * [False]


def test_a_short_measure_does_not_cut_far() -> None:
    discovery = Discovery()
    granted(discovery, a_second=100, begin=0, end=5)
    discovery.refused(5.0, None)
    granted(discovery, a_second=20, begin=5, end=5.6)

    discovery.refused(5.6, 70.0)

    assert discovery.found == pytest.approx(MOST_CUT_SOON * 70)


def test_what_other_workers_were_granted_counts_as_well_and_until_now() -> None:
    discovery = Discovery()
    discovery.record_total("other", 1000, 0.0)
    for half in range(1, 20):
        discovery.record_total("other", 1000 + 30 * half, half / 2)
    granted(discovery, a_second=40, begin=0, end=9.9)
    discovery.refused(4.9, None)

    discovery.refused(9.9, 200.0)

    assert discovery.found == pytest.approx(BELOW * (60 + 40), rel=0.05)


def test_a_worker_that_starts_anew_or_falls_silent_does_not_count() -> None:
    discovery = Discovery()
    for half in range(20):
        discovery.record_total("silent", 500 * half, half / 2)
    discovery.record_total("anew", 10_000, 9.0)
    discovery.record_total("anew", 3, 9.5)
    granted(discovery, a_second=50, begin=15, end=20)
    discovery.refused(15.0, None)

    discovery.refused(20.0, 100.0)

    assert discovery.found == pytest.approx(BELOW * 50, rel=0.05)


def test_who_hears_of_a_refusal_goes_on_with_what_the_other_one_found() -> None:
    discovery = Discovery()
    granted(discovery, a_second=100, begin=0, end=5)

    assert discovery.adopt_refused(60.0, 5.0, None)

    assert discovery.found == 60.0
    assert discovery.rate_to_report == 60.0
    assert not discovery.adopt_refused(50.0, 5.2, None)
    assert not discovery.adopt_refused(70.0, 9.0, None)


def test_a_guess_is_told_to_nobody_and_gives_way_to_what_others_found() -> None:
    discovery = Discovery()
    discovery.sent(0.0)
    discovery.refused(0.02, None)
    assert (discovery.found, discovery.rate_to_report) == (FIRST, None)

    discovery.adopt(90.0, 0.1)

    assert (discovery.found, discovery.rate_to_report) == (90.0, 90.0)


def test_a_newcomer_that_is_refused_at_once_hardly_lowers_what_others_found() -> None:
    discovery = Discovery()
    discovery.adopt(100.0, 0.0)
    discovery.sent(0.0)

    discovery.refused(0.02, 100.0)

    assert discovery.found == pytest.approx(BELOW * 100)


def test_each_answer_makes_room_for_one_call_more_of_a_small_part_of_the_account_too() -> None:
    discovery = Discovery()
    for calls in (4, 8, 16):
        assert discovery.most_in_flight(0.25) == calls
        for _ in range(calls):
            discovery.accepted(0.0, 0.25, None)
    tiny = Discovery()
    assert tiny.most_in_flight(0.01) == 1
    tiny.accepted(0.0, 0.01, None)
    assert tiny.most_in_flight(1.0) == 2 * FIRST_IN_FLIGHT

    discovery.refused(4.0, None)

    assert discovery.most_in_flight(0.25) == inf


def test_a_guess_does_not_bound_what_is_measured_after_it() -> None:
    discovery = Discovery()
    discovery.refused(0.02, None)
    assert discovery.found == FIRST
    granted(discovery, a_second=80, begin=0.02, end=4.0)

    discovery.refused(4.0, FIRST)

    assert discovery.found == pytest.approx(BELOW * 80, rel=0.05)

    for number in range(1, 400):
        discovery.sent(4.0 + number / 80)
        discovery.accepted(4.0 + number / 80, 1.0, None)

    assert discovery.found > 95, "a lower bound is left quickly"

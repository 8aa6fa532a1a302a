"""Fewer calls at once while calls time out, more again as they are answered."""

from __future__ import annotations

from tandem_llm_worker.pacing.concurrency import Concurrency


def test_a_round_that_times_out_halves_the_bound_once() -> None:
    bound = Concurrency(64)
    for _ in range(200):
        bound.answered()

    cuts = sum(bound.timed_out(began=0.0, now=60.0) for _ in range(64))

    assert cuts == 1
    assert bound.most == 32


def test_rounds_that_time_out_bring_it_down_to_one_and_never_to_none() -> None:
    bound = Concurrency(64)

    for number in range(20):
        for _ in range(64):
            bound.timed_out(began=60.0 * number, now=60.0 * (number + 1))

    assert bound.most == 1


def test_it_rises_quickly_up_to_the_last_cut_and_slowly_above() -> None:
    bound = Concurrency(64)
    for _ in range(64):
        bound.timed_out(began=0.0, now=60.0)
    bound.restart(60.0)
    rounds = [bound.most]
    while bound.most < 64:
        for _ in range(bound.most):
            bound.answered()
        rounds.append(bound.most)

    assert rounds[:6] == [1, 2, 4, 8, 16, 32]
    assert 30 <= len(rounds) - 6 <= 35


def test_a_call_in_a_hundred_that_hangs_changes_nothing() -> None:
    bound = Concurrency(64)

    for number in range(50):
        for _ in range(99):
            bound.answered()
        assert not bound.timed_out(began=float(number), now=number + 1.0)

    assert bound.most == 64


def test_the_first_call_that_hangs_is_no_evidence() -> None:
    bound = Concurrency(8)

    assert not bound.timed_out(began=0.0, now=60.0)
    assert bound.timed_out(began=0.0, now=60.0)
    assert bound.most == 4

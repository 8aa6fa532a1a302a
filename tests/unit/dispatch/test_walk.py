"""The walk of a job as a value: what changes with what, and what is saved of it."""

from __future__ import annotations

from typing import cast

import pytest

from tandem.jobs import Recent
from tandem.store.annotations.documents import OutcomeCounts
from tandem.store.jobs.documents import JobDocument, first_dispatch
from tandem_api.dispatch.ledger import BudgetLedger
from tandem_api.dispatch.reserve import Reserve
from tandem_api.dispatch.walk import Walk


@pytest.fixture
def walk() -> Walk:
    dispatch = {**first_dispatch(0), "asked_epoch": 1, "reserved_usd": 0.5, "lingering_usd": 0.25, "of_old": True}
    return Walk.of(cast("JobDocument", {"dispatch": dispatch}))


def test_a_step_that_is_not_taken_leaves_the_walk_as_it_was(walk: Walk) -> None:
    step = walk.asked({0: 1, 1: 1}, cursor=2, reserve=None, notice="none yet")
    assert (len(step.outstanding), step.cursor, step.notice, step.unsaved) == (2, 2, "none yet", True)
    assert (len(walk.outstanding), walk.cursor, walk.notice, walk.unsaved) == (0, 0, None, False)


def test_requests_are_void_until_published_and_again_at_another_epoch(walk: Walk) -> None:
    asked = walk.asked({0: 1, 1: 1}, cursor=2, reserve=None, notice=None)
    published = asked.published([0, 1], due=10.0)
    assert (asked.outstanding.void, published.outstanding.void) == ([0, 1], [])
    assert published.at_epoch(1) is published
    assert published.at_epoch(2).outstanding.void == [0, 1]
    assert published.forgotten().outstanding.void == [0, 1]


def test_what_is_reserved_stays_as_it_was_saved_until_the_budget_is_counted(walk: Walk) -> None:
    assert (walk.progress().reserved_usd, walk.progress().lingering_usd) == (0.5, 0.25)
    ledger = BudgetLedger()
    ledger.linger(250_000_000, due=10)
    counted = walk.with_reserve(Reserve(ledger)).progress()
    assert (counted.reserved_usd, counted.lingering_usd) == (0.25, 0.25)


def test_a_budget_that_is_taken_away_releases_what_was_reserved(walk: Walk) -> None:
    without = walk.with_reserve(None)
    assert without.unsaved
    assert (without.progress().reserved_usd, without.progress().lingering_usd) == (0.0, 0.0)
    assert not Walk.of(cast("JobDocument", {"dispatch": first_dispatch(0)})).with_reserve(None).unsaved


def test_a_walk_is_over_when_its_totals_reach_as_far_as_its_cursor(walk: Walk) -> None:
    asked = walk.asked({0: 1}, cursor=1, reserve=None, notice=None)
    assert not asked.ends_below(1)
    nothing_out = asked.outstanding.without([0])
    counts = OutcomeCounts(labeled=1)
    behind = asked.settled(nothing_out, low=0, totals=OutcomeCounts(), spend=(), reserve=None, recent=Recent())
    assert not behind.ends_below(1), "the last stretch is not counted yet"
    assert asked.settled(nothing_out, low=1, totals=counts, spend=(), reserve=None, recent=Recent()).ends_below(1)

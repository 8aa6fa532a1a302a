"""What is said of a budget before a job starts."""

from __future__ import annotations

from tandem_api.planning.checks import budget_problem, budget_warning


def test_a_budget_that_the_job_will_surely_use_up_is_told_with_the_least_that_it_takes() -> None:
    warning = budget_warning(2.0, low=2.5)
    assert warning is not None
    assert (warning.field, warning.detail) == (
        "budget_usd",
        "The job costs $2.50 at least; the budget of $2.00 stops it before its end.",
    )
    assert budget_warning(2.5, low=2.5) is None


def test_a_budget_without_room_for_one_record_is_a_problem() -> None:
    assert budget_problem(2.0, bound=2.0) is None
    problem = budget_problem(2.0, bound=2.01)
    assert problem is not None
    assert problem.cure

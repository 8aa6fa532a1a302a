"""Safeguards: when a canary and a failure stop object, and what they say."""

from __future__ import annotations

import pytest

from tandem.jobs import Canary, FailureStop, Recent


@pytest.mark.parametrize(
    ("most", "unlabeled", "said"),
    [
        (None, 0, "The canary has ended: 0 of the first 20 records have no label (0.0%)."),
        (0.1, 3, "3 of the first 20 records have no label (15.0%), more than the 10.0% that the job allows."),
        (0.0, 1, "1 of the first 20 records has no label (5.0%)"),
    ],
)
def test_a_canary_says_what_it_found_and_what_to_do(most: float | None, unlabeled: int, said: str) -> None:
    objection = Canary(20, 20, most).objection(ended=20, unlabeled=unlabeled)
    assert objection is not None
    assert said in objection
    assert "`tandem job go`" in objection


def test_a_canary_within_its_rule_lets_the_pass_go_on() -> None:
    assert Canary(20, 20, 0.1).objection(ended=20, unlabeled=2) is None
    assert Canary(20, 20, 0.0).objection(ended=0, unlabeled=0) is None


def test_a_failure_stop_looks_at_the_last_records_alone() -> None:
    stop = FailureStop(share=0.5, of_last=4)
    recent = Recent().after([False, False, False], most=4)
    assert stop.objection(recent) is None, "three records are too few to judge"
    recent = recent.after([True, True], most=4)
    assert recent.unlabeled == 2
    assert stop.objection(recent) is None, "half is not more than half"
    objection = stop.objection(recent.after([False, False], most=4).after([False], most=4))
    assert objection is not None
    assert "3 of the last 4 records have no label, more than the 50% that the job allows" in objection


def test_what_ended_before_a_go_does_not_count_after_it() -> None:
    recent = Recent(goes=1).after([False] * 4, most=4)
    assert recent.since(1) is recent
    assert recent.since(2) == Recent(goes=2)
    assert recent.after([], most=0).ended == "", "without a rule nothing is kept"

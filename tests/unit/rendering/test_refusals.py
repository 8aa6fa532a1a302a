"""Which agent versions are rendered no more: those that pass the limits more often than a record in a hundred."""

from __future__ import annotations

import pytest

from tandem.labeling.prompts import PromptLimitError
from tandem.rendering.refusals import MOST_FAULTS, REFUSED_SECONDS, PromptRefusedError, Refusals

TOO_SLOW = PromptLimitError("the user template: it takes too long", template="user")


def test_one_slow_record_in_two_hundred_is_forgiven() -> None:
    refusals = Refusals()
    for _ in range(50):
        refusals.fault("a", TOO_SLOW)
        refusals.success("a", 200)
    refusals.check("a")
    assert not refusals.current


def test_faults_in_a_row_refuse_the_version_and_say_why() -> None:
    refusals = Refusals()
    for _ in range(MOST_FAULTS):
        refusals.check("a")
        refusals.fault("a", TOO_SLOW)
    with pytest.raises(PromptRefusedError, match="takes too long") as caught:
        refusals.check("a")
    assert caught.value.template == "user"
    assert refusals.current == {"a": str(TOO_SLOW)}
    refusals.check("b")


def test_a_refused_version_is_tried_again_and_refused_at_its_next_fault() -> None:
    now = [0.0]
    refusals = Refusals(clock=lambda: now[0])
    refusals.refuse("a", TOO_SLOW)
    now[0] = REFUSED_SECONDS + 1
    refusals.check("a")
    assert not refusals.current
    refusals.fault("a", TOO_SLOW)
    with pytest.raises(PromptRefusedError):
        refusals.check("a")


def test_what_is_told_stays_short() -> None:
    refusals = Refusals()
    for number in range(3000):
        refusals.refuse(str(number), TOO_SLOW)
    refusals.refuse("2990", TOO_SLOW)
    assert len(refusals.current) <= 50
    assert list(refusals.current)[-1] == "2990"

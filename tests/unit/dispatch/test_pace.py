"""A job's own rate limit."""

from __future__ import annotations

import pytest

from tandem_api.dispatch.pace import Pace


def test_it_asks_for_no_more_than_its_rate_over_any_time() -> None:
    pace, asked = Pace(), 0
    for tick in range(601):  # a minute of ticks of a tenth of a second
        room = pace.room(120, tick / 10)
        pace.take(room)
        asked += room
    assert asked == 121  # two a second, and the one that it begins with


def test_what_was_not_used_is_not_saved_up() -> None:
    pace = Pace()
    pace.take(pace.room(120, 0.0))
    assert pace.room(120, 3600.0) == 2


def test_what_had_to_be_asked_again_is_made_up_for() -> None:
    pace = Pace()
    pace.take(5)
    assert pace.room(60, 0.0) == 0
    assert pace.room(60, 4.5) == 0
    assert pace.room(60, 5.0) == 1


@pytest.mark.parametrize("per_minute", [0.5, 30])
def test_a_rate_below_one_a_second_still_asks(per_minute: float) -> None:
    pace = Pace()
    pace.take(pace.room(per_minute, 0.0))
    assert pace.room(per_minute, 60 / per_minute - 0.1) == 0
    assert pace.room(per_minute, 60 / per_minute + 0.1) == 1

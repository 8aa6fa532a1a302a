"""Reports warn when confidence says nothing."""

from __future__ import annotations

import random

import pytest

from tandem.quality.calibration import Ranking, ReliabilitySums
from tandem_api.analysis.reports.confidence_warnings import confidence_warnings

NONE = ReliabilitySums()


def judged(pairs: list[tuple[float, bool]]) -> ReliabilitySums:
    found = ReliabilitySums()
    for confidence, is_right in pairs:
        found.see(confidence, is_right=is_right)
    return found


def drawn(count: int, *, reverse: bool = False) -> ReliabilitySums:
    """Labels that are right as often as their confidence says, or as often as it does not."""
    chance = random.Random(1)  # noqa: S311 - a simulation
    pairs = []
    for _ in range(count):
        confidence = chance.random()
        pairs.append((confidence, chance.random() < (1 - confidence if reverse else confidence)))
    return judged(pairs)


def test_confidence_that_means_what_it_says_has_no_warning() -> None:
    assert confidence_warnings(drawn(300), NONE, [30] * 10) == []


def test_confidence_in_reverse_is_told_with_what_to_do() -> None:
    (ranks, off) = confidence_warnings(drawn(300, reverse=True), NONE, [30] * 10)
    assert "higher for wrong labels than for right ones" in ranks
    assert "random sample" in ranks
    assert "300 labels compared with gold values" in ranks
    assert "reliability table" in off


def test_confidence_that_is_no_better_than_chance_is_told() -> None:
    pairs = [(0.55 + 0.1 * (index % 4), index % 3 > 0) for index in range(240)]
    (ranks,) = confidence_warnings(NONE, judged(pairs), [0] * 10)
    assert "does not separate right labels from wrong ones" in ranks
    assert "people's decisions" in ranks


def test_a_few_labels_say_nothing() -> None:
    assert confidence_warnings(drawn(40, reverse=True), NONE, [4] * 10) == []


def test_confidences_that_are_all_alike_are_told_where_nothing_else_is_known() -> None:
    (warning,) = confidence_warnings(NONE, NONE, [0] * 9 + [60])
    assert "All 60 confidences lie between 0.9 and 1.0" in warning


def test_a_model_that_states_two_confidences_is_told() -> None:
    two = [0] * 7 + [20, 0, 40]
    (warning,) = confidence_warnings(NONE, NONE, two, stated=True)
    assert "20 labels have one of 0.7 to 0.8, 40 one of 0.9 to 1.0" in warning
    assert "token_probability" in warning
    assert confidence_warnings(NONE, NONE, two) == [], "probabilities may lie close together and still rank"
    assert confidence_warnings(NONE, NONE, [0] * 7 + [20, 1, 40], stated=True) == []
    assert confidence_warnings(NONE, NONE, [0] * 8 + [9, 40], stated=True) == [], "too few labels"


def test_of_equal_confidences_half_the_pairs_are_won() -> None:
    ranking = judged([(0.5, index % 2 == 0) for index in range(60)]).ranking()
    assert isinstance(ranking, Ranking)
    assert ranking.area == pytest.approx(0.5)
    assert ranking.low < 0.5 < ranking.high


def test_a_perfect_order_has_the_whole_area() -> None:
    ranking = judged([(0.9, True)] * 30 + [(0.1, False)] * 30).ranking()
    assert ranking is not None
    assert ranking.area == 1.0
    assert judged([(0.9, True)] * 60).ranking() is None

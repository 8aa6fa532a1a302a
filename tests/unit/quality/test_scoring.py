"""Values against values known to be right, of every kind of task."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from tandem.events import MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.quality.comparable_values import comparable
from tandem.quality.intervals import mcnemar, newcombe, paired_difference, wilson
from tandem.quality.scoring import Scores, macro_f1

OPTIONS: Any = [{"value": label} for label in "abcd"]
CHOICE = SingleChoiceTask(name="t", options=OPTIONS)
CHOICES = MultipleChoiceTask(name="t", options=OPTIONS)
SPANS = SpanTask(name="t", options=OPTIONS)
TEXT = TextTask(name="t")


def scored(task: Any, pairs: list[tuple[Any, Any]]) -> Scores:
    """Truth and value, as documents have them."""
    scores = Scores()
    for truth, value in pairs:
        known = comparable(task, truth)
        assert known is not None
        scores.see(task, known, comparable(task, value), None)
    return scores


def span(start: int, end: int, label: str) -> dict[str, Any]:
    return {"field": "text", "start": start, "end": end, "text": "x" * (end - start), "label": label, "attributes": {}}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=60))
def test_choices_are_scored_as_scikit_learn_does(pairs: list[tuple[str, str]]) -> None:
    scores = scored(CHOICE, list(pairs))
    truths, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    by_label = scores.label_scores()
    assert macro_f1(by_label.values()) == pytest.approx(f1_score(truths, values, average="macro", zero_division=0.0))
    labels = sorted(by_label)
    precision, recall, f1, support = precision_recall_fscore_support(truths, values, labels=labels, zero_division=0.0)
    assert [by_label[label].precision for label in labels] == pytest.approx(list(precision))
    assert [by_label[label].recall for label in labels] == pytest.approx(list(recall))
    assert [by_label[label].f1 for label in labels] == pytest.approx(list(f1))
    assert [by_label[label].wanted for label in labels] == list(support)


def test_a_record_without_a_label_is_counted_apart_and_is_no_class() -> None:
    scores = scored(CHOICE, [("a", "a"), ("b", None)])
    assert (scores.known, scores.compared, scores.right) == (2, 1, 1)
    assert set(scores.label_scores()) == {"a"}


sets = st.sets(st.sampled_from("abcd")).map(sorted)


@given(st.lists(st.tuples(sets, sets), min_size=1, max_size=40))
def test_multiple_choices_are_scored_as_scikit_learn_does(pairs: list[tuple[list[str], list[str]]]) -> None:
    scores = scored(CHOICES, list(pairs))
    table = [[[int(label in chosen) for label in "abcd"] for chosen in side] for side in zip(*pairs, strict=True)]
    assert scores.matches.micro().f1 == pytest.approx(f1_score(*table, average="micro", zero_division=0.0))
    assert scores.right == sum(truth == value for truth, value in pairs)
    used = [index for index, label in enumerate("abcd") if any(label in t or label in v for t, v in pairs)]
    if used:
        expected = f1_score(*table, labels=used, average="macro", zero_division=0.0)
        assert macro_f1(scores.label_scores().values()) == pytest.approx(expected)


def test_numbers_are_scored_by_how_far_they_are_off() -> None:
    task = NumberTask(name="t", minimum=0, maximum=10, step=0.5)
    scores = scored(task, [(1, 1), (2, 2.5), (3, 5), (4, 4.2)])
    assert (scores.right, scores.within_step) == (2, 3)  # 4.2 is nearest to 4
    assert scores.mean_absolute_error() == pytest.approx((0 + 0.5 + 2 + 0.2) / 4)
    assert scores.root_mean_squared_error() == pytest.approx(math.sqrt((0.25 + 4 + 0.04) / 4))


def test_spans_are_found_exactly_or_by_overlap() -> None:
    truth = [span(0, 4, "a"), span(10, 14, "b"), span(20, 24, "a")]
    value = [span(0, 4, "a"), span(12, 16, "b"), span(20, 24, "c")]
    scores = scored(SPANS, [(truth, value)])
    micro = scores.matches.micro()
    assert (micro.wanted, micro.given, micro.hits) == (3, 3, 1)
    assert micro.f1 == pytest.approx(1 / 3)
    assert scores.overlap_f1() == pytest.approx(2 / 3)
    assert scores.right == 0
    assert scores.label_scores()["a"].recall == 0.5


def test_records_without_spans_on_both_sides_are_right_and_give_no_overlap() -> None:
    scores = scored(SPANS, [([], [])])
    assert (scores.right, scores.overlap_f1(), scores.jaccard) == (1, None, 1.0)


def test_texts_are_right_exactly_and_up_to_their_form() -> None:
    scores = scored(TEXT, [("New York", "new  york"), ("Rome", "Rome"), ("Oslo", "Bergen")])
    assert (scores.right, scores.right_normalized) == (1, 2)


@pytest.mark.parametrize("value", [None, True, "1", ["a"], {"a": 1}])
def test_what_is_no_number_is_no_value_of_a_number_task(value: Any) -> None:
    assert comparable(NumberTask(name="t", minimum=0, maximum=1), value) is None


def test_the_interval_of_a_share_by_hand() -> None:
    assert wilson(8, 10) == pytest.approx((0.4901625, 0.9433178))
    assert wilson(0, 0) is None
    assert wilson(10, 10) == pytest.approx((0.7224672, 1.0))


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) is None
    assert mcnemar(5, 0) == pytest.approx(2 / 2**5)
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(600, 500) == pytest.approx(math.erfc(math.sqrt(99**2 / 1100 / 2)))
    exact, approximate = mcnemar(520, 480), mcnemar(521, 480)
    assert exact is not None
    assert approximate is not None
    assert abs(exact - approximate) < 0.02


def test_the_difference_of_two_agents_lies_in_its_interval() -> None:
    difference, low, high = paired_difference(30, 10, 100) or (0, 0, 0)
    assert difference == pytest.approx(0.2)
    assert low == pytest.approx(20 / 102 - 1.959964 * math.sqrt(41 - 400 / 102) / 102)
    assert high == pytest.approx(20 / 102 + 1.959964 * math.sqrt(41 - 400 / 102) / 102)
    assert paired_difference(0, 0, 0) is None


def test_newcombes_interval_is_that_of_his_examples() -> None:
    # Newcombe (1998), "Interval estimation for the difference between independent proportions", table II, method 10.
    for counts, expected in (
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((10, 10, 0, 20), (1.0, 0.6791, 1.0)),
    ):
        assert newcombe(*counts) == pytest.approx(expected, abs=1e-4)
    assert newcombe(0, 0, 1, 2) is None

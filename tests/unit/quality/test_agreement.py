"""Agreement between agents, against values worked out by hand and against the libraries that people know."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any, Literal

import krippendorff
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from tandem.events import MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.quality.agreement import Alpha, cohen_kappa, gwet_ac1, largest_share, masi
from tandem.quality.comparable_values import Comparable, SpanKey

OPTIONS: Any = [{"value": label} for label in "abcd"]
CHOICE = SingleChoiceTask(name="t", options=OPTIONS)
CHOICES = MultipleChoiceTask(name="t", options=OPTIONS)
NUMBER = NumberTask(name="t", minimum=0, maximum=10)
SPANS = SpanTask(name="t", options=OPTIONS)
TEXT = TextTask(name="t")


def confusion(one: list[str], other: list[str]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for first, second in zip(one, other, strict=True):
        found.setdefault(first, Counter())[second] += 1
    return found


def alpha_of(task: Any, records: list[list[Comparable]]) -> float | None:
    alpha = Alpha()
    for seq, values in enumerate(records):
        alpha.see(task, seq, values)
    return alpha.alpha(task)


def test_kappa_of_the_textbook_example() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, by chance 0.5.
    assert cohen_kappa({"yes": {"yes": 20, "no": 5}, "no": {"yes": 10, "no": 15}}) == pytest.approx(0.4)


def test_uniform_labels_have_no_kappa_and_no_alpha_instead_of_a_division_by_zero() -> None:
    assert cohen_kappa({"a": {"a": 7}}) is None
    assert cohen_kappa({}) is None
    assert alpha_of(CHOICE, [["a", "a"]] * 5) is None
    assert alpha_of(NUMBER, [[3.0, 3.0]] * 5) is None
    assert alpha_of(CHOICES, [[frozenset("ab"), frozenset("ab")]] * 5) is None
    assert alpha_of(CHOICE, []) is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=2, max_size=60))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = cohen_kappa(confusion(one, other))
    if found is None:
        assert len(set(one + other)) == 1
    else:
        assert found == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)


def grid(records: list[list[Any]]) -> list[list[float]]:
    """A row an agent, as `krippendorff` has it; missing values are NaN."""
    return [[math.nan if value is None else value for value in agent] for agent in zip(*records, strict=True)]


@pytest.mark.parametrize("level", ["nominal", "interval"])
@pytest.mark.parametrize("seed", range(20))
def test_alpha_is_that_of_krippendorff_with_missing_values_too(
    level: Literal["nominal", "interval"], seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311 - draws a case
    records: list[list[Any]] = []
    for _ in range(40):
        truth = draw.randrange(4)
        said = [truth if draw.random() < 0.7 else draw.randrange(4) for _ in range(3)]
        records.append([None if draw.random() < 0.2 else value for value in said])
    expected = krippendorff.alpha(reliability_data=grid(records), level_of_measurement=level)
    kept = [[value for value in values if value is not None] for values in records]
    if level == "nominal":
        found = alpha_of(CHOICE, [["abcd"[value] for value in values] for values in kept])
    else:
        found = alpha_of(NUMBER, [[float(value) for value in values] for values in kept])
    assert found == pytest.approx(expected, abs=1e-9)


def test_texts_are_compared_as_nominal_values() -> None:
    records: list[list[Comparable]] = [["x", "x"], ["y", "y"], ["x", "y"], ["z", "z"]]
    expected = krippendorff.alpha(reliability_data=[[0, 1, 0, 2], [0, 1, 1, 2]], level_of_measurement="nominal")
    assert alpha_of(TEXT, records) == pytest.approx(expected)


def test_masi_is_nearer_where_one_set_holds_the_other() -> None:
    # Passonneau 2006: 1 - Jaccard * (1, 2/3, 1/3, 0).
    assert masi(frozenset("ab"), frozenset("ab")) == 0
    assert masi(frozenset("abc"), frozenset("ab")) == pytest.approx(1 - 2 / 3 * 2 / 3)
    assert masi(frozenset("abc"), frozenset("bcd")) == pytest.approx(1 - 2 / 4 / 3)
    assert masi(frozenset("a"), frozenset("b")) == 1
    assert masi(frozenset(), frozenset("b")) == 1
    assert masi(frozenset(), frozenset()) == 0


def test_alpha_of_sets_by_hand() -> None:
    # Distances within: 0 and 1; among the four values {a}, {a}, {a}, {b}: 3 of 6 pairs are 1 apart.
    records: list[list[Comparable]] = [[frozenset("a"), frozenset("a")], [frozenset("a"), frozenset("b")]]
    assert alpha_of(CHOICES, records) == pytest.approx(1 - 0.5 / 0.5)


def test_alpha_of_spans_survives_being_sampled() -> None:
    one, other = SpanKey("text", 0, 3, "a"), SpanKey("text", 5, 8, "b", (("sure", "yes"),))
    agree: list[list[Comparable]] = [[frozenset((one, other)), frozenset((one, other))], [frozenset(), frozenset()]]
    assert alpha_of(SPANS, agree) == 1
    differ: list[list[Comparable]] = [*agree, [frozenset((one,)), frozenset((other,))]]
    found = alpha_of(SPANS, differ)
    assert found is not None
    assert 0 < found < 1


@given(st.integers(0, 50), st.lists(st.lists(st.sampled_from("abcd"), max_size=4), max_size=50))
def test_alpha_adds_up_over_any_cut(cut: int, records: list[list[str]]) -> None:
    whole, first, second = Alpha(), Alpha(), Alpha()
    for seq, values in enumerate(records):
        whole.see(CHOICE, seq, list(values))
        (first if seq < cut else second).see(CHOICE, seq, list(values))
    first.add(second)
    assert first.alpha(CHOICE) == pytest.approx(whole.alpha(CHOICE))


def test_ac1_is_that_of_gwets_paradox_where_one_label_dominates() -> None:
    # Gwet (2008), "Computing inter-rater reliability and its variance in the presence of high agreement", table 1.
    confusion = {"+": {"+": 118, "-": 5}, "-": {"+": 2, "-": 0}}
    assert gwet_ac1(confusion, 2) == pytest.approx(0.9407, abs=1e-3)
    assert cohen_kappa(confusion) == pytest.approx(-0.0234, abs=1e-3)
    assert largest_share(confusion) == pytest.approx(243 / 250)
    assert gwet_ac1({"a": {"a": 10}}, 1) is None
    assert gwet_ac1({"a": {"a": 10}}, 3) == 1.0
    assert gwet_ac1({}, 2) is None

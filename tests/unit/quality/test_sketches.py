"""Counts in memory that does not grow."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tandem.quality.sketches import Distinct, Extent, HashSample, Quantiles, Top


def test_few_texts_are_counted_exactly_and_many_to_a_few_percent() -> None:
    few, many = Distinct(), Distinct()
    for number in range(1000):
        few.see(str(number % 700))
    for number in range(200_000):
        many.see(str(number % 100_000))
    assert (few.count(), few.is_exact) == (700, True)
    assert not many.is_exact
    assert many.count() == pytest.approx(100_000, rel=0.1)
    assert len(many.hashes) <= 4 * Distinct.KEPT


def test_distinct_texts_add_up_over_stretches_that_share_some() -> None:
    one, other = Distinct(), Distinct()
    for number in range(30_000):
        one.see(str(number))
        other.see(str(number + 15_000))
    one.add(other)
    assert one.count() == pytest.approx(45_000, rel=0.1)


def test_the_most_frequent_texts_survive_many_rare_ones() -> None:
    top = Top()
    for stretch in range(20):
        part = Top()
        for number in range(5000):
            part.see(f"rare {stretch} {number}", number)
            if number % 10 == 0:
                part.see("frequent", stretch * 5000 + number)
        top.add(part)
    assert top.most(1) == [("frequent", 10_000, 0)]
    assert len(top.counts) <= Top.KEPT
    assert top.counts.total() + top.dropped == 20 * 5500


@given(st.lists(st.floats(min_value=0.001, max_value=600), min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.99]))
def test_quantiles_are_right_to_one_percent(values: list[float], share: float) -> None:
    quantiles = Quantiles()
    for value in values:
        quantiles.see(value)
    exact = sorted(values)[max(1, math.ceil(share * len(values))) - 1]
    assert quantiles.at(share) == pytest.approx(exact, rel=0.0101)


def test_of_nothing_there_is_no_quantile_and_no_extent() -> None:
    assert Quantiles().at(0.5) is None
    assert Quantiles().mean() is None
    assert (Extent().low, Extent().high) == (None, None)


def test_a_sample_is_the_same_however_the_stream_is_cut() -> None:
    whole, first, second = HashSample(), HashSample(), HashSample()
    for number in range(10_000):
        whole.see(str(number), f"item {number}")
        (first if number < 3333 else second).see(str(number), f"item {number}")
    second.add(first)
    assert sorted(whole.all()) == sorted(second.all())
    assert len(whole.all()) == HashSample.KEPT


def test_a_sample_is_drawn_from_everywhere() -> None:
    sample = HashSample()
    for number in range(100_000):
        sample.see(str(number), str(number))
    mean = sum(map(int, sample.all())) / HashSample.KEPT
    assert mean == pytest.approx(50_000, rel=0.15)


def test_sums_are_the_same_after_they_were_kept_as_json() -> None:
    quantiles, draw = Quantiles(), random.Random(1)  # noqa: S311 - draws a case
    for _ in range(500):
        quantiles.see(draw.lognormvariate(0, 1))
    adapter = TypeAdapter(Quantiles)
    again = adapter.validate_json(adapter.dump_json(quantiles))
    assert again == quantiles
    again.add(Quantiles())
    assert again.at(0.9) == quantiles.at(0.9)

"""One dissent does not override a better label; two may."""

from __future__ import annotations

from itertools import product

import pytest

from tandem.review.weighing import WeightedRead, accuracies, weighed


def test_one_dissent_of_a_weaker_reader_leaves_the_label_and_a_second_changes_it() -> None:
    reader = WeightedRead("b", 0.8)
    assert weighed("a", 0.05, [reader], options=3).value == "a"
    one, two = weighed("a", 0.05, [reader], options=3), weighed("a", 0.05, [reader, reader], options=3)
    assert one.probability == pytest.approx(0.95 * 0.1 / (0.95 * 0.1 + 0.025 * 0.8 + 0.025 * 0.1))
    assert two.value == "b"
    assert two.probability == pytest.approx(0.025 * 0.64 / (0.025 * 0.64 + 0.95 * 0.01 + 0.025 * 0.01))
    assert weighed("a", 0.5, [reader], options=3).value == "b"


def test_it_is_bayes_rule_over_every_truth() -> None:
    options, risk, said = ("a", "b", "c"), 0.3, [WeightedRead("b", 0.7), WeightedRead("c", 0.9)]
    joint = dict.fromkeys(options, 0.0)
    for truth, first, second in product(options, repeat=3):
        if (first, second) == ("b", "c"):
            prior = 0.7 if truth == "a" else 0.15
            joint[truth] += prior * (0.7 if first == truth else 0.15) * (0.9 if second == truth else 0.05)
    found = weighed("a", risk, said, options=3)
    assert found.value == max(joint, key=lambda value: joint[value])
    assert found.probability == pytest.approx(max(joint.values()) / sum(joint.values()))


def test_few_reads_say_little_of_a_reader() -> None:
    found = accuracies({"new": (0, 0), "ada": (190, 200)})
    assert found == pytest.approx({"new": 0.8, "ada": 198 / 210})

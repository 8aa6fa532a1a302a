"""Confidence where tokens tell nothing: several answers, several agents, what the model says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.labeling.confidence import Confidence, Method, UnknownReason
from tandem.labeling.confidence.agreement import agreement, inclusion, of_agents
from tandem.labeling.confidence.stated import stated, stated_in_answer


def test_the_label_of_most_samples_has_their_share() -> None:
    found = agreement(["a", "b", "a", "a"], options=("a", "b", "c"))
    assert found is not None
    value, confidence = found
    assert isinstance(confidence, Confidence)
    assert (value, confidence.value, confidence.margin) == ("a", 0.75, 0.5)
    assert confidence.probabilities == {"a": 0.75, "b": 0.25, "c": 0.0}
    assert confidence.entropy == pytest.approx(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))


def test_answers_that_cannot_be_read_agree_with_nothing() -> None:
    found = agreement(["a", None, None, "a"])
    assert found is not None
    assert isinstance(found[1], Confidence)
    assert found[1].value == 0.5


def test_one_answer_tells_no_confidence_and_none_no_label() -> None:
    assert agreement(["a"]) == ("a", UnknownReason.ONE_SAMPLE)
    assert agreement([None, None]) is None
    assert inclusion([frozenset("a")], ["a"]) is UnknownReason.ONE_SAMPLE


def test_agents_settle_a_tie_the_same_way_whatever_their_order() -> None:
    one, other = of_agents({"x": "a", "y": "b"}), of_agents({"y": "b", "x": "a"})
    assert one == other
    assert one is not None
    assert isinstance(one[1], Confidence)
    assert (one[0], one[1].value, one[1].margin, one[1].method) == ("a", 0.5, 0.0, Method.AGENT_AGREEMENT)


def test_each_option_of_a_multiple_choice_has_its_own_share() -> None:
    votes = [frozenset({"a", "b"}), frozenset({"a"}), None, frozenset[str]()]
    assert inclusion(votes, ["a", "b", "c"]) == {"a": 0.5, "b": 0.25, "c": 0.0}


@given(st.lists(st.none() | st.sampled_from("abc"), max_size=20))
def test_agreement_never_exceeds_the_share_of_the_votes(votes: list[str | None]) -> None:
    found = agreement(votes, options=tuple("abc"))
    if found is None or not isinstance(found[1], Confidence):
        return
    value, confidence = found
    assert confidence.value == votes.count(value) / len(votes)
    assert all(votes.count(other) <= votes.count(value) for other in "abc")
    assert confidence.probabilities is not None
    assert math.fsum(confidence.probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("said", "share"),
    [
        (0.85, 0.85),
        ("0.85", 0.85),
        ("0,85", 0.85),
        (".9", 0.9),
        (85, 0.85),
        ("85 %", 0.85),
        ("85 percent.", 0.85),
        ("**85%**", 0.85),
        ("8/10", 0.8),
        ("4 out of 5", 0.8),
        (1.0, 1.0),
        ("100", 1.0),
        (0, 0.0),
        ("1%", 0.01),
        ("0.5%", 0.005),
        ("10/10", 1.0),
        ("85\uff05", 0.85),
        ("11", 0.11),
    ],
)
def test_what_the_model_says_is_read_on_its_scale(said: object, share: float) -> None:
    confidence = stated(said)
    assert isinstance(confidence, Confidence)
    assert confidence.value == pytest.approx(share)
    assert confidence.method is Method.STATED


@pytest.mark.parametrize(
    "said", [1, "1", 9, "7.5", "10", "high", "130", "-5", "8/0", "12/10", True, "", "nan", "about 80", "9" * 50]
)
def test_what_is_no_number_on_a_known_scale_is_absent(said: object) -> None:
    assert stated(said) is UnknownReason.STATED_UNCLEAR


def test_a_line_of_text_says_it_once() -> None:
    found = stated_in_answer("label: positive\n**Confidence:** 90%\n")
    assert isinstance(found, Confidence)
    assert found.value == pytest.approx(0.9)
    assert stated_in_answer("label: positive") is UnknownReason.NOT_STATED
    assert stated_in_answer("Confidence: 90%\nConfidence: 20%") is UnknownReason.STATED_UNCLEAR
    assert stated(None) is UnknownReason.NOT_STATED


@pytest.mark.parametrize(
    "answer",
    [
        '<think>Perhaps. Confidence: 60%\n</think>{"label": "positive", "confidence": 90}',
        '{"label": "positive", "confidence": 90}\nConfidence: 0.9',
        "{'label': 'positive', 'confidence': 90}",
        '{"confidence": "90"}\n{"confidence": 90}',
    ],
)
def test_what_is_said_in_two_ways_or_in_thinking_is_one_statement(answer: str) -> None:
    found = stated_in_answer(answer)
    assert isinstance(found, Confidence)
    assert found.value == pytest.approx(0.9)


@given(st.one_of(st.text(max_size=60), st.floats(), st.integers()))
def test_nonsense_is_never_a_confidence_outside_its_range(said: object) -> None:
    confidence = stated(said)
    if isinstance(confidence, Confidence):
        assert 0 <= confidence.value <= 1

"""One label from several agents'."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest
from crowdkit.aggregation.classification.dawid_skene import DawidSkene

from tandem.events import MultipleChoiceTask, NumberTask, SingleChoiceTask, Span, SpanTask, TaskLabel, TextTask
from tandem.labeling.values import problem_with
from tandem.quality.combining import NO_LABEL, TIE, CombinationEstimate, NoLabel, by_estimate, vote
from tandem_api.analysis.combinations.estimation import estimated

OPTIONS: Any = [{"value": label} for label in "abc"]
CHOICE = SingleChoiceTask(name="t", options=OPTIONS)
CHOICES = MultipleChoiceTask(name="t", options=OPTIONS)
SPANS = SpanTask(name="t", options=OPTIONS)


def span(start: int, label: str) -> Span:
    return Span(field="text", start=start, end=start + 3, text="xxx", label=label)


def voted(task: Any, *said: Any) -> TaskLabel:
    label = vote(task, said)
    assert isinstance(label, TaskLabel), label
    assert problem_with(task, label.value) is None
    return label


def test_most_win_and_the_confidence_is_their_share() -> None:
    label = voted(CHOICE, "a", "b", "a")
    assert label.value == "a"
    assert (label.confidence, label.margin) == pytest.approx((2 / 3, 1 / 3))
    assert (label.confidence_method, label.rule) == ("agent_agreement", "vote")
    assert label.probabilities == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3), "c": 0}


def test_a_tie_is_no_label() -> None:
    tied = vote(CHOICE, ("a", "b"))
    assert tied == NoLabel(TIE, "1 for 'a', 1 for 'b'")
    assert isinstance(vote(CHOICE, ("a", "b", "b", "a", "c")), NoLabel)


def test_an_agent_without_a_label_agrees_with_nothing() -> None:
    assert voted(CHOICE, "a", None, None).confidence == pytest.approx(1 / 3)
    assert vote(CHOICE, (None, None)) == NoLabel(NO_LABEL, "none of 2 agents has a label")


def test_numbers_vote_by_the_step_and_texts_by_what_they_say() -> None:
    number = NumberTask(name="t", minimum=0, maximum=5, step=1)
    assert voted(number, 3.0, 3.0000001, 4.0).value == 3.0
    label = voted(TextTask(name="t"), "New York", "new york ", "Boston")
    assert (label.value, label.probabilities) == ("New York", None)


def test_a_label_of_several_is_in_when_more_than_half_gave_it() -> None:
    label = voted(CHOICES, ("a", "b"), ("a",), ("a", "c"))
    assert label.value == ("a",)
    assert label.confidence == pytest.approx(2 / 3)
    assert label.probabilities == {"a": 1, "b": pytest.approx(1 / 3), "c": pytest.approx(1 / 3)}
    assert vote(CHOICES, (("a", "b"), ("a",))) == NoLabel(TIE, "half of the agents gave 'b'")
    none = voted(CHOICES, (), ())
    assert (none.value, none.confidence) == ((), 1.0)


def test_spans_are_voted_on_one_by_one() -> None:
    one, other = span(0, "a"), span(10, "b")
    label = voted(SPANS, (other, one), (one,), (one, other))
    assert label.value == (one, other)
    assert label.span_confidences == pytest.approx((1.0, 2 / 3))
    assert label.confidence == pytest.approx(2 / 3)


def estimate() -> CombinationEstimate:
    """The first agent is always right, the second says `a` whatever is true."""
    right = {"a": {"a": 1.0}, "b": {"b": 1.0}}
    return CombinationEstimate({"a": 0.5, "b": 0.5}, [right, {"a": {"a": 1.0}, "b": {"a": 1.0}}])


def test_an_agent_that_is_right_outweighs_one_that_says_the_same_whatever_is_true() -> None:
    label = by_estimate(CHOICE, ("b", "a"), estimate())
    assert isinstance(label, TaskLabel)
    assert (label.value, label.confidence_method, label.rule) == ("b", "dawid_skene", "dawid_skene")
    assert label.confidence == pytest.approx(1.0)
    assert estimate().accuracy(0) == 1.0
    assert estimate().accuracy(1) == 0.5
    assert by_estimate(CHOICE, (None, "a"), estimate()) == NoLabel(TIE, "'a' and 'b' are equally likely")


def test_an_estimate_is_the_same_after_it_was_stored() -> None:
    assert CombinationEstimate.of(estimate().document(), 2) == estimate()


async def test_the_library_finds_how_often_each_agent_is_right() -> None:
    draw = random.Random(7)  # noqa: S311 - draws a case
    accuracies = (0.95, 0.8, 0.6)
    truths = [draw.randrange(3) for _ in range(3000)]
    votes = [
        [truth if draw.random() < accuracy else (truth + draw.randrange(1, 3)) % 3 for accuracy in accuracies]
        for truth in truths
    ]
    votes[0][2] = -1
    found = await estimated("abc", votes, {}, agents=3)
    assert [found.accuracy(agent) for agent in range(3)] == pytest.approx(accuracies, abs=0.03)
    labels = [by_estimate(CHOICE, [None if v < 0 else "abc"[v] for v in each], found) for each in votes]
    by_vote = [vote(CHOICE, [None if v < 0 else "abc"[v] for v in each]) for each in votes]
    assert share_right(labels, truths) > 0.94 > share_right(by_vote, truths)


def share_right(labels: list[TaskLabel | NoLabel], truths: list[int]) -> float:
    pairs = zip(labels, truths, strict=True)
    return sum(isinstance(label, TaskLabel) and label.value == "abc"[truth] for label, truth in pairs) / len(labels)


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # the library's own
@pytest.mark.parametrize("known", [0, 40])
async def test_the_estimate_and_what_follows_from_it_are_crowd_kits(known: int) -> None:
    draw = random.Random(3)  # noqa: S311 - draws a case
    right = [draw.randrange(3) for _ in range(300)]
    votes = [[draw.choice((t, t, t, t, t, draw.randrange(3), -1)) for _ in range(5)] for t in right]
    assert all(max(each) >= 0 for each in votes)
    truths = dict(list(enumerate(right))[:known])
    found = await estimated("abc", votes, truths, agents=5)
    data = pd.DataFrame(
        [(row, agent, label) for row, each in enumerate(votes) for agent, label in enumerate(each) if label >= 0],
        columns=["task", "worker", "label"],
    )
    golden = pd.Series(truths, name="label").rename_axis("task") if known else None
    library: Any = DawidSkene(n_iter=300, tol=1e-8).fit(data, true_labels=golden)
    assert [found.priors[label] for label in "abc"] == pytest.approx(
        [library.priors_[index] for index in range(3)], abs=1e-3
    )
    for (agent, label), row in library.errors_.iterrows():
        ours = [found.errors[agent]["abc"[truth]].get("abc"[label], 0.0) for truth in range(3)]
        assert ours == pytest.approx([row[truth] for truth in range(3)], abs=1e-3)
    for record, each in enumerate(votes[known:], known):
        label = by_estimate(CHOICE, [None if index < 0 else "abc"[index] for index in each], found)
        assert isinstance(label, TaskLabel)
        assert label.probabilities is not None
        assert [label.probabilities[name] for name in "abc"] == pytest.approx(
            [library.probas_.loc[record][index] for index in range(3)], abs=1e-3
        )

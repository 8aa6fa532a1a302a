"""What a stretch of a job's records gave, of every kind of task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tandem.events import MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.quality.comparing import Comparison, common_tasks, compare, decided, usefulness
from tandem.quality.comparing import Given as Said
from tandem.quality.spread import bin_of, number_bins
from tandem.quality.summary import Ended, JobSummary, summarize

OPTIONS: Any = [{"value": label} for label in "ab"]
TASKS = (
    SingleChoiceTask(name="one", options=OPTIONS),
    MultipleChoiceTask(name="many", options=OPTIONS),
    NumberTask(name="stars", minimum=1, maximum=5, step=1),
    SpanTask(name="spans", options=OPTIONS),
    TextTask(name="topic"),
)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def span(start: int, label: str) -> dict[str, Any]:
    return {"field": "text", "start": start, "end": start + 2, "text": "xx", "label": label, "attributes": {}}


def ended(seq: int, values: dict[str, Any] | None, **more: Any) -> Ended:
    """A record labeled with these values, sure to 0.9; invalid without any."""
    labels = [
        {"task": task, "value": value, "confidence": 0.9, "rule": "exact"} for task, value in (values or {}).items()
    ]
    document: Any = {
        "seq": seq,
        "record_id": str(seq),
        "attempt": 1,
        "outcome": "labeled" if values else "invalid",
        "reason": None if values else "no_option",
        "needs_review": not values,
        "review_reason": None if values else "invalid",
        "review_causes": [],
        "shown": {},
        "labels": labels,
        "seconds": 0.5,
        "created_at": NOON + timedelta(seconds=seq),
        "raw": None if values else "I  am NOT sure",
        "verified": None,
        "verified_at": None,
        "decided_by": None,
        "decided_attempt": None,
        "campaign": None,
    }
    document |= more
    return document  # type: ignore[no-any-return]  # the keys are the TypedDict's


ALL = {"one": "a", "many": ["a", "b"], "stars": 4, "spans": [span(0, "a"), span(4, "b")], "topic": "Rome"}


def test_values_of_every_kind_are_spread() -> None:
    summary = summarize([ended(0, ALL), ended(1, ALL | {"many": [], "topic": "Oslo"}), ended(2, None)], {}, TASKS)
    of = {name: task.spread for name, task in summary.tasks.items()}
    assert of["one"].labels == {"a": 2}
    assert (of["many"].labels, of["many"].per_record) == ({"a": 1, "b": 1}, {2: 1, 0: 1})
    assert (of["stars"].bins, of["stars"].total) == ({3: 2}, 8)
    assert (of["spans"].labels, of["spans"].per_record) == ({"a": 2, "b": 2}, {2: 2})
    assert (of["topic"].texts.most(2), of["topic"].distinct.count()) == ([("Oslo", 1, 1), ("Rome", 1, 0)], 2)
    assert (summary.outcomes, summary.rules) == ({"labeled": 2, "invalid": 1}, {"exact": 10})
    assert of["one"].confidence_histogram[9] == 2


def test_invalid_answers_that_say_the_same_are_one() -> None:
    records = [ended(3, None), ended(4, None, raw="i am not sure "), ended(5, None, raw="no")]
    summary = summarize(records, {}, TASKS)
    assert summary.invalid_answers.most(1) == [("no_option\ni am not sure", 2, 3)]


def test_labels_are_judged_by_gold_and_by_people_apart() -> None:
    gold: dict[int, dict[str, Any]] = {0: {"one": "a", "stars": 3}, 1: {"one": "a"}}
    verified = ended(1, ALL, verified={"one": "b", "spans": [span(0, "a")]})
    summary = summarize([ended(0, ALL), verified, ended(2, ALL)], gold, TASKS)
    one, stars, spans = (summary.tasks[name] for name in ("one", "stars", "spans"))
    assert (one.gold.compared, one.gold.right) == (2, 2)
    assert (one.verified.compared, one.verified.right, one.verified.confusion) == (1, 0, {"b": {"a": 1}})
    assert (stars.gold.right, stars.gold.within_step) == (0, 1)
    assert (spans.verified.matches.micro().hits, spans.verified.matches.micro().given) == (1, 2)


def test_a_gold_value_of_another_shape_is_not_compared() -> None:
    summary = summarize([ended(0, ALL)], {0: {"stars": "four", "many": "a", "spans": ["a"], "one": 3}}, TASKS)
    assert [task.gold.known for task in summary.tasks.values()] == [0, 0, 0, 0, 0]


records = st.lists(
    st.tuples(st.sampled_from("ab"), st.sets(st.sampled_from("ab")), st.integers(1, 5), st.booleans()), max_size=40
)


@given(records, st.integers(0, 40))
def test_sums_do_not_depend_on_how_the_records_are_cut(drawn: list[Any], cut: int) -> None:
    all_ended = [
        ended(seq, {"one": one, "many": sorted(many), "stars": stars, "topic": f"t{stars}"} if valid else None)
        for seq, (one, many, stars, valid) in enumerate(drawn)
    ]
    gold = {seq: {"one": "a", "stars": 2} for seq in range(0, 40, 2)}
    adapter = TypeAdapter(JobSummary)
    summed = JobSummary()
    for part in (all_ended[cut:], all_ended[:cut]):
        summed.add(adapter.validate_json(adapter.dump_json(summarize(part, gold, TASKS))))
    whole = summarize(all_ended, gold, TASKS)
    for name, task in summed.tasks.items():
        other = whole.tasks[name]
        assert task.spread.confidence == pytest.approx(other.spread.confidence)
        assert task.gold.reliability.confidences == pytest.approx(other.gold.reliability.confidences)
        task.spread.confidence, task.gold.reliability = other.spread.confidence, other.gold.reliability
        assert task == other
    assert (whole.outcomes, whole.ended_at, whole.seconds.counts) == (
        summed.outcomes,
        summed.ended_at,
        summed.seconds.counts,
    )


def test_bins_follow_the_steps_where_there_are_few() -> None:
    stars = NumberTask(name="t", minimum=1, maximum=5, step=1)
    assert number_bins(stars) == [(0.5, 1.5), (1.5, 2.5), (2.5, 3.5), (3.5, 4.5), (4.5, 5.5)]
    assert [bin_of(stars, value) for value in (1, 3, 5)] == [0, 2, 4]
    wide = NumberTask(name="t", minimum=-10, maximum=10)
    assert (len(number_bins(wide)), number_bins(wide)[0]) == (20, (-10, -9))
    assert [bin_of(wide, value) for value in (-10, 0, 9.5, 10)] == [0, 10, 19, 19]
    single = NumberTask(name="t", minimum=2, maximum=2)
    assert (number_bins(single), bin_of(single, 2)) == ([(2, 2)], 0)


def compared(*jobs: list[Ended], gold: Any = None) -> Comparison:
    return compare([{each["seq"]: each for each in job} for job in jobs], gold or {}, TASKS)


def test_a_comparison_leaves_out_what_an_agent_did_not_label() -> None:
    one = [ended(0, ALL), ended(1, ALL), ended(2, None)]
    other = [ended(0, ALL), ended(1, ALL | {"one": "b", "stars": 2, "spans": [span(0, "a")]})]
    found = compared(one, other)
    choice, stars, spans = (found.tasks[name] for name in ("one", "stars", "spans"))
    assert (found.records, choice.answered) == (3, {2: 2, 0: 1})
    assert (choice.pairs[0].scores.confusion, choice.differences.best) == ({"a": {"a": 1, "b": 1}}, [(0.9, 1)])
    assert stars.pairs[0].scores.mean_absolute_error() == 1
    assert spans.pairs[0].scores.overlap_f1() == pytest.approx(2 * 0.75 / 1.75)


def test_three_agents_make_three_pairs_and_are_judged_on_what_all_labeled() -> None:
    one, other, third = [ended(0, ALL), ended(1, ALL)], [ended(0, ALL | {"one": "b"}), ended(1, ALL)], [ended(0, ALL)]
    choice = compared(one, other, third, gold={0: {"one": "a"}, 1: {"one": "a"}}).tasks["one"]
    assert [agent.gold.compared for agent in choice.agents] == [1, 1, 1]
    assert [(pair.scores.compared, pair.same) for pair in choice.pairs] == [(2, 1), (1, 1), (1, 0)]
    assert (choice.pairs[0].gold.first_alone, choice.pairs[0].gold.both) == (1, 1)


def test_of_two_decisions_the_latest_holds_and_the_contest_is_told() -> None:
    early = ended(0, ALL, verified={"one": "a"}, verified_at=NOON)
    late = ended(0, ALL, verified={"one": "b"}, verified_at=NOON + timedelta(hours=1))
    assert decided([late, None, early]) == ({"one": "b"}, 1)


def test_confident_contradictions_are_the_most_useful() -> None:
    assert usefulness([Said("a", 0.99), Said("b", 0.95)]) == 0.95
    assert usefulness([Said("a", 0.99), Said("b", None), None]) == 0.5
    assert usefulness([None]) == 0


def test_tasks_are_the_same_by_name_and_kind() -> None:
    other = (SingleChoiceTask(name="many", options=OPTIONS), TASKS[0], TextTask(name="extra"))
    tasks, skipped = common_tasks([TASKS, other])
    assert tasks == [TASKS[0]]
    assert skipped["many"] == "It is of different kinds: multiple_choice, single_choice."
    assert skipped["extra"] == skipped["stars"] == "Not every job has this task."


def test_a_record_counts_under_each_task_that_a_person_is_asked_for() -> None:
    causes = [{"task": "one", "reason": "low_confidence"}, {"task": "stars", "reason": "low_confidence"}]
    asked = ended(0, ALL, needs_review=True, review_reason="low_confidence", review_causes=causes)
    only = ended(1, ALL, needs_review=True, review_reason="low_confidence", review_causes=causes[:1])
    summary = summarize([asked, only, ended(2, None), ended(3, ALL)], {}, TASKS)
    assert summary.needs_review == 3
    assert summary.review == {"one\nlow_confidence": 2, "stars\nlow_confidence": 1, "\ninvalid": 1}

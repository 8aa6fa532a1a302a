"""The one rule of what holds for a record, by the opinions on it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.events import LabelValue
from tandem.review import (
    Opinion,
    OpinionPolicy,
    RecordState,
    Settlement,
    Why,
    current,
    needs_adjudicator,
    settled,
)

ONE, TWO, THREE = OpinionPolicy(), OpinionPolicy(readers=2), OpinionPolicy(readers=3)
ADJUDICATED = OpinionPolicy(readers=2, adjudicated=True)


def says(person: str, revision: int, value: LabelValue, **more: Any) -> Opinion:
    return Opinion(person, revision, {"tone": value}, **more)


def withdraws(person: str, revision: int, taken: int | None = None) -> Opinion:
    return Opinion(person, revision, None, withdraws=taken)


A, B, C = says("ann", 1, "warm"), says("ben", 2, "cold"), says("cleo", 3, "warm")


@pytest.mark.parametrize(
    ("policy", "opinions", "why", "value", "by"),
    [
        (ONE, [A], Why.ONE_READER, "warm", ("ann",)),
        (ONE, [A, B], Why.ONE_READER, "warm", ("ann",)),
        (ONE, [A, B, says("ann", 3, "mild")], Why.ONE_READER, "mild", ("ann",)),
        (ONE, [A, B, withdraws("ann", 3)], Why.ONE_READER, "cold", ("ben",)),
        (ONE, [A, B, withdraws("ann", 3), says("ann", 4, "warm")], Why.ONE_READER, "cold", ("ben",)),
        (ONE, [A, says("eve", 2, "cold", outranks=True)], Why.OVERRULED, "cold", ("eve",)),
        (ONE, [A, says("eve", 2, "cold", outranks=True), says("ann", 3, "mild")], Why.OVERRULED, "cold", ("eve",)),
        (TWO, [A], Why.TOO_FEW, None, ()),
        (TWO, [A, says("ann", 2, "warm")], Why.TOO_FEW, None, ()),
        (TWO, [A, B], Why.DIFFER, None, ()),
        (TWO, [A, B, C], Why.AGREEMENT, "warm", ("ann", "cleo")),
        (TWO, [A, B, C, says("dan", 4, "cold")], Why.TIE, None, ()),
        (TWO, [A, B, C, says("ann", 4, "cold")], Why.AGREEMENT, "cold", ("ann", "ben")),
        (TWO, [A, B, C, withdraws("cleo", 4)], Why.DIFFER, None, ()),
        (THREE, [A, C], Why.TOO_FEW, None, ()),
        (ADJUDICATED, [A, B, says("eve", 3, "mild", outranks=True)], Why.OVERRULED, "mild", ("eve",)),
    ],
)
def test_what_holds(
    policy: OpinionPolicy, opinions: list[Opinion], why: Why, value: str | None, by: tuple[str, ...]
) -> None:
    task = settled(opinions, policy).tasks["tone"]
    assert (task.why, task.value, task.by) == (why, value, by)


def test_a_record_holds_once_each_of_its_tasks_is_settled() -> None:
    opinions = [
        Opinion("ann", 1, {"tone": "warm", "topics": ("a", "b")}),
        Opinion("ben", 2, {"tone": "warm", "topics": ("a",)}),
    ]
    found = settled(opinions, TWO)
    assert {name: task.state for name, task in found.tasks.items()} == {
        "tone": RecordState.SETTLED,
        "topics": RecordState.DISPUTED,
    }
    assert (found.state, found.values, found.by, found.deciding) == (RecordState.DISPUTED, None, ("ann", "ben"), 0)
    done = settled([*opinions, Opinion("cleo", 3, {"tone": "cold", "topics": ("a",)})], TWO)
    assert (done.values, done.deciding) == ({"tone": "warm", "topics": ("a",)}, 3)


def test_an_undo_of_an_older_version_takes_back_the_revision_that_it_names_whoever_gave_it() -> None:
    found = settled([says("known by name alone", 1, "warm"), withdraws("ann", 2, taken=1)], ONE)
    assert found == Settlement()
    assert found.state is RecordState.OPEN


def test_readers_who_are_done_and_differ_wait_for_an_adjudicator() -> None:
    assert needs_adjudicator(settled([A, B], ADJUDICATED), ADJUDICATED)
    assert not needs_adjudicator(settled([A], ADJUDICATED), ADJUDICATED)
    assert not needs_adjudicator(settled([A, B], TWO), TWO)


VALUES = st.sampled_from(["warm", "cold", "mild"])
PEOPLE = st.sampled_from(["ann", "ben", "cleo", "dan"])
POLICIES = st.builds(OpinionPolicy, readers=st.integers(1, 3), adjudicated=st.booleans())


@st.composite
def histories(draw: st.DrawFn) -> list[Opinion]:
    """Draw revisions in order: each an opinion, or a withdrawal of one that stands."""
    found: list[Opinion] = []
    for revision in range(1, draw(st.integers(0, 9)) + 1):
        person = draw(PEOPLE)
        standing = {each.person: each.revision for each in current(found)}
        if person in standing and draw(st.booleans()):
            found.append(withdraws(person, revision, standing[person]))
        else:
            values = {task: draw(VALUES) for task in ("tone", "mood")}
            found.append(Opinion(person, revision, values, outranks=draw(st.integers(0, 5)) == 0))
    return found


@given(history=histories(), policy=POLICIES, data=st.data())
def test_the_order_and_repetition_of_opinions_change_nothing(
    history: list[Opinion], policy: OpinionPolicy, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(history))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(history), max_size=3)) if history else []
    assert settled(repeated, policy) == settled(history, policy)


@given(history=histories(), policy=POLICIES)
def test_what_holds_is_what_its_people_said_last_and_enough_of_them(
    history: list[Opinion], policy: OpinionPolicy
) -> None:
    found = settled(history, policy)
    last = {each.person: each for each in history}
    standing = {person: each for person, each in last.items() if each.values is not None}
    assert set(found.people) == set(standing)
    for name, task in found.tasks.items():
        said = {person: (each.values or {})[name] for person, each in standing.items()}
        if task.state is RecordState.SETTLED:
            assert {said[person] for person in task.by} == {task.value}
        else:
            assert (task.value, task.by) == (None, ())
        if any(each.outranks for each in standing.values()):
            assert task.why is Why.OVERRULED
        elif task.state is RecordState.SETTLED:
            assert len(task.by) >= policy.readers
        elif policy.readers == 1:
            pytest.fail("one reader settles every task")
    assert (found.values is None) == (found.state is not RecordState.SETTLED)


@given(history=histories(), policy=POLICIES, person=PEOPLE, value=VALUES)
def test_an_opinion_and_its_withdrawal_leave_what_held_for_the_others(
    history: list[Opinion], policy: OpinionPolicy, person: str, value: str
) -> None:
    others = [each for each in history if each.person != person]
    revision = len(history) + 1
    given_and_taken = [
        *others,
        Opinion(person, revision, {"tone": value, "mood": value}),
        withdraws(person, revision + 1, revision),
    ]
    assert settled(given_and_taken, policy) == settled(others, policy)

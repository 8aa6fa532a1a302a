"""The rule that turns the opinions on one record into what holds for it.

Example, two readers who must agree: Ann says `positive`, Ben says `negative`: disputed. Cleo says `positive`: settled
by Ann and Cleo. Ann corrects hers to `negative`: settled by Ann and Ben, with the other value.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from tandem.events import LabelValue
from tandem.labeling.values import key_of
from tandem.review.policy import OpinionPolicy


class RecordState(StrEnum):
    OPEN = "open"
    """Too few people gave an opinion, and those who did do not differ."""
    SETTLED = "settled"
    DISPUTED = "disputed"
    """People differ, and nobody has the last word."""


class Why(StrEnum):
    ONE_READER = "one_reader"
    """The first reader whose opinion stands, with their newest value."""
    AGREEMENT = "agreement"
    """The number of people that the policy requires gave this value."""
    OVERRULED = "overruled"
    """An adjudicator's or admin's opinion outranks the readers'."""
    TOO_FEW = "too_few"
    """Too few opinions: more people must give one."""
    DIFFER = "differ"
    """People gave different values, and none has enough voices."""
    TIE = "tie"
    """Two values have as many voices each, and enough of them."""

    @property
    def state(self) -> RecordState:
        """Return the state of a task for this reason."""
        match self:
            case Why.ONE_READER | Why.AGREEMENT | Why.OVERRULED:
                return RecordState.SETTLED
            case Why.TOO_FEW:
                return RecordState.OPEN
            case Why.DIFFER | Why.TIE:
                return RecordState.DISPUTED
        assert_never(self)


@dataclass(frozen=True, slots=True)
class Opinion:
    """Revision of a person's opinion, as the rule needs it.

    `revision` is unique in the record and rises with each opinion and each withdrawal, whoever gives it. `values` None:
    a withdrawal; it takes back its person's opinion, and the revision `withdraws` where that is named.
    """

    person: str
    revision: int
    values: Mapping[str, LabelValue] | None
    outranks: bool = False
    withdraws: int | None = None


@dataclass(frozen=True, slots=True)
class TaskSettlement:
    """Settlement of one task. `by`: ids of the people whose opinions make it hold, sorted; empty unless settled."""

    why: Why
    value: LabelValue | None = None
    by: tuple[str, ...] = ()

    @property
    def state(self) -> RecordState:
        return self.why.state


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settlement of a record. People's values hold for it once each of its tasks is settled."""

    tasks: Mapping[str, TaskSettlement] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    """Ids of the people whose opinions stand, sorted."""
    deciding: int = 0
    """Revision of the newest opinion that makes the values hold; 0 unless settled."""

    @property
    def opinions(self) -> int:
        """Return the number of opinions that stand, one a person."""
        return len(self.people)

    @property
    def state(self) -> RecordState:
        states = {task.state for task in self.tasks.values()}
        if RecordState.DISPUTED in states:
            return RecordState.DISPUTED
        return RecordState.SETTLED if states == {RecordState.SETTLED} else RecordState.OPEN

    @property
    def values(self) -> dict[str, LabelValue] | None:
        """Return the value of each task where the whole record is settled, else None."""
        if self.state is not RecordState.SETTLED:
            return None
        return {name: task.value for name, task in self.tasks.items() if task.value is not None}

    @property
    def by(self) -> tuple[str, ...]:
        """Return the ids of the people who settled any task, sorted."""
        return tuple(sorted({person for task in self.tasks.values() for person in task.by}))


@dataclass(frozen=True, slots=True)
class _Standing:
    """A person's newest opinion; `since`: revision of the first one after their last withdrawal."""

    opinion: Opinion
    since: int


def settled(opinions: Iterable[Opinion], policy: OpinionPolicy) -> Settlement:
    """Return what holds for a record, given all revisions of its opinions in any order."""
    standing = _standing(opinions)
    tasks = {
        task: _settled_task([each for each in standing if task in (each.opinion.values or {})], task, policy)
        for task in _tasks(standing)
    }
    settlement = Settlement(tasks=tasks, people=tuple(sorted(each.opinion.person for each in standing)))
    if settlement.state is not RecordState.SETTLED:
        return settlement
    by = settlement.by
    newest = max(each.opinion.revision for each in standing if each.opinion.person in by)
    return Settlement(tasks=tasks, people=settlement.people, deciding=newest)


def current(opinions: Iterable[Opinion]) -> tuple[Opinion, ...]:
    """Return the newest opinion of each person who has not withdrawn theirs, by revision."""
    return tuple(each.opinion for each in _standing(opinions))


def needs_adjudicator(settlement: Settlement, policy: OpinionPolicy) -> bool:
    """Say whether the readers are done and differ, so that only an adjudicator's opinion settles the record."""
    return policy.adjudicated and settlement.state is RecordState.DISPUTED and settlement.opinions >= policy.readers


def may_see_others(settlement: Settlement, policy: OpinionPolicy, *, has_given: bool, is_admin: bool) -> bool:
    """Say whether a person may see what others said of a record: not while they can still be one of several readers."""
    return policy.readers == 1 or settlement.state is RecordState.SETTLED or has_given or is_admin


def _standing(opinions: Iterable[Opinion]) -> tuple[_Standing, ...]:
    by_revision = sorted({each.revision: each for each in opinions}.values(), key=lambda each: each.revision)
    withdrawn = {each.withdraws for each in by_revision if each.values is None}
    found: dict[str, _Standing] = {}
    for each in by_revision:
        if each.values is None:
            found.pop(each.person, None)
        elif each.revision not in withdrawn:
            before = found.get(each.person)
            found[each.person] = _Standing(each, each.revision if before is None else before.since)
    return tuple(sorted(found.values(), key=lambda each: each.opinion.revision))


def _tasks(standing: Sequence[_Standing]) -> tuple[str, ...]:
    """Return the tasks in the order in which the opinions name them."""
    return tuple(dict.fromkeys(task for each in standing for task in each.opinion.values or {}))


def _settled_task(standing: Sequence[_Standing], task: str, policy: OpinionPolicy) -> TaskSettlement:
    outranking = [each for each in standing if each.opinion.outranks]
    if outranking:
        return _by_one(max(outranking, key=lambda each: each.opinion.revision), task, Why.OVERRULED)
    if policy.readers == 1:
        return _by_one(min(standing, key=lambda each: each.since), task, Why.ONE_READER)
    voices: dict[Hashable, list[Opinion]] = {}
    for each in standing:
        voices.setdefault(key_of(_value(each.opinion, task)), []).append(each.opinion)
    most = max(len(group) for group in voices.values())
    leading = [group for group in voices.values() if len(group) == most]
    if most >= policy.readers and len(leading) == 1:
        people = tuple(sorted(opinion.person for opinion in leading[0]))
        return TaskSettlement(Why.AGREEMENT, _value(leading[0][0], task), people)
    if most >= policy.readers:
        return TaskSettlement(Why.TIE)
    return TaskSettlement(Why.TOO_FEW if len(voices) == 1 else Why.DIFFER)


def _by_one(standing: _Standing, task: str, why: Why) -> TaskSettlement:
    return TaskSettlement(why, _value(standing.opinion, task), (standing.opinion.person,))


def _value(opinion: Opinion, task: str) -> LabelValue:
    return (opinion.values or {})[task]

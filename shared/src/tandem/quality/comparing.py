"""Comparison of what two or more agents gave the same records, as sums over stretches of records."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Self

from tandem.events.schema import LabelTask
from tandem.quality.additive import Additive
from tandem.quality.agreement import Alpha
from tandem.quality.comparable_values import Comparable, comparable, is_same
from tandem.quality.scoring import Scores
from tandem.quality.sketches import Quantiles
from tandem.quality.summary import Answered, Ended

UNKNOWN_CONFIDENCE = 0.5
"""Confidence assumed for a label without one when differences are ordered."""


@dataclass(slots=True)
class Contest(Additive):
    """Two agents against known values, over the records where both have one."""

    both: int = 0
    first_alone: int = 0
    second_alone: int = 0
    neither: int = 0
    shown: Counter[int] = field(default_factory=Counter)
    """Counts over people's decisions: how often the label of the first (0), the second (1) or a third agent (2) was on
    the screen when the person decided.
    """

    def see(self, *, first: bool, second: bool) -> None:
        self.both += first and second
        self.first_alone += first and not second
        self.second_alone += second and not first
        self.neither += not first and not second

    @property
    def count(self) -> int:
        return self.both + self.first_alone + self.second_alone + self.neither


@dataclass(slots=True)
class Pair(Additive):
    """Two agents, over the records to which both gave a value. In `scores` the first stands for the truth."""

    same: int = 0
    scores: Scores = field(default_factory=Scores)
    gold: Contest = field(default_factory=Contest)
    verified: Contest = field(default_factory=Contest)


@dataclass(slots=True)
class Differences(Additive):
    """The records where agents differ: how many, and those most useful to look at."""

    KEPT = 1000
    count: int = 0
    best: list[tuple[float, int]] = field(default_factory=list)
    """Usefulness and seq; the most useful first."""

    def see(self, seq: int, usefulness: float) -> None:
        self.count += 1
        self.best.append((usefulness, seq))
        if len(self.best) > 4 * self.KEPT:
            self._prune()

    def add(self, other: Self) -> None:
        self.count += other.count
        self.best += other.best
        self._prune()

    def _prune(self) -> None:
        self.best = heapq.nsmallest(self.KEPT, self.best, key=lambda each: (-each[0], each[1]))


@dataclass(slots=True)
class Contender(Additive):
    """Outcomes of one agent, over the records that all are compared on."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: Quantiles = field(default_factory=Quantiles)


@dataclass(slots=True)
class AgentOnTask(Additive):
    """Values of one agent for one task. The scores are over the records to which every agent gave a value."""

    labeled: int = 0
    with_confidence: int = 0
    confidence: float = 0.0
    """Sum of the confidences."""
    gold: Scores = field(default_factory=Scores)
    verified: Scores = field(default_factory=Scores)


@dataclass(slots=True)
class TaskComparison(Additive):
    answered: Counter[int] = field(default_factory=Counter)
    """Number of agents that gave a value to the number of records."""
    unanimous: int = 0
    """Records with a value of every agent, all the same."""
    alpha: Alpha = field(default_factory=Alpha)
    agents: list[AgentOnTask] = field(default_factory=list)
    """Agents in the order of the jobs."""
    pairs: list[Pair] = field(default_factory=list)
    """Pairs in the order of `itertools.combinations`."""
    differences: Differences = field(default_factory=Differences)


@dataclass(slots=True)
class Comparison(Additive):
    records: int = 0
    """Records that ended in at least one of the jobs."""
    contenders: list[Contender] = field(default_factory=list)
    """Contenders in the order of the jobs."""
    tasks: dict[str, TaskComparison] = field(default_factory=dict)
    verified_differently: int = 0
    """Values on which people decided differently in different jobs; the latest decision is used."""

    @classmethod
    def empty(cls, jobs: int, tasks: Sequence[LabelTask]) -> Self:
        pairs = jobs * (jobs - 1) // 2
        return cls(
            contenders=[Contender() for _ in range(jobs)],
            tasks={
                task.name: TaskComparison(
                    agents=[AgentOnTask() for _ in range(jobs)], pairs=[Pair() for _ in range(pairs)]
                )
                for task in tasks
            },
        )


@dataclass(frozen=True, slots=True)
class Given:
    """Value and confidence that one agent gave a record for one task."""

    value: Comparable
    confidence: float | None


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Values known to be right of a record for one task."""

    gold: Comparable | None
    verified: Comparable | None
    shown: int | None
    """Index of the job whose label was on the screen when the person decided; None where they decided blind."""


def compare(
    jobs: Sequence[Mapping[int, Ended]], gold: Mapping[int, Mapping[str, Any]], tasks: Sequence[LabelTask]
) -> Comparison:
    """Compare the agents of jobs. `jobs`: of each its annotations by seq; `gold`: seq to task to the plain value known
    to be right.
    """
    comparison = Comparison.empty(len(jobs), tasks)
    for seq in sorted(set().union(*jobs)):
        ended = [job.get(seq) for job in jobs]
        comparison.records += 1
        for contender, each in zip(comparison.contenders, ended, strict=True):
            if each is not None:
                contender.outcomes[each["outcome"]] += 1
                if each["seconds"] is not None:
                    contender.seconds.see(each["seconds"])
        verified, contested = decided(ended)
        comparison.verified_differently += contested
        shown = shown_to_people(ended)
        for task in tasks:
            truths = KnownValues(
                gold=comparable(task, gold.get(seq, {}).get(task.name)),
                verified=comparable(task, verified.get(task.name)),
                shown=shown.get(task.name),
            )
            _compare_task(comparison.tasks[task.name], task, seq, [given(each, task) for each in ended], truths)
    return comparison


def given(each: Answered | None, task: LabelTask) -> Given | None:
    """Return the value that the agent gave for the task; None where it gave none."""
    if each is None:
        return None
    for label in each["labels"]:
        if label["task"] == task.name and (value := comparable(task, label["value"])) is not None:
            return Given(value, label.get("confidence"))
    return None


def decided(ended: Iterable[Ended | None]) -> tuple[dict[str, Any], int]:
    """Return what people decided in any of the jobs, the latest decision for each task; and how many tasks were
    contested."""
    values: dict[str, Any] = {}
    contested: set[str] = set()
    of_people = [each for each in ended if each is not None and each["verified"] is not None]
    for each in sorted(of_people, key=lambda one: one["verified_at"] or one["created_at"]):
        for task, value in (each["verified"] or {}).items():
            if task in values and values[task] != value:
                contested.add(task)
            values[task] = value
    return values, len(contested)


def shown_to_people(ended: Sequence[Ended | None]) -> dict[str, int]:
    """Return for each task decided by a person the index of the job whose label that person saw, blind ones left out.

    The decision is the one that `decided` returns: the latest of all jobs.
    """
    shown: dict[str, int] = {}
    of_people = [(index, each) for index, each in enumerate(ended) if each is not None and each["verified"] is not None]
    for index, each in sorted(of_people, key=lambda one: one[1]["verified_at"] or one[1]["created_at"]):
        for task in each["verified"] or ():
            shown.pop(task, None)
            if task in each["shown"]:
                shown[task] = index
    return shown


def differ(task: LabelTask, said: Iterable[Given | None]) -> bool:
    """Return whether two agents gave values that are not the same."""
    values = [each.value for each in said if each is not None]
    return any(not is_same(task, values[0], other) for other in values[1:])


def usefulness(said: Iterable[Given | None]) -> float:
    """Rate how useful a person's look at a difference is, from 0 to 1: the lowest confidence of the labels that differ.

    Confident labels that contradict each other come first: at least one of them is wrong, and no threshold on the
    confidence finds it. Where one agent is unsure, the policy of its own job has asked for a person already.
    """
    confidences = [each.confidence for each in said if each is not None]
    return min((UNKNOWN_CONFIDENCE if each is None else each for each in confidences), default=0.0)


def _compare_task(
    tally: TaskComparison,
    task: LabelTask,
    seq: int,
    said: Sequence[Given | None],
    truths: KnownValues,
) -> None:
    values = [each.value for each in said if each is not None]
    tally.answered[len(values)] += 1
    for of_agent, each in zip(tally.agents, said, strict=True):
        if each is not None:
            of_agent.labeled += 1
            if each.confidence is not None:
                of_agent.with_confidence += 1
                of_agent.confidence += each.confidence
    if len(values) < 2:
        return
    tally.alpha.see(task, seq, values)
    if differ(task, said):
        tally.differences.see(seq, usefulness(said))
    elif len(values) == len(said):
        tally.unanimous += 1
    if len(values) == len(said):
        for of_agent, each in zip(tally.agents, said, strict=True):
            for truth, scores in ((truths.gold, of_agent.gold), (truths.verified, of_agent.verified)):
                if truth is not None and each is not None:
                    scores.see(task, truth, each.value, each.confidence)
    _compare_pairs(tally.pairs, task, said, truths)


def _compare_pairs(pairs: Sequence[Pair], task: LabelTask, said: Sequence[Given | None], truths: KnownValues) -> None:
    for pair, (first, second) in zip(pairs, combinations(range(len(said)), 2), strict=True):
        one, other = said[first], said[second]
        if one is None or other is None:
            continue
        pair.same += is_same(task, one.value, other.value)
        pair.scores.see(task, one.value, other.value, None)
        for truth, contest in ((truths.gold, pair.gold), (truths.verified, pair.verified)):
            if truth is not None:
                contest.see(first=is_same(task, one.value, truth), second=is_same(task, other.value, truth))
        if truths.verified is not None and truths.shown is not None:
            pair.verified.shown[{first: 0, second: 1}.get(truths.shown, 2)] += 1


def has_kappa(task: LabelTask) -> bool:
    """Return whether the task has Cohen's kappa, which is for one label of a few."""
    return task.traits.is_one_label


def common_tasks(schemas: Sequence[Sequence[LabelTask]]) -> tuple[list[LabelTask], dict[str, str]]:
    """Return the tasks that can be compared, as the first schema has them, and why the others cannot.

    A task is the same in two schemas when its name and kind are; labels may differ.
    """
    tasks: list[LabelTask] = []
    skipped: dict[str, str] = {}
    for task in schemas[0]:
        others = [next((each for each in schema if each.name == task.name), None) for schema in schemas[1:]]
        kinds = sorted({each.kind for each in others if each is not None} | {task.kind})
        if None in others:
            skipped[task.name] = "Not every job has this task."
        elif len(kinds) > 1:
            skipped[task.name] = f"It is of different kinds: {', '.join(kinds)}."
        else:
            tasks.append(task)
    for schema in schemas[1:]:
        for task in schema:
            if all(each.name != task.name for each in schemas[0]):
                skipped[task.name] = "Not every job has this task."
    return tasks, skipped

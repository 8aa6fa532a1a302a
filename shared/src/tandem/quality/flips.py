"""Changes of labels between an old and a new agent over the same records, as sums over stretches of records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tandem.events.schema import LabelTask
from tandem.quality import comparing
from tandem.quality.additive import Additive
from tandem.quality.comparable_values import Comparable, comparable, is_same
from tandem.quality.summary import Ended

NO_LABEL = ""
"""Class of a record without an old label."""


@dataclass(slots=True)
class Verdicts(Additive):
    """Flips whose right label is known: which agent has it."""

    new_right: int = 0
    old_right: int = 0
    neither: int = 0

    def see(self, *, old: bool, new: bool) -> None:
        self.new_right += new
        self.old_right += old
        self.neither += not new and not old


@dataclass(slots=True)
class FlipClass(Additive):
    """Flips from one label to another."""

    records: int = 0
    gold: Verdicts = field(default_factory=Verdicts)
    read: Verdicts = field(default_factory=Verdicts)
    """Verdicts of people who did not see a label before they decided."""


@dataclass(slots=True)
class FlipAudit(Additive):
    """A random sample of the flips that nobody had decided when it was drawn."""

    open: int = 0
    """Flips that nobody had decided: those the sample stands for."""
    drawn: int = 0
    read: int = 0
    """Drawn flips with a blind decision."""
    shown: int = 0
    """Drawn flips whose reader saw a label: no blind read."""
    new_wrong: int = 0
    """Drawn flips whose new label is wrong, or that have no blind read."""
    old_wrong: int = 0
    corrected: int = 0
    """Drawn flips whose new label is wrong, and whose decision stands in the new job."""
    changed: int = 0
    """Open flips with a label that is newer than the draw."""


@dataclass(slots=True)
class TaskFlips(Additive):
    same: int = 0
    lost: int = 0
    """Records with an old label and no new one."""
    left_wrong: int = 0
    """Decided records whose new label is wrong while the decision does not stand in the new job."""
    classes: dict[str, FlipClass] = field(default_factory=dict)
    """Flips by class; see `class_key`."""
    audit: FlipAudit = field(default_factory=FlipAudit)

    @property
    def flips(self) -> int:
        return sum(each.records for each in self.classes.values())


@dataclass(slots=True)
class Flips(Additive):
    tasks: dict[str, TaskFlips] = field(default_factory=dict)


class Draw(NamedTuple):
    """Sample of the flips: drawn record by record, before any of them was read."""

    is_drawn: Callable[[int], bool]
    at: datetime


class _Decision(NamedTuple):
    value: Comparable
    at: datetime
    is_blind: bool
    stands: bool
    """Whether it stands in the new job."""


class _Labels(NamedTuple):
    """Labels of one record for one task: of both agents, and those known to be right."""

    task: LabelTask
    seq: int
    old: comparing.Given | None
    new: comparing.Given
    truth: Comparable | None
    decision: _Decision | None
    made_at: datetime
    """Time at which the newer of both labels was made."""

    def is_right(self, given: comparing.Given | None, known: Comparable) -> bool:
        return given is not None and is_same(self.task, given.value, known)

    @property
    def is_wrong(self) -> bool:
        """Return whether people decided on something else than the new label."""
        return self.decision is not None and not self.is_right(self.new, self.decision.value)


def find_flips(
    old: Mapping[int, Ended],
    new: Mapping[int, Ended],
    gold: Mapping[int, Mapping[str, Any]],
    tasks: Sequence[LabelTask],
    draw: Draw | None = None,
) -> Flips:
    """Sum up the changes of each task over a stretch of records."""
    found = Flips({task.name: TaskFlips() for task in tasks})
    for seq in sorted(set(old) | set(new)):
        pair = (old.get(seq), new.get(seq))
        made_at = max(each["created_at"] for each in pair if each is not None)
        for task in tasks:
            before, after = (comparing.given(each, task) for each in pair)
            if after is None:
                found.tasks[task.name].lost += before is not None
                continue
            truth = comparable(task, gold.get(seq, {}).get(task.name))
            labels = _Labels(task, seq, before, after, truth, _decision(task, pair), made_at)
            _see(found.tasks[task.name], labels, draw)
    return found


def is_flip(task: LabelTask, old: comparing.Given | None, new: comparing.Given | None) -> bool:
    """Return whether the record has a new label that is not the old one."""
    return new is not None and (old is None or not is_same(task, old.value, new.value))


def class_key(task: LabelTask, old: Comparable | None, new: Comparable) -> str:
    """Return the JSON of the old and the new label; of tasks without single labels, only whether there was an old one.

    Example: `["neutral", "positive"]`; `["", "positive"]` where the record had no label before.
    """
    one_label = task.traits.is_one_label and isinstance(new, str)
    names = (NO_LABEL if old is None else str(old) if one_label else "*", str(new) if one_label else "*")
    return json.dumps(names)


def _see(sums: TaskFlips, labels: _Labels, draw: Draw | None) -> None:
    decision = labels.decision
    if not is_flip(labels.task, labels.old, labels.new):
        sums.same += 1
    else:
        old = None if labels.old is None else labels.old.value
        counted = sums.classes.setdefault(class_key(labels.task, old, labels.new.value), FlipClass())
        counted.records += 1
        _judge(counted, labels)
        if decision is None or (draw is not None and decision.at >= draw.at):
            _audit(sums.audit, labels, draw)
            return
    sums.left_wrong += decision is not None and labels.is_wrong and not decision.stands


def _judge(counted: FlipClass, labels: _Labels) -> None:
    decision = labels.decision
    read = decision.value if decision is not None and decision.is_blind else None
    for known, verdicts in ((labels.truth, counted.gold), (read, counted.read)):
        if known is not None:
            verdicts.see(old=labels.is_right(labels.old, known), new=labels.is_right(labels.new, known))


def _audit(sums: FlipAudit, labels: _Labels, draw: Draw | None) -> None:
    sums.open += 1
    if draw is None:
        return
    sums.changed += labels.made_at > draw.at
    if not draw.is_drawn(labels.seq):
        return
    sums.drawn += 1
    decision = labels.decision
    if decision is None or not decision.is_blind:
        sums.new_wrong += 1
        sums.shown += decision is not None
        return
    sums.read += 1
    sums.new_wrong += labels.is_wrong
    sums.corrected += labels.is_wrong and decision.stands
    sums.old_wrong += labels.old is not None and not labels.is_right(labels.old, decision.value)


def _decision(task: LabelTask, pair: tuple[Ended | None, Ended | None]) -> _Decision | None:
    """Return what people decided on the task, the latest of both jobs."""
    found: list[_Decision] = []
    for index, each in enumerate(pair):
        if each is None or not each["verified"]:
            continue
        if (value := comparable(task, each["verified"].get(task.name))) is not None:
            at = each["verified_at"] or each["created_at"]
            found.append(_Decision(value, at, task.name not in each["shown"], stands=index == 1))
    if not found:
        return None
    latest = max(found, key=lambda one: one.at)
    stands = any(one.stands and is_same(task, one.value, latest.value) for one in found)
    return latest._replace(stands=stands)

"""Sums over a stretch of a job's records: those of all stretches make the job's report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from tandem.events.outcomes import Outcome
from tandem.events.schema import LabelTask
from tandem.quality.additive import Additive
from tandem.quality.comparable_values import Comparable, comparable, is_same, normalized
from tandem.quality.corrected import BlindDecisions, scores_of
from tandem.quality.scoring import Scores
from tandem.quality.sketches import Extent, Quantiles, Top
from tandem.quality.spread import Spread

RAW_LENGTH = 200
"""Characters of an invalid answer by which equal ones are recognized."""


class Answered(TypedDict):
    """Outcome and labels of an attempt."""

    outcome: str
    labels: Sequence[Mapping[str, Any]]
    """Task, value, confidence, margin, entropy and rule of each label."""


class Ended(Answered):
    """Fields that are read of an annotation; see the store's `AnnotationDocument`."""

    seq: int
    record_id: str
    attempt: int
    reason: str | None
    needs_review: bool
    review_reason: str | None
    review_causes: Sequence[Mapping[str, str]]
    """Task and reason of each cause."""
    seconds: float | None
    created_at: datetime
    raw: str | None
    """The beginning of an answer that is invalid; None otherwise."""
    verified: Mapping[str, Any] | None
    """The values that a person decided on, plain."""
    shown: Mapping[str, Any]
    """Task to the label that the person saw when they decided; empty where they decided blind, or nobody did."""
    verified_at: datetime | None
    decided_by: str | None
    """Id of the person; None where an older version did not keep it."""
    decided_attempt: int | None
    """The attempt that the person decided on."""
    campaign: str | None
    """Id of the campaign that asked for a person, or `thresholds` for the job's own; None where none did."""


@dataclass(slots=True)
class Arms(Additive):
    """Decisions by whether the person saw the label, and how many of them kept it."""

    shown: int = 0
    shown_kept: int = 0
    blind: int = 0
    blind_kept: int = 0

    def see(self, *, shown: bool, kept: bool) -> None:
        self.shown += shown
        self.shown_kept += shown and kept
        self.blind += not shown
        self.blind_kept += not shown and kept


@dataclass(slots=True)
class TaskSummary(Additive):
    spread: Spread = field(default_factory=Spread)
    gold: Scores = field(default_factory=Scores)
    """Scores against the values that came with the records."""
    verified: Scores = field(default_factory=Scores)
    """Scores against people's decisions. Where a policy chose the records, they are no sample of all."""
    blind: BlindDecisions = field(default_factory=BlindDecisions)
    """How sure the labels are, and what people decided on them without seeing them."""
    arms: dict[str, Arms] = field(default_factory=dict)
    """Campaign, a line feed, person: how often the label was kept, shown and blind."""
    shown: int = 0
    """Decided records whose label the person saw before they decided, which raises the share that agrees."""


@dataclass(slots=True)
class JobSummary(Additive):
    outcomes: Counter[str] = field(default_factory=Counter)
    needs_review: int = 0
    """Records that were sent to people, the decided ones included."""
    reviewed: int = 0
    """Records sent to people that a person has decided."""
    review: Counter[str] = field(default_factory=Counter)
    """Task (empty: the whole record), a line feed, why a person should look at it. A record may be in several."""
    verified: int = 0
    run_again: int = 0
    """Records whose current attempt is not the first."""
    rules: Counter[str] = field(default_factory=Counter)
    """Extraction rules of the labels of labeled records."""
    invalid: Counter[str] = field(default_factory=Counter)
    """Reasons of invalid answers."""
    failed: Counter[str] = field(default_factory=Counter)
    """Kinds of error of failed records."""
    invalid_answers: Top = field(default_factory=Top)
    """`reason`, a line feed, the normalized beginning of the answer."""
    seconds: Quantiles = field(default_factory=Quantiles)
    ended_at: Extent = field(default_factory=Extent)
    """Seconds since 1970."""
    tasks: dict[str, TaskSummary] = field(default_factory=dict)


def summarize(ended: Iterable[Ended], gold: Mapping[int, Mapping[str, Any]], tasks: Sequence[LabelTask]) -> JobSummary:
    """Sum up ended records. `gold`: seq to task to the plain value known to be right."""
    summary = JobSummary(tasks={task.name: TaskSummary() for task in tasks})
    for each in ended:
        _count(summary, each)
        values = _labels(each, tasks)
        for task in tasks:
            of_task = summary.tasks[task.name]
            value, label = values.get(task.name, (None, None))
            confidence = None if label is None else label.get("confidence")
            if value is not None and label is not None:
                of_task.spread.see(task, value, each["seq"])
                of_task.spread.see_confidence(confidence)
                if sure := scores_of(task, label):
                    is_wrong = _is_wrong_blind(task, each, value)
                    of_task.blind.see(sure, value, seq=each["seq"], is_wrong=is_wrong)
                _see_arm(of_task.arms, task, each, value)
            for truths, scores in ((gold.get(each["seq"]), of_task.gold), (each["verified"], of_task.verified)):
                if truths and (truth := comparable(task, truths.get(task.name))) is not None:
                    scores.see(task, truth, value, confidence)
            of_task.shown += each["verified"] is not None and task.name in each["shown"]
    return summary


def _count(summary: JobSummary, each: Ended) -> None:
    outcome, reason = each["outcome"], each["reason"] or "unknown"
    summary.outcomes[outcome] += 1
    summary.needs_review += each["needs_review"]
    summary.reviewed += each["needs_review"] and each["verified"] is not None
    if each["needs_review"]:
        causes = each["review_causes"] or ({"task": "", "reason": each["review_reason"] or "no_confidence"},)
        summary.review.update(f"{cause['task']}\n{cause['reason']}" for cause in causes)
    summary.verified += each["verified"] is not None
    summary.run_again += each["attempt"] > 1
    summary.ended_at.see(each["created_at"].timestamp())
    if each["seconds"] is not None:
        summary.seconds.see(each["seconds"])
    summary.rules.update(label["rule"] for label in each["labels"])
    if outcome == Outcome.LABELED:
        return
    if outcome == Outcome.INVALID:
        summary.invalid[reason] += 1
        if each["raw"] is not None:
            summary.invalid_answers.see(f"{reason}\n{normalized(each['raw'])[:RAW_LENGTH]}", each["seq"])
    else:
        summary.failed[reason] += 1


def _see_arm(arms: dict[str, Arms], task: LabelTask, each: Ended, value: Comparable) -> None:
    """Count a person's decision on a record that a campaign asked for, while its label is the one decided on."""
    if not each["verified"] or each["decided_attempt"] != each["attempt"]:
        return
    person, campaign = each["decided_by"], each["campaign"]
    if person is None or campaign is None:
        return
    if (decided := comparable(task, each["verified"].get(task.name))) is not None:
        arm = arms.setdefault(f"{campaign}\n{person}", Arms())
        arm.see(shown=task.name in each["shown"], kept=is_same(task, value, decided))


def _is_wrong_blind(task: LabelTask, each: Ended, value: Comparable) -> bool | None:
    """Return whether people who did not see the label decided otherwise; None where nobody did."""
    if not each["verified"] or task.name in each["shown"]:
        return None
    truth = comparable(task, each["verified"].get(task.name))
    return None if truth is None else not is_same(task, value, truth)


def _labels(each: Ended, tasks: Sequence[LabelTask]) -> dict[str, tuple[Comparable, Mapping[str, Any]]]:
    """Return task to value and label; of an invalid record those tasks that could be read."""
    by_name = {task.name: task for task in tasks}
    found = {}
    for label in each["labels"]:
        task = by_name.get(label["task"])
        if task is not None and (value := comparable(task, label["value"])) is not None:
            found[task.name] = (value, label)
    return found

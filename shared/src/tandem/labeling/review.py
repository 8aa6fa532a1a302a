"""Selection of the labels that a person should see, by the policy of their job. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import assert_never

from tandem.events import (
    ConfidenceStrategy,
    LabelSchemaSpec,
    Outcome,
    ReviewCause,
    ReviewPolicy,
    ReviewReason,
    SpanTask,
    TaskLabel,
    TaskReviewPolicy,
    TextTask,
)
from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask
from tandem.labeling.confidence import UnknownReason


@dataclass(frozen=True, slots=True)
class Review:
    """Decision whether a person should look (`reason` is not None), which tasks are why, and how urgently."""

    reason: ReviewReason | None
    priority: float
    causes: tuple[ReviewCause, ...] = ()


def review_of(policy: ReviewPolicy, outcome: Outcome, labels: Sequence[TaskLabel], tasks: Sequence[str] = ()) -> Review:
    """Decide whether a person should see the record. `tasks`: the names of the schema's.

    Each task is held to its own threshold. A record is as urgent as 1 less the lowest confidence of its tasks and,
    of span tasks, of its spans; as urgent as can be where one is missing that the policy does not leave to the others.
    Labels that a person decided on, in the job they come from, need no review. Of an invalid record the tasks without
    a label are why, and the labels of the others are held to their thresholds as ever.
    """
    if outcome is Outcome.INVALID and not labels:
        return Review(ReviewReason.INVALID if policy.review_invalid else None, 1.0)
    if outcome is Outcome.FAILED:
        return Review(ReviewReason.FAILED if policy.review_failed else None, 1.0)
    found = _of_labels(policy, labels)
    if outcome is not Outcome.INVALID or not policy.review_invalid:
        return found
    read = {label.task for label in labels}
    unread = tuple(ReviewCause(task=task, reason=ReviewReason.INVALID) for task in tasks if task not in read)
    return Review(ReviewReason.INVALID, 1.0, (*unread, *found.causes))


def _of_labels(policy: ReviewPolicy, labels: Sequence[TaskLabel]) -> Review:
    unseen = [label for label in labels if label.confidence_missing_reason != UnknownReason.VERIFIED]
    if labels and not unseen:
        return Review(None, 0.0)
    if not unseen:
        return Review(ReviewReason.NO_CONFIDENCE if policy.review_without_confidence else None, 1.0)
    causes: list[ReviewCause] = []
    lowest = 1.0
    is_missing = False
    for label in unseen:
        least, lacks = _least(label)
        lowest = min(lowest, least)
        if lacks and policy.reviews_without_confidence(label.task):
            is_missing = True
            causes.append(ReviewCause(task=label.task, reason=ReviewReason.NO_CONFIDENCE))
        elif least < policy.threshold_of(label.task):
            causes.append(ReviewCause(task=label.task, reason=ReviewReason.LOW_CONFIDENCE))
    if is_missing:
        return Review(ReviewReason.NO_CONFIDENCE, 1.0, tuple(causes))
    return Review(ReviewReason.LOW_CONFIDENCE if causes else None, 1.0 - lowest, tuple(causes))


def _least(label: TaskLabel) -> tuple[float, bool]:
    """Return the lowest confidence of the label and its spans, and whether one of them is missing."""
    known, lacks = 1.0, False
    for confidence in (label.confidence, *(label.span_confidences or ())):
        if confidence is None:
            lacks = True
        elif confidence < known:
            known = confidence
    return known, lacks


def unmeasurable(schema: LabelSchemaSpec, strategies: Collection[ConfidenceStrategy]) -> tuple[str, ...]:
    """Return the tasks whose labels can have no confidence under one of the strategies, whatever the provider reports:
    free text, and spans that have but one label.
    """
    if ConfidenceStrategy.TOKEN_PROBABILITY not in strategies:
        return ()
    return tuple(task.name for task in schema.tasks if _says_nothing(task))


def settled(policy: ReviewPolicy, schema: LabelSchemaSpec, strategies: Collection[ConfidenceStrategy]) -> ReviewPolicy:
    """Return the policy with the default of each task spelled out: one that can have no confidence is left to those
    that can. Where no task can have one, or the policy says otherwise, it stays as it is."""
    without = unmeasurable(schema, strategies)
    if len(without) == len(schema.tasks) or not policy.review_without_confidence:
        return policy
    tasks = dict(policy.tasks)
    for name in without:
        own = tasks.get(name, TaskReviewPolicy())
        if own.review_without_confidence is None:
            tasks[name] = own.model_copy(update={"review_without_confidence": False})
    return policy if tasks == policy.tasks else policy.model_copy(update={"tasks": tasks})


def _says_nothing(task: LabelTask) -> bool:
    match task:
        case TextTask():
            return True
        case SpanTask():
            return len(task.options) == 1
        case SingleChoiceTask() | MultipleChoiceTask() | NumberTask():
            return False
        case _:
            assert_never(task)

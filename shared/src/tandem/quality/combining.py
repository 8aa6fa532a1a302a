"""Combination of several agents' labels into one: by vote, or by how often each agent is right (Dawid and Skene 1979).

A tie is no label: none of two values with equally many votes is chosen. Agents without a label agree with
nothing, but count as asked, so that what is left over does not look unanimous.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from tandem.events.outcomes import LabelValue, Span, TaskLabel
from tandem.events.schema import (
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
    options_of,
)
from tandem.labeling.confidence.agreement import agreement
from tandem.labeling.confidence.measure import Confidence, Method, over_options
from tandem.labeling.values import canonical, key_of
from tandem.quality.comparable_values import normalized

TIE = "tie"
"""The reason of a record whose agents' labels come out even."""
NO_LABEL = "no_label"
"""The reason of a record to which no agent gave a label."""
_LEAST = 1e-10
"""Probability of what an agent was never seen to do."""


class CombinationRule(StrEnum):
    """Rule by which labels are combined; stored with the label."""

    VOTE = "vote"
    DAWID_SKENE = "dawid_skene"


@dataclass(frozen=True, slots=True)
class NoLabel:
    """Reason why the labels of a task give none."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class CombinationEstimate:
    """Estimate of how often each label is right, and of what each agent says then; for one single-choice task."""

    priors: Mapping[str, float]
    errors: Sequence[Mapping[str, Mapping[str, float]]]
    """Error rates of each agent: true label to the label it gives to a probability; what is left out was never seen."""

    def accuracy(self, agent: int) -> float:
        """Return the share of records on which this agent is expected to be right."""
        return sum(prior * self.errors[agent].get(label, {}).get(label, 0.0) for label, prior in self.priors.items())

    def document(self) -> dict[str, Any]:
        """Convert to the stored form: labels by index, absent entries left out."""
        labels = list(self.priors)
        at = {label: index for index, label in enumerate(labels)}
        return {
            "labels": labels,
            "priors": list(self.priors.values()),
            "errors": [
                [agent, at[truth], at[given], probability]
                for agent, rows in enumerate(self.errors)
                for truth, row in rows.items()
                for given, probability in row.items()
            ],
        }

    @classmethod
    def of(cls, document: Mapping[str, Any], agents: int) -> CombinationEstimate:
        labels = document["labels"]
        errors: list[dict[str, dict[str, float]]] = [{} for _ in range(agents)]
        for agent, truth, given, probability in document["errors"]:
            errors[agent].setdefault(labels[truth], {})[labels[given]] = probability
        return cls(dict(zip(labels, document["priors"], strict=True)), errors)


def vote(task: LabelTask, said: Sequence[LabelValue | None]) -> TaskLabel | NoLabel:
    """Return the value that most agents gave; of a multiple choice or spans, the parts that more than half of those
    with a label gave.

    `said`: of each agent, None where it has no label. The confidence is the share of the agents that agree; of a
    multiple choice or spans, the lowest such share of any part.
    """
    if all(value is None for value in said):
        return NoLabel(NO_LABEL, f"none of {len(said)} agents has a label")
    if task.traits.has_parts:
        return _vote_on_parts(task, said)
    groups = [None if value is None else _group(task, value) for value in said]
    first = dict(reversed(list(zip(groups, said, strict=True))))
    options = [option.value for option in options_of(task)]
    winner, confidence = agreement(groups, options=options, method=Method.AGENT_AGREEMENT) or (None, None)
    value = first.get(winner)
    if value is None or not isinstance(confidence, Confidence):
        return NoLabel(NO_LABEL, "agreement needs at least two agents")
    if not confidence.margin:
        return NoLabel(TIE, _counted(groups, first))
    return _label(task, value, confidence, CombinationRule.VOTE)


def by_estimate(
    task: LabelTask, said: Sequence[LabelValue | None], estimate: CombinationEstimate
) -> TaskLabel | NoLabel:
    """Return the likeliest label of a single choice, given how often each agent is right."""
    if all(value is None for value in said):
        return NoLabel(NO_LABEL, f"none of {len(said)} agents has a label")
    logs = {
        truth: math.log(max(prior, _LEAST))
        + math.fsum(
            math.log(max(errors.get(truth, {}).get(str(value), 0.0), _LEAST))
            for value, errors in zip(said, estimate.errors, strict=True)
            if value is not None
        )
        for truth, prior in estimate.priors.items()
    }
    best = max(logs.values())
    masses = {label: math.exp(value - best) for label, value in logs.items()}
    leaders = [label for label, mass in masses.items() if mass > 1 - 1e-9]
    if len(leaders) > 1:
        return NoLabel(TIE, f"{' and '.join(map(repr, leaders))} are equally likely")
    confidence = over_options(leaders[0], masses, Method.DAWID_SKENE)
    if not isinstance(confidence, Confidence):
        return NoLabel(NO_LABEL, "no label is possible")
    return _label(task, leaders[0], confidence, CombinationRule.DAWID_SKENE)


def _vote_on_parts(task: LabelTask, said: Sequence[LabelValue | None]) -> TaskLabel | NoLabel:
    """Combine the parts, labels or spans, that more than half of the agents with a label gave; exactly half is a
    tie."""
    answers = [dict(_parts(value)) for value in said if value is not None]
    parts: dict[Hashable, str | Span] = {}
    for answer in reversed(answers):
        parts |= answer
    counts = Counter(key for answer in answers for key in answer)
    even = [parts[key] for key, count in counts.items() if 2 * count == len(answers)]
    if even:
        named = ", ".join(repr(part.text if isinstance(part, Span) else part) for part in even[:10])
        return NoLabel(TIE, f"half of the agents gave {named}")
    kept = {key: part for key, part in parts.items() if 2 * counts[key] > len(answers)}
    agree = [count if key in kept else len(answers) - count for key, count in counts.items()]
    confidence = min(agree, default=len(answers)) / len(said)
    value = canonical(task, _joined(task, kept.values()))
    shares = {key: counts[key] / len(said) for key in kept}
    if task.traits.lies_in_record:
        ordered = tuple(shares[key] for key, _ in _parts(value))
        return _label_of(task, value, confidence, CombinationRule.VOTE, span_confidences=ordered)
    probabilities = {option.value: counts[option.value] / len(said) for option in options_of(task)}
    return _label_of(task, value, confidence, CombinationRule.VOTE, probabilities=probabilities)


def _parts(value: LabelValue) -> list[tuple[Hashable, str | Span]]:
    if not isinstance(value, tuple):
        return []
    return [(key_of((part,)) if isinstance(part, Span) else part, part) for part in value]


def _joined(task: LabelTask, parts: Iterable[str | Span]) -> LabelValue:
    if task.traits.lies_in_record:
        return tuple(part for part in parts if isinstance(part, Span))
    return tuple(part for part in parts if isinstance(part, str))


def _group(task: LabelTask, value: LabelValue) -> Hashable:
    """Equal for values that count as the same vote."""
    match task:
        case NumberTask() if task.step and isinstance(value, float | int):
            return round((value - task.minimum) / task.step)
        case TextTask():
            return normalized(str(value))
        case SingleChoiceTask() | MultipleChoiceTask() | SpanTask() | NumberTask():
            return key_of(value)
        case _:
            assert_never(task)


def _counted(groups: Sequence[Hashable | None], first: Mapping[Hashable, LabelValue | None]) -> str:
    counts = Counter(group for group in groups if group is not None).most_common(10)
    return ", ".join(f"{count} for {first[group]!r}" for group, count in counts)[:2000]


def _label(task: LabelTask, value: LabelValue, confidence: Confidence, rule: CombinationRule) -> TaskLabel:
    return _label_of(
        task,
        value,
        confidence.value,
        rule,
        probabilities=confidence.probabilities if options_of(task) else None,
        margin=confidence.margin,
        entropy=confidence.entropy,
    )


def _label_of(task: LabelTask, value: LabelValue, confidence: float, rule: CombinationRule, **more: Any) -> TaskLabel:
    method = Method.DAWID_SKENE if rule is CombinationRule.DAWID_SKENE else Method.AGENT_AGREEMENT
    return TaskLabel(
        task=task.name,
        value=value,
        confidence=min(1.0, confidence),
        confidence_method=method.value,
        rule=rule.value,
        **more,
    )

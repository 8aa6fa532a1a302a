"""From what a model answered to the labels of a record: extraction and confidence of all tasks together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tandem.events.annotations import Completion
from tandem.events.outcomes import TaskLabel
from tandem.events.schema import LabelSchemaSpec, LabelTask, SingleChoiceTask, SpanTask, TextTask
from tandem.labeling.confidence import Confidence, ConfidenceEstimator, UnknownReason
from tandem.labeling.extraction import AnswerReader
from tandem.labeling.reading import Reading, Unreadable, UnreadableReason


@dataclass(frozen=True, slots=True)
class Labeling:
    """What the answers to one record gave."""

    labels: tuple[TaskLabel, ...]
    """In the order of the schema's tasks: of all of them when there is no problem, else of those that could be read."""
    problem: Unreadable | None = None
    """Why the record has no labels: of the first task that could not be read."""


class Labeler:
    """Labels the answers to one label schema; prepared once, used for each answer. Never raises."""

    def __init__(self, label_schema: LabelSchemaSpec) -> None:
        self._reader = AnswerReader(label_schema.tasks)
        self._tasks = [_TaskLabeler(task) for task in label_schema.tasks]
        self.needs_record = any(isinstance(task, SpanTask) for task in label_schema.tasks)
        """Whether the record's fields decide what is read."""

    def label(self, completions: Sequence[Completion], fields: Mapping[str, str]) -> Labeling:
        """`completions`: all samples, at least one. `fields`: the record's, in which spans are found."""
        labels: list[TaskLabel] = []
        problem: Unreadable | None = None
        readings = [self._reader.read(completion.text, fields) for completion in completions]
        for index, task in enumerate(self._tasks):
            found = task.label(completions, [reading[index] for reading in readings])
            if isinstance(found, TaskLabel):
                labels.append(found)
            else:
                problem = problem or found
        return Labeling(tuple(labels), problem)


class _TaskLabeler:
    """The same for one task."""

    def __init__(self, task: LabelTask) -> None:
        self._task = task
        self._estimator = ConfidenceEstimator(task) if isinstance(task, SingleChoiceTask) else None

    def label(
        self, completions: Sequence[Completion], readings: Sequence[Reading | Unreadable]
    ) -> TaskLabel | Unreadable:
        """`readings`: of this task, one a completion."""
        problem: Unreadable | None = None
        for completion, reading in zip(completions, readings, strict=True):
            if not isinstance(reading, Unreadable):
                return self._label(reading, completion)
            problem = problem or reading
        return problem or Unreadable(UnreadableReason.EMPTY, "there is no answer")

    def _label(self, reading: Reading, completion: Completion) -> TaskLabel:
        confidence = self._confidence(reading, completion)
        if not isinstance(confidence, Confidence):
            return TaskLabel(
                task=self._task.name,
                value=reading.value,
                rule=reading.rule.value,
                confidence_missing_reason=confidence.value,
            )
        return TaskLabel(
            task=self._task.name,
            value=reading.value,
            rule=reading.rule.value,
            confidence=confidence.value,
            confidence_method=confidence.method.value,
            probabilities=confidence.probabilities,
            margin=confidence.margin,
            entropy=confidence.entropy,
        )

    def _confidence(self, reading: Reading, completion: Completion) -> Confidence | UnknownReason:
        if self._estimator is None:
            return UnknownReason.FREE_TEXT if isinstance(self._task, TextTask) else UnknownReason.NO_ALTERNATIVES
        return self._estimator.estimate(reading, completion.text, completion.logprobs)

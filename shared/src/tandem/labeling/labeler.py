"""From what a model answered to the labels of a record: extraction and confidence of all tasks together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tandem.events.annotations import Completion
from tandem.events.outcomes import TaskLabel
from tandem.events.schema import LabelSchemaSpec, LabelTask, SingleChoiceTask, SpanTask
from tandem.labeling.confidence import Confidence, ConfidenceEstimator
from tandem.labeling.extraction import ChoiceReader
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
        self._tasks = [_TaskLabeler(task) for task in label_schema.tasks]
        self.needs_record = any(isinstance(task, SpanTask) for task in label_schema.tasks)
        """Whether the record's fields decide what is read."""

    def label(self, completions: Sequence[Completion], fields: Mapping[str, str]) -> Labeling:
        """`completions`: all samples, at least one. `fields`: the record's, in which spans are found."""
        labels: list[TaskLabel] = []
        problem: Unreadable | None = None
        for task in self._tasks:
            found = task.label(completions, fields)
            if isinstance(found, TaskLabel):
                labels.append(found)
            else:
                problem = problem or found
        return Labeling(tuple(labels), problem)


class _TaskLabeler:
    """The same for one task."""

    def __init__(self, task: LabelTask) -> None:
        if not isinstance(task, SingleChoiceTask):
            raise TypeError(f"tasks of the kind {task.kind} cannot be read yet")
        self._task = task.name
        self._reader = ChoiceReader(task)
        self._estimator = ConfidenceEstimator(task)

    def label(self, completions: Sequence[Completion], fields: Mapping[str, str]) -> TaskLabel | Unreadable:  # noqa: ARG002 - spans will need the record
        problem: Unreadable | None = None
        for completion in completions:
            reading = self._reader.read(completion.text)
            if not isinstance(reading, Unreadable):
                return self._label(reading, completion)
            problem = problem or reading
        return problem or Unreadable(UnreadableReason.EMPTY, "there is no answer")

    def _label(self, reading: Reading, completion: Completion) -> TaskLabel:
        confidence = self._estimator.estimate(reading, completion.text, completion.logprobs)
        if not isinstance(confidence, Confidence):
            return TaskLabel(
                task=self._task,
                value=reading.value,
                rule=reading.rule.value,
                confidence_missing_reason=confidence.value,
            )
        return TaskLabel(
            task=self._task,
            value=reading.value,
            rule=reading.rule.value,
            confidence=confidence.value,
            confidence_method=confidence.method.value,
            probabilities=confidence.probabilities,
            margin=confidence.margin,
            entropy=confidence.entropy,
        )

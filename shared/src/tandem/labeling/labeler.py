"""Labels of a record from what a model answered: extraction and confidence of all tasks together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tandem.events.annotations import Completion
from tandem.events.jobs import ConfidenceStrategy
from tandem.events.outcomes import LabelValue, TaskLabel
from tandem.events.schema import LabelSchemaSpec
from tandem.labeling.confidence import Assessment, Confidence, ConfidenceEstimator, Generated, Partial, UnknownReason
from tandem.labeling.confidence.samples import agreed
from tandem.labeling.confidence.stated import stated_in_answer
from tandem.labeling.extraction import AnswerReader
from tandem.labeling.reading import Reading, Unreadable, UnreadableReason


@dataclass(frozen=True, slots=True)
class Sample:
    """Result of one of several answers to a record."""

    values: Mapping[str, LabelValue]
    """Task to value: of all tasks when there is no problem, else of those that could be read."""
    problem: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class Labeling:
    """Result of the answers to one record."""

    labels: tuple[TaskLabel, ...]
    """Labels in the order of the schema's tasks: of all of them when there is no problem, else of those that could be
    read.
    """
    problem: Unreadable | None = None
    """Reason why the record has no labels: that of the first task that could not be read."""
    samples: tuple[Sample, ...] = ()
    """Result of each answer, where there was more than one."""


class Labeler:
    """Labels the answers to one label schema; prepared once, used for each answer. Never raises.

    With several answers, agreement takes the value that most of them give; the other strategies take each task from
    the first answer that can be read.
    """

    def __init__(
        self, label_schema: LabelSchemaSpec, strategy: ConfidenceStrategy = ConfidenceStrategy.TOKEN_PROBABILITY
    ) -> None:
        self._strategy = strategy
        self._tasks = label_schema.tasks
        self._reader = AnswerReader(label_schema.tasks)
        self._estimators = [ConfidenceEstimator(task) for task in label_schema.tasks]
        self.needs_record = any(task.traits.lies_in_record for task in label_schema.tasks)
        """True when the record's fields decide what is read."""

    def label(self, completions: Sequence[Completion], fields: Mapping[str, str]) -> Labeling:
        """Label a record. `completions`: all samples, at least one. `fields`: the record's, in which spans are
        found.
        """
        read = [self._reader.read(completion.text, fields) for completion in completions]
        samples = tuple(map(self._sample, read)) if len(read) > 1 else ()
        assess = self._by_agreement if self._strategy is ConfidenceStrategy.AGREEMENT else self._of_first
        labels: list[TaskLabel] = []
        problem: Unreadable | None = None
        answers = [_Answer(completion) for completion in completions]
        for index, task in enumerate(self._tasks):
            found = assess(index, [each[index] for each in read], answers)
            if isinstance(found, Unreadable):
                problem = problem or found
            else:
                labels.append(_label(task.name, *found))
        if problem is not None and (place := next((each.place for each in completions if each.place), None)):
            problem = replace(problem, detail=f"{problem.detail} (the text stood in `{place}`)")
        return Labeling(tuple(labels), problem, samples)

    def _sample(self, read: Sequence[Reading | Unreadable]) -> Sample:
        values: dict[str, LabelValue] = {}
        problem: Unreadable | None = None
        for task, reading in zip(self._tasks, read, strict=True):
            if isinstance(reading, Unreadable):
                problem = problem or reading
            else:
                values[task.name] = reading.value
        return Sample(values, problem)

    def _by_agreement(
        self,
        index: int,
        readings: Sequence[Reading | Unreadable],
        answers: Sequence[_Answer],  # noqa: ARG002 - as the others
    ) -> tuple[Reading, Assessment] | Unreadable:
        votes = [None if isinstance(reading, Unreadable) else reading for reading in readings]
        return agreed(self._tasks[index], votes) or _first_problem(readings)

    def _of_first(
        self, index: int, readings: Sequence[Reading | Unreadable], answers: Sequence[_Answer]
    ) -> tuple[Reading, Assessment] | Unreadable:
        for reading, answer in zip(readings, answers, strict=True):
            if isinstance(reading, Unreadable):
                continue
            if self._strategy is ConfidenceStrategy.STATED:
                return reading, answer.stated
            return reading, self._estimators[index].estimate(reading, answer.completion.text, answer.generated)
        return _first_problem(readings)


class _Answer:
    """Completion with all that the tasks need to know of it, determined once."""

    __slots__ = ("_generated", "_stated", "completion")

    def __init__(self, completion: Completion) -> None:
        self.completion = completion
        self._generated: Generated | None = None
        self._stated: Confidence | UnknownReason | None = None

    @property
    def generated(self) -> Generated | None:
        if self._generated is None and self.completion.logprobs:
            self._generated = Generated(self.completion.logprobs)
        return self._generated

    @property
    def stated(self) -> Confidence | UnknownReason:
        if self._stated is None:
            self._stated = stated_in_answer(self.completion.text)
        return self._stated


def _first_problem(readings: Sequence[Reading | Unreadable]) -> Unreadable:
    problems = (reading for reading in readings if isinstance(reading, Unreadable))
    return next(problems, Unreadable(UnreadableReason.EMPTY, "there is no answer"))


def _label(task: str, reading: Reading, assessment: Assessment) -> TaskLabel:
    if isinstance(assessment, Confidence):
        return TaskLabel(
            task=task,
            value=reading.value,
            rule=reading.rule.value,
            confidence=assessment.value,
            confidence_method=assessment.method.value,
            probabilities=assessment.probabilities,
            span_confidences=assessment.spans,
            margin=assessment.margin,
            entropy=assessment.entropy,
        )
    if isinstance(assessment, Partial):
        return TaskLabel(
            task=task,
            value=reading.value,
            rule=reading.rule.value,
            confidence_missing_reason=assessment.reason.value,
            probabilities=assessment.probabilities,
            span_confidences=assessment.spans,
        )
    return TaskLabel(
        task=task, value=reading.value, rule=reading.rule.value, confidence_missing_reason=assessment.value
    )

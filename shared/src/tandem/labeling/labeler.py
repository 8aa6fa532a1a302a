"""From what a model answered to the labels of a record: extraction and confidence together."""

from __future__ import annotations

from tandem.events.annotations import Completion
from tandem.events.outcomes import TaskLabel
from tandem.events.schema import LabelSchemaSpec
from tandem.labeling.confidence import Confidence, ConfidenceEstimator
from tandem.labeling.extraction import ChoiceReader, Unreadable


class Labeler:
    """Labels the answers to one label schema; prepared once, used for each answer. Never raises."""

    def __init__(self, label_schema: LabelSchemaSpec) -> None:
        task = label_schema.tasks[0]
        self._task = task.name
        self._reader = ChoiceReader(task)
        self._estimator = ConfidenceEstimator(task)

    def label(self, completion: Completion) -> TaskLabel | Unreadable:
        reading = self._reader.read(completion.text)
        if isinstance(reading, Unreadable):
            return reading
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

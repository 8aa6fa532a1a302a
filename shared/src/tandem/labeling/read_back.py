"""Check that the answer an example shows would be read as the values it means."""

from __future__ import annotations

from tandem.events.outcomes import Example
from tandem.events.schema import LabelSchemaSpec
from tandem.labeling.extraction import AnswerReader
from tandem.labeling.reading import Reading
from tandem.labeling.task_words import answer_of
from tandem.labeling.values import canonical, key_of


class ReadBack:
    """Reads the answers of examples of one label schema as a model's are read.

    Nearly all are read as they are meant. In "late late", nothing around the first word distinguishes it from the
    second, and some spans within each other cannot be distinguished by their texts.
    """

    def __init__(self, label_schema: LabelSchemaSpec) -> None:
        self._label_schema = label_schema
        self._reader = AnswerReader(label_schema.tasks)

    def misread(self, example: Example) -> str | None:
        """Return the first task whose value would be read as another one; None when all are read as they are meant."""
        found = self._reader.read(answer_of(self._label_schema, example), example.fields)
        for task, reading in zip(self._label_schema.tasks, found, strict=True):
            value = example.values.get(task.name)
            if value is None:
                continue
            if not isinstance(reading, Reading) or key_of(reading.value) != key_of(canonical(task, value)):
                return task.name
        return None

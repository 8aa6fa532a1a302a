"""Extraction of label values from a model's answer by a ladder of named rules; or of the reason why there are none.

`ladder` defines the order of the rules; `text_rungs` does so for plain text. `located_json`, `json_in_text`,
`named_lines`, `statements`, `mentions` and `wrapping` take an answer apart and keep the places; `choices`,
`multiple_choices`, `numbers`, `texts` and `spans` read the values of the kinds of tasks.
"""

from __future__ import annotations

from tandem.events.schema import LabelTask
from tandem.labeling.extraction.ladder import LENGTH_LIMIT, AnswerReader
from tandem.labeling.reading import Reading, Unreadable

__all__ = ["LENGTH_LIMIT", "AnswerReader", "TaskReader"]


class TaskReader:
    """Reads the answers to a schema of one task."""

    def __init__(self, task: LabelTask) -> None:
        self._reader = AnswerReader((task,))

    def read(self, answer: str, fields: dict[str, str] | None = None) -> Reading | Unreadable:
        return self._reader.read(answer, fields or {})[0]

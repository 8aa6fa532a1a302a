"""Choice of the reader for the values of a task."""

from __future__ import annotations

from typing import assert_never

from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.labeling.extraction.kinds.choices import SingleChoiceReader
from tandem.labeling.extraction.kinds.multiple_choices import MultipleChoiceReader
from tandem.labeling.extraction.kinds.numbers import NumberReader
from tandem.labeling.extraction.kinds.spans import SpanReader
from tandem.labeling.extraction.kinds.texts import TextReader
from tandem.labeling.extraction.outcome import ValueReader


def reader_of(task: LabelTask) -> ValueReader:
    match task:
        case SingleChoiceTask():
            return SingleChoiceReader(task)
        case MultipleChoiceTask():
            return MultipleChoiceReader(task)
        case SpanTask():
            return SpanReader(task)
        case NumberTask():
            return NumberReader(task)
        case TextTask():
            return TextReader(task)
        case _:
            assert_never(task)

"""Values that a task may have, to estimate the length of answers beforehand: the shortest ones, and typical ones."""

from __future__ import annotations

from typing import assert_never

from tandem.events.outcomes import LabelValue, Span
from tandem.events.schema import (
    LabelOption,
    LabelSchemaSpec,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
)

_TYPICAL_TEXT = 120
_TYPICAL_STRETCHES = ("some words", "a few more words of it")


def shortest_values(label_schema: LabelSchemaSpec) -> dict[str, LabelValue]:
    """Return for each task the value that is written in the fewest characters."""
    return {task.name: _shortest(task) for task in label_schema.tasks}


def typical_values(label_schema: LabelSchemaSpec) -> dict[str, LabelValue]:
    """Return for each task a value of usual length. Spans lie in no record."""
    return {task.name: _typical(task) for task in label_schema.tasks}


def _shortest(task: LabelTask) -> LabelValue:
    match task:
        case SingleChoiceTask():
            return _by_length(task.options)[0].value
        case MultipleChoiceTask():
            return tuple(option.value for option in _by_length(task.options)[: task.at_least])
        case SpanTask():
            return ()
        case NumberTask():
            return 0.0 if task.minimum <= 0 <= task.maximum else task.minimum
        case TextTask():
            return "x" * task.min_length
        case _:
            assert_never(task)


def _typical(task: LabelTask) -> LabelValue:
    match task:
        case SingleChoiceTask():
            return _middle(task.options).value
        case MultipleChoiceTask():
            most = len(task.options) if task.at_most is None else task.at_most
            return tuple(option.value for option in task.options[: max(task.at_least, min(2, most))])
        case SpanTask():
            label = _middle(task.options).value
            attributes = {each.name: _middle(each.options).value for each in task.attributes}
            return tuple(
                Span(field="", start=0, end=len(text), text=text, label=label, attributes=attributes)
                for text in _TYPICAL_STRETCHES
            )
        case NumberTask():
            return task.maximum
        case TextTask():
            return "x" * max(task.min_length, min(task.max_length, _TYPICAL_TEXT))
        case _:
            assert_never(task)


def longest_text(task: LabelTask) -> int:
    """Return the most characters that a free text may have; 0 for other tasks."""
    match task:
        case TextTask():
            return task.max_length
        case SingleChoiceTask() | MultipleChoiceTask() | SpanTask() | NumberTask():
            return 0
        case _:
            assert_never(task)


def _by_length(options: tuple[LabelOption, ...]) -> list[LabelOption]:
    return sorted(options, key=lambda option: len(option.value))


def _middle(options: tuple[LabelOption, ...]) -> LabelOption:
    return _by_length(options)[len(options) // 2]

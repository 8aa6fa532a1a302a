"""Values of tasks: which are valid, when two are the same, and the one form in which each is kept.

Whoever accepts a value (from a model's answer, a person, a gold column) checks it here, so that nothing outside the
label schema is ever stored.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise
from typing import Any, assert_never

from tandem.events.outcomes import LabelValue, Span
from tandem.events.patterns import matches_whole
from tandem.events.schema import (
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
    is_on_grid,
    options_of,
)


def problem_with(task: LabelTask, value: LabelValue, fields: Mapping[str, str] | None = None) -> str | None:
    """Return in one sentence why the value is not valid for the task; None when it is. `fields`: the record's, for
    spans.
    """
    match task:
        case SingleChoiceTask():
            if not isinstance(value, str):
                return "one label is wanted"
            return None if any(value == option.value for option in task.options) else f"{value!r} is no label"
        case MultipleChoiceTask():
            return _problem_with_labels(task, value)
        case NumberTask():
            return _problem_with_number(task, value)
        case TextTask():
            return _problem_with_text(task, value)
        case SpanTask():
            return _problem_with_spans(task, value, fields)
        case _:
            assert_never(task)


def canonical(task: LabelTask, value: LabelValue) -> LabelValue:
    """Return the value in the one form in which it is kept: labels in schema order, spans by place, each once."""
    if not isinstance(value, tuple):
        return value
    match task:
        case MultipleChoiceTask():
            chosen = {label for label in value if isinstance(label, str)}
            return tuple(option.value for option in task.options if option.value in chosen)
        case SpanTask():
            spans = {_span_key(span): span for span in value if isinstance(span, Span)}
            return tuple(spans[key] for key in sorted(spans))
        case SingleChoiceTask() | NumberTask() | TextTask():
            return value
        case _:
            assert_never(task)


def key_of(value: LabelValue) -> Hashable:
    """Return a key that is equal for equal values, to count and compare them by. The text of a span follows from its
    place.
    """
    if isinstance(value, tuple):
        return tuple(_span_key(part) if isinstance(part, Span) else part for part in value)
    return value


def plain(value: LabelValue) -> Any:
    """Return the value as JSON and documents have it: text, number, list of texts, list of mappings."""
    if isinstance(value, tuple):
        return [part.model_dump() if isinstance(part, Span) else part for part in value]
    return value


def plain_values(values: Mapping[str, LabelValue]) -> dict[str, Any]:
    """Return the same for the values of several tasks."""
    return {task: plain(value) for task, value in values.items()}


def span_field(task: SpanTask, fields: Iterable[str]) -> str | None:
    """Return the field that the task's spans lie in; None when the record does not have it, or it is not known
    which.
    """
    names = list(fields)
    if task.field is not None:
        return task.field if task.field in names else None
    return names[0] if len(names) == 1 else None


def _problem_with_labels(task: MultipleChoiceTask, value: LabelValue) -> str | None:
    if not isinstance(value, tuple):
        return "a list of labels is wanted"
    known = {option.value for option in task.options}
    for label in value:
        if label not in known:
            return f"{label!r} is no label"
    count = len(set(value))
    if count != len(value):
        return "a label is given twice"
    if count < task.at_least:
        return f"at least {task.at_least} labels are wanted, there are {count}"
    if task.at_most is not None and count > task.at_most:
        return f"at most {task.at_most} labels are allowed, there are {count}"
    return None


def _problem_with_number(task: NumberTask, value: LabelValue) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "a number is wanted"
    if not task.minimum <= value <= task.maximum:
        return f"{value:g} is not between {task.minimum:g} and {task.maximum:g}"
    if not is_on_grid(task, value):
        return f"{value:g} is not on the grid of {task.step:g} from {task.minimum:g}"
    return None


def _problem_with_text(task: TextTask, value: LabelValue) -> str | None:
    if not isinstance(value, str):
        return "a text is wanted"
    if not task.min_length <= len(value) <= task.max_length:
        return f"{task.min_length} to {task.max_length} characters are wanted, there are {len(value)}"
    if "\0" in value:
        return "the text holds NUL, which ends a text in many programs"
    if task.pattern is not None and not matches_whole(task.pattern, value):
        return f"the text does not match {task.pattern!r}"
    return None


def _problem_with_spans(task: SpanTask, value: LabelValue, fields: Mapping[str, str] | None) -> str | None:
    if not isinstance(value, tuple):
        return "a list of spans is wanted"
    spans = [span for span in value if isinstance(span, Span)]
    if len(spans) != len(value):
        return "a list of spans is wanted"
    if len({_span_key(span) for span in spans}) != len(spans):
        return "a span is given twice"
    for span in spans:
        if problem := _problem_with_span(task, span, fields):
            return problem
    ordered = sorted(spans, key=lambda span: (span.field, span.start))
    if not task.overlaps and any(
        one.field == other.field and other.start < one.end for one, other in pairwise(ordered)
    ):
        return "spans of this task do not overlap"
    return None


def _problem_with_span(task: SpanTask, span: Span, fields: Mapping[str, str] | None) -> str | None:
    if not any(span.label == option.value for option in options_of(task)):
        return f"{span.label!r} is no label"
    if fields is not None:
        if span.field != span_field(task, fields):
            return f"the spans of this task do not lie in the field {span.field!r}"
        if not span.start < span.end <= len(fields[span.field]):
            return f"[{span.start}, {span.end}) is no stretch of the text"
        if fields[span.field][span.start : span.end] != span.text:
            return f"{span.text!r} does not stand at [{span.start}, {span.end})"
    allowed = {attribute.name: {option.value for option in attribute.options} for attribute in task.attributes}
    for name, value in span.attributes.items():
        if value not in allowed.get(name, ()):
            return f"{value!r} is no value of the attribute {name!r}" if name in allowed else f"no attribute {name!r}"
    missing = [each.name for each in task.attributes if each.required and each.name not in span.attributes]
    return f"the attribute {missing[0]!r} is missing" if missing else None


def _span_key(span: Span) -> tuple[int, int, str, str, tuple[tuple[str, str], ...]]:
    return (span.start, span.end, span.label, span.field, tuple(sorted(span.attributes.items())))

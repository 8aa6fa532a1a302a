"""Values that a person decides on: what fits the job's label schema, and when two decisions are the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import assert_never

from tandem.events import LabelTask, LabelValue, NumberTask, SpanTask, TextTask
from tandem.events.schema import LabelOption, MultipleChoiceTask, SingleChoiceTask
from tandem.labeling.values import canonical, key_of, problem_with
from tandem.web import Problem
from tandem.web.invalid_content import FieldProblem

SHOWN_OPTIONS = 20


def checked(
    tasks: tuple[LabelTask, ...], values: Mapping[str, LabelValue], fields: Mapping[str, str]
) -> dict[str, LabelValue]:
    """Return the values in the form in which they are kept, in schema order. `fields`: the record's, for spans.

    Raises Problem 422 unless every task of the schema, and nothing else, has one of its values; it names all that are
    wrong.
    """
    names = [task.name for task in tasks]
    errors = [
        FieldProblem(
            field=f"values.{name}",
            detail="The label schema has no such task.",
            cure=f"The tasks are: {', '.join(names)}.",
        )
        for name in values
        if name not in names
    ]
    for task in tasks:
        value = values.get(task.name)
        detail = "a value is missing" if value is None else problem_with(task, value, fields)
        if detail is not None:
            errors.append(FieldProblem(field=f"values.{task.name}", detail=_sentence(detail), cure=_cure(task)))
    if errors:
        first = errors[0]
        raise Problem(
            422,
            "values-do-not-fit",
            f"{first.field}: {first.detail}",
            title="The values do not fit the label schema",
            field=first.field,
            cure=first.cure,
            errors=errors,
        )
    return {task.name: canonical(task, values[task.name]) for task in tasks}


def same_values(one: Mapping[str, LabelValue], other: Mapping[str, LabelValue]) -> bool:
    """Return whether both label the same tasks with the same values. Both are in the form in which values are kept."""
    return _keys(one) == _keys(other)


def _keys(values: Mapping[str, LabelValue]) -> dict[str, Hashable]:
    return {task: key_of(value) for task, value in values.items()}


def _sentence(detail: str) -> str:
    return f"{detail[0].upper()}{detail[1:]}."


def _cure(task: LabelTask) -> str:
    match task:
        case NumberTask():
            step = "" if task.step is None else f" in steps of {task.step:g}"
            return f"Give a number from {task.minimum:g} to {task.maximum:g}{step}."
        case TextTask():
            pattern = "" if task.pattern is None else f" that match {task.pattern!r}"
            return f"Give {task.min_length} to {task.max_length} characters{pattern}."
        case SpanTask():
            return f"Mark stretches of the record's text as one of: {_shown(task.options)}."
        case SingleChoiceTask():
            return f"Choose one of: {_shown(task.options)}."
        case MultipleChoiceTask():
            return f"Choose any of: {_shown(task.options)}."
        case _:
            assert_never(task)


def _shown(options: Sequence[LabelOption]) -> str:
    more = ", …" if len(options) > SHOWN_OPTIONS else ""
    return ", ".join(option.value for option in options[:SHOWN_OPTIONS]) + more

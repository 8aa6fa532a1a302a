"""Gold values: the right value of a task as a file states it, converted to the value that the task's kind has.

A cell of a CSV file holds the label, the number or the text itself; lists are written as JSON, or as labels with a
separator between them where the import names one. In JSONL a value may also have its own JSON type. Spans are a list of
objects with start, end and label, or of `[start, end, label]`, or as annotation tools name these; what stands there
is filled in, and checked where it is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard, assert_never

from tandem.events import (
    LabelTask,
    LabelValue,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    Span,
    SpanTask,
    TextTask,
    options_of,
)
from tandem.labeling.values import canonical, plain, problem_with, span_field
from tandem_api.resources.datasets.parsing import exact_json
from tandem_api.resources.datasets.parsing.exact_json import Digits

_SPAN_KEYS = {"field", "start", "end", "text", "label", "attributes"}
_OTHER_NAMES = {"start_offset": "start", "end_offset": "end"}
"""Names that doccano uses."""
_PASSED_OVER = {"id", "score", "source", "token_start", "token_end", "globalStartOffset", "globalEndOffset"}
"""Keys that annotation tools put beside a span."""


class GoldError(Exception):
    """The text is no value of the task. The message says why; `cure` what to write."""

    def __init__(self, detail: str, cure: str) -> None:
        super().__init__(detail)
        self.cure = cure


def gold_value(task: LabelTask, given: Any, fields: Mapping[str, str], *, separator: str | None) -> Any:
    """Return the plain, canonical value; None when there is none (an empty cell or null). Raises GoldError."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    value = _value(task, given, fields, separator)
    if (problem := problem_with(task, value, fields)) is not None:
        raise GoldError(problem, _cure(task))
    return plain(canonical(task, value))


def untyped_gold(given: Any) -> str | None:
    """Return the value where no label schema gives its kind: a label or text. Raises GoldError."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, Digits):
        return given.text
    if isinstance(given, str | int) and not isinstance(given, bool):
        return str(given).strip()
    raise GoldError(
        f"a label is wanted, this is a JSON {type(given).__name__}",
        "Write labels as JSON strings, or name the label schema whose tasks the gold values are of.",
    )


def _value(task: LabelTask, given: Any, fields: Mapping[str, str], separator: str | None) -> LabelValue:
    match task:
        case SingleChoiceTask() | TextTask():
            if isinstance(given, Digits):
                return given.text
            if not isinstance(given, str | int) or isinstance(given, bool):
                raise GoldError(f"a text is wanted, this is a JSON {type(given).__name__}", _cure(task))
            return str(given) if task.traits.is_free_text else str(given).strip()
        case NumberTask():
            return _number(task, given)
        case MultipleChoiceTask():
            return _labels(task, given, separator)
        case SpanTask():
            return _spans(task, given, fields)
        case _:
            assert_never(task)


def _number(task: NumberTask, given: Any) -> float:
    if isinstance(given, Digits):
        raise GoldError(f"{given.text[:50]} has more digits than a number keeps", _cure(task))
    if isinstance(given, str):
        try:
            given = float(given)
        except ValueError:
            raise GoldError(f"{given[:50]!r} is no number", _cure(task)) from None
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise GoldError("a number is wanted", _cure(task))
    return float(given)


def _labels(task: MultipleChoiceTask, given: Any, separator: str | None) -> tuple[str, ...]:
    if isinstance(given, str):
        text = given.strip()
        if text.startswith("["):
            given = _json(task, text)
        else:
            given = [part.strip() for part in (text.split(separator) if separator else [text]) if part.strip()]
    if not isinstance(given, list) or not all(isinstance(label, str) for label in given):
        raise GoldError("a list of labels is wanted", _cure(task))
    return tuple(given)


def _spans(task: SpanTask, given: Any, fields: Mapping[str, str]) -> tuple[Span, ...]:
    if isinstance(given, str):
        given = _json(task, given)
    if not isinstance(given, list):
        raise GoldError("a list of spans is wanted", _cure(task))
    given = [usual_span(span) for span in given]
    if not all(isinstance(span, dict) for span in given):
        raise GoldError("a list of spans is wanted", _cure(task))
    field = span_field(task, fields)
    if field is None:
        raise GoldError(
            f"the task's spans lie in {task.field!r}"
            if task.field
            else "the task does not say in which field its spans lie",
            f"Name one of the records' fields ({', '.join(fields)}) as `field` of the task, in a new version.",
        )
    return tuple(_span(task, span, field, fields[field]) for span in given)


def usual_span(given: Any) -> Any:
    """Return a span as annotation tools write it as a mapping with start, end and label; anything else unchanged.

    `[0, 4, "ORG"]` is how doccano and spaCy write one, `start_offset` how doccano calls the start, `labels` with one
    label what Label Studio has.
    """
    if isinstance(given, list) and len(given) == 3:
        return dict(zip(("start", "end", "label"), given, strict=True))
    if not isinstance(given, dict):
        return given
    span = {_OTHER_NAMES.get(name, name): value for name, value in given.items() if name not in _PASSED_OVER}
    labels = span.get("labels")
    if "label" not in span and isinstance(labels, list) and len(labels) == 1:
        span["label"] = labels[0]
        del span["labels"]
    return span


def _span(task: SpanTask, given: dict[str, Any], field: str, text: str) -> Span:
    if unknown := given.keys() - _SPAN_KEYS:
        raise GoldError(f"a span has no {min(unknown)!r}", _cure(task))
    start, end, label = given.get("start"), given.get("end"), given.get("label")
    if not (_is_index(start) and _is_index(end) and isinstance(label, str)):
        raise GoldError("a span has a start and an end (whole numbers) and a label", _cure(task))
    if not start < end <= len(text):
        raise GoldError(f"[{start}, {end}) is no stretch of the {len(text):,} characters of {field!r}", _cure(task))
    attributes = given.get("attributes") or {}
    if not isinstance(attributes, dict) or not all(isinstance(value, str) for value in attributes.values()):
        raise GoldError("attributes are a mapping of texts", _cure(task))
    stands = text[start:end]
    if given.get("text", stands) != stands:
        raise GoldError(
            f"{str(given['text'])[:50]!r} does not stand at [{start}, {end}), but {stands[:50]!r}",
            "Count characters (Unicode code points) from 0; `end` is behind the last one.",
        )
    return Span(
        field=str(given.get("field", field)), start=start, end=end, text=stands, label=label, attributes=attributes
    )


def _is_index(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _json(task: LabelTask, text: str) -> Any:
    try:
        return exact_json.loads(text)
    except exact_json.NotJsonError as error:
        raise GoldError(f"this is not JSON: {error.message}", _cure(task)) from error


def _cure(task: LabelTask) -> str:
    """Say what a value of the task looks like."""
    known = ", ".join(option.value for option in options_of(task)[:20])
    match task:
        case SingleChoiceTask():
            return f"Write one of: {known}."
        case MultipleChoiceTask():
            return f'Write a JSON list, e.g. ["{task.options[0].value}"], of: {known}. Or name a gold_separator.'
        case NumberTask():
            grid = f", in steps of {task.step:g}" if task.step is not None else ""
            return f"Write a number from {task.minimum:g} to {task.maximum:g}{grid}, without its unit."
        case TextTask():
            shape = f" that matches {task.pattern}" if task.pattern else ""
            return f"Write {task.min_length} to {task.max_length} characters{shape}."
        case SpanTask():
            label = task.options[0].value
            example = f'{{"start": 0, "end": 4, "label": "{label}"}} or [0, 4, "{label}"]'
            return f"Write a JSON list of {example}; labels: {known}."
        case _:
            assert_never(task)

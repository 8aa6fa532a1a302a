"""Values of tasks as documents have them, in the form in which they are compared."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple, assert_never

from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask


class SpanKey(NamedTuple):
    """Identity of a span: its place, its label and its attributes; its text follows from the place."""

    field: str
    start: int
    end: int
    label: str
    attributes: tuple[tuple[str, str], ...] = ()


Comparable = str | float | frozenset[str] | frozenset[SpanKey]


def comparable(task: LabelTask, plain: Any) -> Comparable | None:
    """Return the form in which a value is compared; None for no value, and for what is no value of the task's kind."""
    match task:
        case NumberTask():
            is_number = isinstance(plain, int | float) and not isinstance(plain, bool)
            return float(plain) if is_number else None
        case MultipleChoiceTask():
            return frozenset(map(str, plain)) if isinstance(plain, list | tuple) else None
        case SpanTask():
            if not isinstance(plain, list | tuple) or not all(isinstance(span, Mapping) for span in plain):
                return None
            return frozenset(map(_span_key, plain))
        case SingleChoiceTask() | TextTask():
            return plain if isinstance(plain, str) else None
        case _:
            assert_never(task)


def is_same(task: LabelTask, one: Comparable, other: Comparable) -> bool:
    """Return whether two values are the same; numbers are when they are nearest to the same step of their task's
    grid.
    """
    match task:
        case NumberTask() if isinstance(one, float) and isinstance(other, float):
            if task.step:
                return abs(one - other) < task.step / 2
            return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
        case SingleChoiceTask() | TextTask() | MultipleChoiceTask() | SpanTask() | NumberTask():
            return one == other
        case _:
            assert_never(task)


def normalized(text: str) -> str:
    """Without regard to case, white space and unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def overlap(one: SpanKey, other: SpanKey) -> bool:
    """Return whether both have the same label and share a character."""
    return one.label == other.label and one.field == other.field and one.start < other.end and other.start < one.end


def _span_key(span: Mapping[str, Any]) -> SpanKey:
    attributes = span.get("attributes") or {}
    return SpanKey(
        str(span.get("field", "")),
        int(span.get("start", 0)),
        int(span.get("end", 0)),
        str(span.get("label", "")),
        tuple(sorted(attributes.items())),
    )

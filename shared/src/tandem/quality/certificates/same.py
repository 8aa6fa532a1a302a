"""Decide whether two values of a task are the same, for values as they stand in exports (JSON)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tandem.quality.certificates.canonical import canonical_json


def is_same_value(rule: Mapping[str, Any], one: Any, other: Any) -> bool:
    """Compare two values by the rule of their task.

    `rule`: {"kind": "single_choice" | "multiple_choice" | "span" | "number" | "text"}, for numbers with "step" where
    the task has a grid. Labels of multiple choice and spans are compared as sets; of a span, its text does not count.
    """
    if one is None or other is None:
        return one is other
    match rule["kind"]:
        case "number":
            step = rule.get("step")
            return abs(one - other) < step / 2 if step else math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
        case "multiple_choice":
            return set(one) == set(other)
        case "span":
            return set(map(_span, one)) == set(map(_span, other))
        case _:
            return bool(one == other)


def _span(span: Mapping[str, Any]) -> str:
    attributes = span.get("attributes") or {}
    return canonical_json([span.get("field", ""), span["start"], span["end"], span["label"], attributes])

"""A row of an annotation tool's export, without the tool's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """Opinion of one annotator, or of one model, about a row."""

    by: str | None
    """Name that the tool gives; None where it gives none."""
    values: dict[str, Any]
    """Name of the question to the value: a label, a list of labels, a number, a text, or a list of spans (start, end,
    label)."""
    at: str | None = None
    is_suggestion: bool = False
    """True: a model proposed it, or it does not count for another reason; it is kept, and never gold."""
    is_right: bool = False
    """True: the tool says that this one holds, whatever others said."""


@dataclass(frozen=True, slots=True)
class ToolRow:
    values: dict[str, Any]
    """The columns: the id, the texts and whatever else stands beside them."""
    said: list[Said]
    left_out: list[str] = field(default_factory=list)
    """Kinds of answers that are not taken."""


def as_text(value: Any) -> str | None:
    """Return an annotator's id or a time as text, None for none."""
    return None if value is None or isinstance(value, dict | list) else str(value)


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def objects_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; empty for anything else."""
    return [part for part in list_of(value) if isinstance(part, dict)]


def mapping_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def one_or_all(values: list[Any]) -> Any:
    """Return the only value, or all of them: a single choice is often written as a list of one."""
    return values[0] if len(values) == 1 else values


def without(values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}

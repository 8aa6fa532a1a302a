"""Explanations of content that does not validate, for people: where, what, and what to do.

pydantic names what it found by the types of Python; callers write JSON and YAML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from tandem.events.schema import TASK_KINDS, TASK_NAME_PATTERN
from tandem.text.control_characters import ONE_LINE_PATTERN

_IN_PLAIN_WORDS: Mapping[tuple[str, str | None], tuple[str, str]] = {
    ("tuple_type", None): ("A list is wanted", "Put it in [ ], even if it is a single one."),
    ("string_pattern_mismatch", TASK_NAME_PATTERN): (
        "A name begins with a letter or _, and has letters of any script, digits, spaces, _ and - alone",
        "Rename it; its question may hold any character.",
    ),
    ("string_pattern_mismatch", ONE_LINE_PATTERN): ("The name holds a control character", "Take it out."),
}
"""Descriptions of errors and their remedies, by the type of pydantic's error and the pattern."""


class FieldProblem(BaseModel):
    """One of several things wrong with a request."""

    field: str | None = None
    detail: str
    cure: str | None = None


def problems_of(errors: Sequence[Mapping[str, Any]], content: Any) -> tuple[str, list[FieldProblem]]:
    """Return the first of the problems in one sentence with its place, and all of them. `errors` as pydantic gives
    them."""
    causes = list(_causes(errors))
    problems = [_field_problem(part, content) for part in causes]
    first = problems[0]
    named = _name_along(causes[0]["loc"], content)
    where = f"{first.field} ({named})" if named and first.field else first.field
    return f"{where}: {first.detail}" if where else first.detail, problems


def _causes(errors: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Without what follows from another: a list is too short for pydantic when what stands in it is wrong."""
    for part in errors:
        place = tuple(part["loc"])
        within = (tuple(other["loc"]) for other in errors)
        if part["type"] != "too_short" or not any(
            len(each) > len(place) and each[: len(place)] == place for each in within
        ):
            yield part


def _field_problem(part: Mapping[str, Any], content: Any) -> FieldProblem:
    context = part.get("ctx") or {}
    detail, cure = _IN_PLAIN_WORDS.get((part["type"], context.get("pattern")), (part["msg"], None))
    return FieldProblem(
        field=context.get("field") or _field_path(part["loc"], content),
        detail=_of_json(detail.removeprefix("Value error, ")),
        cure=context.get("cure") or cure,
    )


def _of_json(words: str) -> str:
    words = words.replace("Tuple should", "The list should").removesuffix(" to extract fields from")
    return words.replace(" after validation", "").replace("a valid dictionary or object", "an object with fields")


def _field_path(location: Sequence[Any], content: Any) -> str | None:
    """`("tasks", 0, "single_choice", "name")` as `tasks[0].name`: the kind of a task is no field of it."""
    path = ""
    before: Any = None
    for step in location:
        if not (
            isinstance(before, int) and step in TASK_KINDS and not (isinstance(content, Mapping) and step in content)
        ):
            path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
            content = _inside(content, step)
        before = step
    return path or None


def _name_along(location: Sequence[Any], content: Any) -> str | None:
    """Return the name of the first thing along the location that has one and stands in a list."""
    for step in location:
        content = _inside(content, step)
        if isinstance(step, int) and isinstance(content, Mapping) and isinstance(content.get("name"), str):
            return repr(content["name"][:100])
    return None


def _inside(content: Any, step: Any) -> Any:
    if isinstance(content, Mapping):
        return content.get(step)
    if isinstance(content, Sequence) and isinstance(step, int) and step < len(content):
        return content[step]
    return None

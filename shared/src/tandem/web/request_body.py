"""Checks of the JSON that callers send: no unknown field, and no text or number that could not be stored or sent
back."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

_LEAST, _MOST = -(2**63), 2**63 - 1


class RequestBody(BaseModel):
    """An unknown field is an error, in the models within too: it would be a misspelt wish."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _can_be_taken(cls, content: Any) -> Any:
        check_keepable(content)
        if isinstance(content, Mapping):
            _check_all_fields(content, cls, "", "the request")
        return content


def check_fields(given: Mapping[str, Any], model: type[BaseModel], path: str, what: str) -> None:
    """Check that the model has every given field. Raises PydanticCustomError, with `field` and `cure`, for one that it
    does not have. `path` leads to what is given, e.g. `tasks[0]`, and `what` names it, e.g. `an option`."""
    for name in given:
        if name in model.model_fields:
            continue
        near = difflib.get_close_matches(str(name), model.model_fields, n=1, cutoff=0.6)
        known = ", ".join(model.model_fields)
        raise PydanticCustomError(
            "no_such_field",
            "{what} has no field {name}",
            {
                "what": what,
                "name": repr(name),
                "field": f"{path}.{name}" if path else str(name),
                "cure": f"Did you mean {near[0]}?" if near else f"It may have {known}.",
            },
        )


def _check_all_fields(given: Mapping[str, Any], model: type[BaseModel], path: str, what: str) -> None:
    check_fields(given, model, path, what)
    for name, field in model.model_fields.items():
        if (inner := _model_in(field.annotation)) is None:
            continue
        where = f"{path}.{name}" if path else name
        for within, part in _mappings_at(where, given.get(name), keyed=get_origin(field.annotation) is dict):
            _check_all_fields(part, inner, within, within)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the one model of `M`, `M | None`, `tuple[M, ...]` or `dict[str, M]`; None where there are several to
    choose from."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is dict:
        return _model_in(get_args(annotation)[1])
    if get_origin(annotation) not in (tuple, list, Union, UnionType):
        return None
    parts = [part for part in get_args(annotation) if part not in (NoneType, Ellipsis)]
    return _model_in(parts[0]) if len(parts) == 1 else None


def _mappings_at(path: str, part: Any, *, keyed: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(part, Mapping) and keyed:
        yield from ((f"{path}.{key}", each) for key, each in part.items() if isinstance(each, Mapping))
    elif isinstance(part, Mapping):
        yield path, part
    elif isinstance(part, list | tuple):
        for index, each in enumerate(part):
            if isinstance(each, Mapping):
                yield f"{path}[{index}]", each


def check_keepable(content: Any) -> None:
    """Check that the content can be stored and sent back. Raises PydanticCustomError, with `field` and `cure`, for the
    first text, key or number that MongoDB, JSON in UTF-8 or a CSV file cannot hold: half a surrogate pair, NUL, an
    integer beyond 64 bits, a number that is not finite."""
    # No recursion: what a caller nests is as deep as the parser lets it be.
    waiting = [("", content)]
    while waiting:
        path, part = waiting.pop()
        if (problem := _problem_with(part)) is not None:
            detail, cure = problem
            raise PydanticCustomError(
                "not_keepable", "{detail}", {"detail": detail, "field": path or None, "cure": cure}
            )
        waiting += reversed(list(_parts(path, part)))


def _parts(path: str, part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        for key, value in part.items():
            name = key if isinstance(key, str) and key.isprintable() else ascii(key)[1:-1]
            inside = f"{path}.{name}" if path else name
            if isinstance(key, str) and _problem_with(key):
                yield inside, key
            yield inside, value
    elif isinstance(part, list | tuple):
        for index, value in enumerate(part):
            yield f"{path}[{index}]", value


def _problem_with(part: Any) -> tuple[str, str] | None:
    match part:
        case bool():
            return None
        case str() if not _is_unicode(part):
            return (
                "The text holds half a surrogate pair, which is no character",
                "Send text as Unicode: an emoji whole.",
            )
        case str() if "\0" in part:
            return "The text holds NUL, which ends a text in many programs", "Take it out."
        case int() if not _LEAST <= part <= _MOST:
            return "The number is beyond 64 bits", "Give a smaller one."
        case float() if not math.isfinite(part):
            return "A finite number is wanted", "NaN and infinity are no numbers; leave the field out instead."
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

"""Properties that a structured request asks for, read from its JSON Schema, each by its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OneOf:
    """One of the options, or null where that is allowed."""

    options: tuple[str, ...]
    nullable: bool = False


@dataclass(frozen=True)
class SomeOf:
    options: tuple[str, ...]


@dataclass(frozen=True)
class Number:
    minimum: float
    maximum: float
    whole: bool


@dataclass(frozen=True)
class Text:
    """Any text."""


@dataclass(frozen=True)
class Phrases:
    """Stretches of the record; each an object of these properties, one of which is its text."""

    properties: tuple[tuple[str, Property], ...]


@dataclass(frozen=True)
class NestedObject:
    """An object of these properties."""

    properties: tuple[tuple[str, Property], ...]


Property = OneOf | SomeOf | Number | Text | Phrases | NestedObject


def read_properties(request: Mapping[str, Any]) -> tuple[tuple[str, Property], ...] | None:
    """Return the properties in their order.

    Returns None when the request has no JSON Schema, or one with shapes not known here.
    """
    try:
        return _object(request["response_format"]["json_schema"]["schema"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _object(schema: Mapping[str, Any]) -> tuple[tuple[str, Property], ...]:
    found = tuple((str(name), _property(shape)) for name, shape in schema["properties"].items())
    if not found:
        raise ValueError("an object without properties")
    return found


def _property(shape: Mapping[str, Any]) -> Property:
    kinds = shape.get("type")
    kinds = {kinds} if isinstance(kinds, str) else set(kinds or ())
    if kinds & {"number", "integer"}:
        numbers = shape.get("enum") or (shape.get("minimum", 0), shape.get("maximum", 100))
        return Number(float(min(numbers)), float(max(numbers)), whole="number" not in kinds)
    if "enum" in shape:
        options = tuple(str(option) for option in shape["enum"] if option is not None)
        if not options:
            raise ValueError("no options")
        return OneOf(options, nullable=None in shape["enum"])
    if "array" in kinds:
        items = shape["items"]
        if "properties" in items:
            return Phrases(_object(items))
        inner = _property(items)
        if isinstance(inner, OneOf):
            return SomeOf(inner.options)
        raise ValueError("an array of something else")
    if "object" in kinds:
        return NestedObject(_object(shape))
    if "string" in kinds:
        return OneOf((), nullable=True) if "null" in kinds else Text()
    raise ValueError("a shape that is not known")

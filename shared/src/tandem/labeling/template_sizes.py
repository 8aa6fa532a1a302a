"""The largest that the values of a template can be: the part of `template_cost` that knows about data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ELEMENT = 8
"""Weight of an element of a collection beside its characters: comparing it costs a call."""


@dataclass(frozen=True, slots=True)
class Value:
    """The largest that a value can be. `weight` counts all characters and elements in it, shared ones once a use."""

    weight: float = 32.0
    count: float = 0.0
    """Turns of a loop over it."""
    is_text: bool = True
    """True for a text or a number; a collection is longer when it is written out."""
    part: Value | None = None
    """Value that covers each of its elements, keys and attributes."""
    named: Mapping[str, Value] = field(default_factory=dict)
    """Attributes of which more is known."""

    def at(self, name: object) -> Value:
        """Return what covers the attribute or element of this name."""
        if isinstance(name, str) and name in self.named:
            return self.named[name]
        return self.part or SCALAR

    @property
    def written(self) -> float:
        """Return the most characters that the value has when it is written out; those of collections may be escaped."""
        return self.weight if self.is_text else 10 * self.weight


SCALAR = Value()


def text_of(characters: float) -> Value:
    return Value(characters, characters, part=SCALAR)


def collection_of(values: Sequence[Value], named: Mapping[str, Value] | None = None) -> Value:
    """Return what covers a list, or with `named` a mapping."""
    weight = sum(value.weight + ELEMENT for value in values)
    return Value(weight, len(values), False, _largest(values), named or {})


def record_of(fields: int, characters: int) -> Value:
    """Return a value that covers the fields of every record with at most this many fields, and characters in all."""
    return Value(characters + fields * ELEMENT, fields, False, text_of(characters))


def value_of(given: object, seen: dict[int, Value] | None = None) -> Value:
    """Return what covers a plain value that is known: mappings, lists, texts and numbers. `seen`: values by identity,
    for those that stand in several places."""
    seen = {} if seen is None else seen
    if isinstance(given, str):
        return text_of(len(given))
    if (found := seen.get(id(given))) is not None:
        return found
    if isinstance(given, Mapping):
        named = {str(name): value_of(each, seen) for name, each in given.items()}
        found = collection_of([*named.values(), *map(text_of, map(len, named))], named)
    elif isinstance(given, list | tuple):
        found = collection_of([value_of(each, seen) for each in given])
    else:
        return SCALAR
    seen[id(given)] = found
    return found


def _largest(values: Sequence[Value]) -> Value | None:
    """Return what covers each of the values."""
    if len(values) < 2:
        return values[0] if values else None
    names = {name for value in values for name in value.named}
    parts = [value.part for value in values if value.part is not None]
    return Value(
        max(value.weight for value in values),
        max(value.count for value in values),
        all(value.is_text for value in values),
        _largest(parts),
        {name: covering([value.at(name) for value in values]) for name in names},
    )


def covering(values: Sequence[Value]) -> Value:
    return _largest(values) or SCALAR


def scope_of(given: Mapping[str, Any]) -> dict[str, Value]:
    """Return what covers each of the variables of a template."""
    seen: dict[int, Value] = {}
    return {name: value_of(each, seen) for name, each in given.items()}

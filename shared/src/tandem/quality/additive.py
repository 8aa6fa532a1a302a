"""Sums over records that are made stretch by stretch and added up in any order, and the JSON they are kept as."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(slots=True)
class Additive:
    """A dataclass whose fields add up: numbers, counters, lists of one length, mappings, and others of its kind."""

    def add(self, other: Self) -> None:
        """Take the other's records in. The other is used up: its parts may become parts of this one."""
        for field in fields(self):
            setattr(self, field.name, _sum(getattr(self, field.name), getattr(other, field.name)))


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, Additive):
        one.add(other)
        return one
    if isinstance(one, Counter):
        one.update(other)
        return one
    if isinstance(one, dict):
        for key, value in other.items():
            one[key] = _sum(one[key], value) if key in one else value
        return one
    if isinstance(one, list):
        return [_sum(*pair) for pair in zip(one, other, strict=True)]
    return one + other

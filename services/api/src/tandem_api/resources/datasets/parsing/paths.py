"""Columns as paths of keys with dots into nested objects: `final.topic`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def at_path(values: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path in nested objects, or of the column of that name; null where something on the way is
    null. Raises KeyError."""
    if path in values:
        return values[path]
    first, *rest = path.split(".")
    if not rest:
        raise KeyError(path)
    found: Any = values
    for key in (first, *rest):
        if found is None:
            return None
        if not isinstance(found, dict):
            raise KeyError(path)
        found = found[key]
    return found


def has_path(values: Mapping[str, Any], path: str) -> bool:
    try:
        at_path(values, path)
    except KeyError:
        return False
    return True

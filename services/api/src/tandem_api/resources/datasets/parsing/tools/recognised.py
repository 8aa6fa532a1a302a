"""Recognition of a tool by the first object of its export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tandem_api.resources.datasets.parsing.tools import argilla, doccano, label_studio, potato, prodigy
from tandem_api.resources.datasets.parsing.tools.said import ToolRow


class Tool(StrEnum):
    """Annotation tools whose exports are read."""

    NONE = "none"
    LABEL_STUDIO = label_studio.NAME
    ARGILLA = argilla.NAME
    DOCCANO = doccano.NAME
    PRODIGY = prodigy.NAME
    POTATO = potato.NAME


@dataclass(frozen=True, slots=True)
class _Reader:
    fits: Callable[[dict[str, Any]], bool]
    convert: Callable[[dict[str, Any]], ToolRow]


_READERS = {
    Tool.LABEL_STUDIO: _Reader(label_studio.fits, label_studio.convert),
    Tool.ARGILLA: _Reader(argilla.fits, argilla.convert),
    Tool.PRODIGY: _Reader(prodigy.fits, prodigy.convert),
    Tool.POTATO: _Reader(potato.fits, potato.convert),
    Tool.DOCCANO: _Reader(doccano.fits, doccano.convert),
}


def tool_of(values: dict[str, Any]) -> Tool:
    """Return the tool whose export begins with this object, NONE for a plain one."""
    return next((tool for tool, reader in _READERS.items() if reader.fits(values)), Tool.NONE)


def converted(tool: Tool, values: dict[str, Any]) -> ToolRow | None:
    """Return the row without the tool's shape; None where it is none of its rows."""
    reader = _READERS[tool]
    return reader.convert(values) if reader.fits(values) else None

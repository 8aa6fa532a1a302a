"""Rows of annotation tools as plain rows: the tool is recognized by the first row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.paths import has_path
from tandem_api.resources.datasets.parsing.rows import Row
from tandem_api.resources.datasets.parsing.tools.recognised import Tool, converted, tool_of


class Translator:
    """Takes the tool's shape off the rows of a file."""

    def __init__(self, mapping: ColumnMapping, asked: Tool | None) -> None:
        """`asked`: the tool that the caller names; None: it is found out."""
        self._mapping = mapping
        self.tool: Tool | None = asked
        self.left_out: dict[str, None] = {}

    def row(self, row: Row) -> Row:
        """Return the row with its texts and ids as columns, and beside them what people said."""
        if self.tool is None:
            self.tool = self._found(row.values)
        if self.tool is Tool.NONE or (plain := converted(self.tool, row.values)) is None:
            return row
        self.left_out |= dict.fromkeys(plain.left_out)
        return replace(row, values=plain.values, said=tuple(plain.said))

    def _found(self, values: dict[str, Any]) -> Tool:
        """Return the tool, NONE where columns are named that the row has as it is and not without the tool's shape."""
        tool = tool_of(values)
        plain = None if tool is Tool.NONE else converted(tool, values)
        if plain is None:
            return Tool.NONE
        asked = self._mapping.wanted()
        named = [column for part in ("text_columns", "id_column", "metadata_columns") for column in asked[part]]
        return Tool.NONE if any(_only_there(column, values, plain.values) for column in named) else tool


def _only_there(column: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return has_path(before, column) and not has_path(after, column)

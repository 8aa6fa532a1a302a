"""Columns of a file that no part of a record comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tandem_api.resources.datasets.parsing.mapping import ALL_OTHERS, ColumnMapping

MOST_NAMES = 1000


@dataclass
class LeftOut:
    """Finds them, row by row where rows name their own columns."""

    mapping: ColumnMapping
    names: list[str] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Set up the columns that are used; of a path in nested objects, its first part."""
        for wanted in self.mapping.wanted().values():
            for column in wanted:
                self._known |= {column, column.split(".")[0]}

    def see(self, columns: Iterable[str]) -> None:
        """Look at the columns of a row or of the header."""
        if self.mapping.metadata_columns == ALL_OTHERS or len(self.names) >= MOST_NAMES:
            return
        for column in columns:
            if column not in self._known:
                self._known.add(column)
                self.names.append(column)

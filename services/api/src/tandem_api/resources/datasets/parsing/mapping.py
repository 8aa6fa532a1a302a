"""Mapping of columns to the parts of a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tandem.events import LabelTask
from tandem.text.delimiters import delimiter_hint
from tandem_api.resources.datasets.parsing.rows import FileFaultError

ALL_OTHERS = "*"
OBVIOUS_ID_COLUMNS = ("id", "record_id")
"""Columns that hold ids unless the import says otherwise, whatever their case; the first there is."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The column of each part of a record. In JSONL a column is a key of the object, or a path of keys with dots
    between them."""

    text_columns: tuple[str, ...]
    """Names of the records' fields."""
    id_column: str | None = None
    """The column of ids. None: an obvious one where the file has it, else ids are made from the content."""
    make_ids: bool = False
    """True: ids are made, whatever columns there are."""
    text_sources: Mapping[str, str] = field(default_factory=dict)
    """Field to its column, where the column has another name."""
    gold_columns: Mapping[str, str] = field(default_factory=dict)
    """Task to the column that holds its right value."""
    gold_kinds: Mapping[str, LabelTask] = field(default_factory=dict)
    """Task to its label-schema task; the values of a task that is not here are labels or texts, accepted as they
    are."""
    tasks: Mapping[str, LabelTask] = field(default_factory=dict)
    """All tasks of the label schema, where one is named; what annotators of another tool said is checked against
    them."""
    gold_separator: str | None = None
    """Separator between the labels of a multiple choice, where they are not written as JSON."""
    metadata_columns: Mapping[str, str] | str = field(default_factory=dict)
    """Name in the metadata to its column; or ALL_OTHERS: all columns that have no other use, by their names."""

    @property
    def gold_tasks(self) -> list[str]:
        return list(self.gold_columns)

    @property
    def keeps_others(self) -> bool:
        """Return whether columns without another use become metadata."""
        return self.metadata_columns == ALL_OTHERS

    @property
    def is_decided(self) -> bool:
        """Return whether it is known where ids come from."""
        return self.id_column is not None or self.make_ids

    @property
    def taken(self) -> set[str]:
        """Return the columns that are ids, texts or gold."""
        texts = map(self.column_of, self.text_columns)
        return {*texts, *self.gold_columns.values(), *([] if self.id_column is None else [self.id_column])}

    def wanted(self) -> dict[str, tuple[str, ...]]:
        """Return the columns that each parameter names, by parameter."""
        others = self.metadata_columns.values() if isinstance(self.metadata_columns, Mapping) else ()
        return {
            "id_column": () if self.id_column is None else (self.id_column,),
            "text_columns": tuple(self.column_of(name) for name in self.text_columns),
            "gold_columns": tuple(self.gold_columns.values()),
            "metadata_columns": tuple(others),
        }

    def check(self, columns: Sequence[str]) -> None:
        """Check that the file has all named columns. Raises FileFaultError for the first one that it does not have."""
        for parameter, wanted in self.wanted().items():
            for column in wanted:
                if column not in columns:
                    raise self._no_column(parameter, column, columns)

    def decided(self, columns: Iterable[str]) -> ColumnMapping:
        """Return the mapping with the source of ids decided, by the columns of the header or of the first object."""
        if self.is_decided:
            return self
        column = obvious_id_column(columns, but=self.taken)
        return replace(self, id_column=column, make_ids=column is None)

    def column_of(self, text_field: str) -> str:
        return self.text_sources.get(text_field, text_field)

    def _no_column(self, parameter: str, column: str, columns: Sequence[str]) -> FileFaultError:
        usual = f"Name one of the file's columns in {parameter}, exactly as the header has it."
        return FileFaultError(
            "no-such-column",
            f"The file has no column {column!r} ({parameter}); it has {', '.join(map(repr, columns[:30]))}.",
            cure=delimiter_hint(columns) or usual,
            line=1,
            column=column,
        )


def obvious_id_column(columns: Iterable[str], *, but: Collection[str] = ()) -> str | None:
    """Return the column that plainly holds ids; None where there is none. A name in lower case is preferred."""
    found = sorted((column for column in columns if column not in but), reverse=True)
    for name in OBVIOUS_ID_COLUMNS:
        for column in found:
            if column.casefold() == name:
                return column
    return None

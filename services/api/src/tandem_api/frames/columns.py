"""The columns of a data set as a frame: names, types and uses, kept beside its records and read again for a frame out.

Frames that are added to a data set bring the types that it has. Files without types (CSV, JSONL) bring the types that
their values have; where those differ from the data set's, the column becomes text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds

from tandem.store.datasets.documents import ColumnsPart
from tandem_api.frames.arrow_values import is_text, storable

MOST_COLUMNS = 2000
MOST_CATEGORY_CHARACTERS = 1_000_000
"""Categories of a data set that are kept; a column with more comes back as plain values."""
MOST_SCHEMA_BYTES = 2_000_000
_EXACT_IN_A_FLOAT = 2**53


class Use(StrEnum):
    """The part of a record that a column became."""

    ID = "id"
    FIELD = "field"
    METADATA = "metadata"


class OtherTypeError(Exception):
    """A frame has a column of another type than the data set has."""

    def __init__(self, column: str, had: pa.DataType, has: pa.DataType) -> None:
        super().__init__(column)
        self.column = column
        self.had = had
        self.has = has


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `name` is the frame's, `key` the name within the record."""

    use: Use
    key: str
    field: pa.Field
    categories: tuple[Any, ...] | None = None
    """Plain values of the categories, in their order; None where the column is not categorical."""

    @property
    def name(self) -> str:
        return str(self.field.name)

    def of_type(self, kind: pa.DataType) -> Column:
        return replace(self, field=self.field.with_type(kind), categories=None)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a data set, in the frame's order; `metadata` is the Arrow schema's own (pandas, datasets)."""

    columns: tuple[Column, ...]
    metadata: Mapping[bytes, bytes] | None = None

    @classmethod
    def of(cls, part: ColumnsPart) -> Columns:
        """Read what `part` wrote."""
        schema = pa.ipc.read_schema(pa.py_buffer(part["schema"]))
        columns = tuple(
            Column(Use(use["use"]), use["key"], field, None if use["categories"] is None else tuple(use["categories"]))
            for use, field in zip(part["uses"], schema, strict=True)
        )
        return cls(columns, schema.metadata)

    def part(self) -> ColumnsPart | None:
        """Return the columns as the data set's document holds them; None where they are too many."""
        schema = pa.schema([column.field for column in self.columns], metadata=self.metadata)
        octets = schema.serialize().to_pybytes()
        if len(self.columns) > MOST_COLUMNS or len(octets) > MOST_SCHEMA_BYTES:
            return None
        return {
            "schema": octets,
            "uses": [
                {
                    "use": column.use.value,
                    "key": column.key,
                    "categories": None if column.categories is None else list(column.categories),
                }
                for column in self.columns
            ],
        }

    def with_categories(self, found: Mapping[str, Sequence[Any]]) -> Columns:
        """Return the columns with their categories, by column; those with too many become plain values."""
        left = MOST_CATEGORY_CHARACTERS
        columns: list[Column] = []
        for column in self.columns:
            if not kinds.is_dictionary(column.field.type):
                columns.append(column)
                continue
            categories = tuple(found.get(column.name, ()))
            left -= sum(len(str(value)) + 8 for value in categories)
            plain_type = column.field.type.value_type
            columns.append(replace(column, categories=categories) if left >= 0 else column.of_type(plain_type))
        return replace(self, columns=tuple(columns))

    def joined(self, more: Columns, *, strict: bool) -> Columns:
        """Return the columns of a data set to which records with the columns `more` were added.

        `strict`: raise OtherTypeError where a type differs, rather than turn the column into text.
        """
        theirs = {(column.use, column.key): column for column in more.columns}
        columns = [
            _joined(column, theirs.pop((column.use, column.key), None), strict=strict) for column in self.columns
        ]
        return Columns(_named_apart([*columns, *theirs.values()]), self.metadata or more.metadata)


def _named_apart(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Give columns whose name an earlier one has another name."""
    taken: set[str] = set()
    found: list[Column] = []
    for column in columns:
        name = column.name
        while name in taken:
            name += "_"
        taken.add(name)
        found.append(column if name == column.name else replace(column, field=column.field.with_name(name)))
    return tuple(found)


def _joined(ours: Column, theirs: Column | None, *, strict: bool) -> Column:
    if theirs is None or kinds.is_null(theirs.field.type):
        return ours
    if kinds.is_null(ours.field.type):
        return theirs
    ours_type, theirs_type = ours.field.type, theirs.field.type
    if kinds.is_dictionary(ours_type):
        values = ours_type.value_type
        if kinds.is_dictionary(theirs_type) and _alike(values, theirs_type.value_type):
            known = dict.fromkeys((*(ours.categories or ()), *(theirs.categories or ())))
            roomy = ours.field.with_type(pa.dictionary(_index_type(ours_type, len(known)), values, ours_type.ordered))
            return replace(ours, field=roomy, categories=tuple(known))
        if _alike(values, theirs_type):
            return ours.of_type(values)
    elif _alike(ours_type, theirs_type.value_type if kinds.is_dictionary(theirs_type) else theirs_type):
        return ours
    if strict:
        raise OtherTypeError(ours.name, ours_type, theirs_type)
    return ours.of_type(pa.string())


def _index_type(kind: pa.DataType, count: int) -> pa.DataType:
    """Return the type of the categories' numbers, one that holds them all."""
    return kind.index_type if count < 2 ** (kind.index_type.bit_width - 1) else pa.int32()


def _alike(one: pa.DataType, other: pa.DataType) -> bool:
    return bool(one.equals(other)) or (is_text(one) and is_text(other))


def frame_columns(schema: pa.Schema, uses: Mapping[str, tuple[Use, str]]) -> Columns:
    """Return the columns of an Arrow schema that are used: column to its use and its key within records. Raises
    UnsupportedTypeError."""
    return Columns(
        tuple(
            Column(*uses[field.name], field.with_type(storable(field.type)).with_nullable(nullable=True))
            for field in schema
            if field.name in uses
        ),
        schema.metadata,
    )


class SeenTypes:
    """The types of a file's values, collected while its records are made."""

    def __init__(self) -> None:
        self._seen: dict[str, set[type]] = {}
        self._large: set[str] = set()

    def see(self, metadata: Iterable[Mapping[str, Any]]) -> None:
        """Take in the metadata of some records."""
        for values in metadata:
            for name, value in values.items():
                if (found := self._seen.get(name)) is None:
                    if len(self._seen) > MOST_COLUMNS:
                        return
                    found = self._seen[name] = set()
                found.add(type(value))
                if type(value) is int and abs(value) > _EXACT_IN_A_FLOAT:
                    self._large.add(name)

    def columns(self, id_column: str, fields: Iterable[str]) -> Columns:
        """Return the columns of the file."""
        ids = Column(Use.ID, "record_id", pa.field(id_column, pa.string()))
        texts = (Column(Use.FIELD, name, pa.field(name, pa.string())) for name in fields)
        others = (Column(Use.METADATA, name, pa.field(name, self._type(name))) for name in self._seen)
        return Columns(_named_apart([ids, *texts, *others]))

    def _type(self, name: str) -> pa.DataType:
        match self._seen[name] - {type(None)}:
            case found if not found:
                return pa.null()
            case found if found == {bool}:
                return pa.bool_()
            case found if found == {int}:
                return pa.int64()
            case found if found <= {int, float} and name not in self._large:
                return pa.float64()
        return pa.string()

"""Arrow lists, structs and maps, taken apart into plain lists and mappings and put together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds

Plain = Callable[[pa.Array], list[Any]]
Built = Callable[[Sequence[Any], pa.DataType], pa.Array]


def is_list(kind: pa.DataType) -> bool:
    return bool(
        kinds.is_list(kind)
        or kinds.is_large_list(kind)
        or kinds.is_fixed_size_list(kind)
        or kinds.is_list_view(kind)
        or kinds.is_large_list_view(kind)
    )


def taken_apart(array: pa.Array, plain: Plain) -> list[Any]:
    """Return lists as lists, structs as mappings, maps as lists of pairs; `plain` gives the values of their parts."""
    kind = array.type
    gone = array.is_null().to_pylist()
    if kinds.is_struct(kind):
        names = [kind.field(place).name for place in range(kind.num_fields)]
        columns = [plain(array.field(place)) for place in range(kind.num_fields)]
        return [
            None if null else {name: column[row] for name, column in zip(names, columns, strict=True)}
            for row, null in enumerate(gone)
        ]
    if kinds.is_map(kind):
        pairs = [list(pair) for pair in zip(plain(array.keys), plain(array.items), strict=True)]
        return _cut(pairs, array.offsets.to_pylist(), gone)
    if kinds.is_list(kind) or kinds.is_large_list(kind):
        offsets = array.offsets.to_pylist()
        parts = plain(array.values.slice(offsets[0], offsets[-1] - offsets[0]))
        return _cut(parts, [offset - offsets[0] for offset in offsets], gone)
    return [None if null else plain(part.values) for null, part in zip(gone, array, strict=True)]


def put_together(values: Sequence[Any], kind: pa.DataType, built: Built) -> pa.Array:
    """Build the nested array of what `taken_apart` returned; `built` builds the arrays of its parts."""
    mask = pa.array([value is None for value in values], pa.bool_())
    if kinds.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        columns = [
            built([None if value is None else value.get(field.name) for value in values], field.type)
            for field in fields
        ]
        if not fields:
            return pa.array([None if value is None else {} for value in values], kind)
        return pa.StructArray.from_arrays(columns, fields=fields, mask=mask)
    if kinds.is_fixed_size_list(kind):
        filler = [None] * kind.list_size
        parts = list(chain.from_iterable(filler if value is None else value for value in values))
        return pa.FixedSizeListArray.from_arrays(built(parts, kind.value_type), type=kind, mask=mask)
    offsets = [0]
    for value in values:
        offsets.append(offsets[-1] + (0 if value is None else len(value)))
    parts = list(chain.from_iterable(value for value in values if value is not None))
    if kinds.is_map(kind):
        keys, items = (
            built([key for key, _ in parts], kind.key_type),
            built([item for _, item in parts], kind.item_type),
        )
        return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items, type=kind, mask=mask)
    inner = built(parts, kind.value_type)
    if kinds.is_large_list(kind):
        return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), inner, type=kind, mask=mask)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner, type=kind, mask=mask)


def _cut(parts: Sequence[Any], offsets: Sequence[int], gone: Sequence[bool]) -> list[Any]:
    return [
        None if null else list(parts[first:below])
        for null, first, below in zip(gone, offsets, offsets[1:], strict=False)
    ]

"""Arrow values as plain values that a record can hold, and back again by their type.

| type                              | plain value                                             |
| --------------------------------- | ------------------------------------------------------- |
| bool, integers, floats, strings   | themselves; an integer from 2^63 on is its digits       |
| timestamp, date, time             | ISO 8601 text, a timestamp with a zone in UTC           |
| duration                          | the number of its units                                 |
| decimal                           | its digits                                              |
| binary                            | base64 text                                             |
| list, struct, map                 | JSON text of the plain values of their parts            |
| dictionary (categorical)          | the plain value of the category                         |

NaN stays NaN and is another value than null; within lists and structs it is the text "NaN".
"""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.types as kinds

from tandem_api.frames import nested

_INT64 = 2**63
_CONSTANTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_EPOCH_DAY = "1970-01-01 "
_DAYS = (dt.date.min.toordinal() - dt.date(1970, 1, 1).toordinal(), dt.date.max.toordinal() - 719_163)
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


class UnsupportedTypeError(Exception):
    """Values of this Arrow type cannot be kept. The message names the type."""


def is_text(kind: pa.DataType) -> bool:
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        kinds.is_binary(kind)
        or kinds.is_large_binary(kind)
        or kinds.is_binary_view(kind)
        or kinds.is_fixed_size_binary(kind)
    )


def storable(kind: pa.DataType, *, inside: bool = False) -> pa.DataType:  # noqa: PLR0911 - one for each kind of type
    """Return the type that comes back for values of `kind`: the same, but for extension types and categories within
    lists and structs, which come back as what they are stored as. Raises UnsupportedTypeError."""
    if isinstance(kind, pa.BaseExtensionType):
        return storable(kind.storage_type, inside=inside)
    if kinds.is_dictionary(kind):
        values = storable(kind.value_type, inside=True)
        if kinds.is_nested(values):
            raise UnsupportedTypeError(str(kind))
        return values if inside else pa.dictionary(kind.index_type, values, ordered=kind.ordered)
    if kinds.is_struct(kind):
        parts = [kind.field(place) for place in range(kind.num_fields)]
        if len({part.name for part in parts}) < len(parts):
            raise UnsupportedTypeError(f"{kind}, which has two parts of one name")
        return pa.struct([part.with_type(storable(part.type, inside=True)) for part in parts])
    if kinds.is_map(kind):
        key, item = storable(kind.key_type, inside=True), storable(kind.item_type, inside=True)
        return pa.map_(kind.key_field.with_type(key), kind.item_field.with_type(item), keys_sorted=kind.keys_sorted)
    if nested.is_list(kind):
        part = kind.value_field.with_type(storable(kind.value_type, inside=True))
        if kinds.is_fixed_size_list(kind):
            return pa.list_(part, kind.list_size)
        return pa.large_list(part) if kinds.is_large_list(kind) or kinds.is_large_list_view(kind) else pa.list_(part)
    if (
        kinds.is_primitive(kind)
        or is_text(kind)
        or _is_binary(kind)
        or kinds.is_decimal128(kind)
        or kinds.is_decimal256(kind)
        or kinds.is_null(kind)
    ) and not kinds.is_interval(kind):
        return kind
    raise UnsupportedTypeError(str(kind))


def plain(array: pa.Array, *, inside: bool = False) -> list[Any]:  # noqa: PLR0911 - one for each kind of type
    """Return the plain values of an array, None where it is null. `inside`: they are parts of a list or a struct."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return plain(array.storage, inside=inside)
    if kinds.is_dictionary(kind):
        values = plain(array.dictionary, inside=inside)
        return [None if index is None else values[index] for index in array.indices.to_pylist()]
    if kinds.is_uint64(kind):
        return [str(value) if value is not None and value >= _INT64 else value for value in array.to_pylist()]
    if kinds.is_floating(kind):
        found = array.to_pylist()
        return [_constant(value) for value in found] if inside else found
    if kinds.is_timestamp(kind):
        return _moments(array)
    if kinds.is_date(kind):
        return _days(array)
    if kinds.is_time(kind):
        texts: list[Any] = array.cast(pa.string()).to_pylist()
        return texts
    if kinds.is_duration(kind):
        return _list_of(array.cast(pa.int64()))
    if kinds.is_decimal128(kind) or kinds.is_decimal256(kind):
        return [None if value is None else str(value) for value in array.to_pylist()]
    if _is_binary(kind):
        return [None if value is None else base64.b64encode(value).decode() for value in array.to_pylist()]
    if kinds.is_nested(kind):
        parts = nested.taken_apart(array, partial(plain, inside=True))
        return parts if inside else [None if part is None else orjson.dumps(part).decode() for part in parts]
    return _list_of(array)


def built(  # noqa: PLR0911 - one for each kind of type
    values: Sequence[Any], kind: pa.DataType, *, inside: bool = False
) -> pa.Array:
    """Build the array of type `kind` whose plain values these are; of dictionary types only the values."""
    if kinds.is_dictionary(kind):
        return built(values, kind.value_type)
    if is_text(kind):
        return pa.array([_text(value) for value in values] if _has_others(values) else values, pa.string()).cast(kind)
    if kinds.is_integer(kind):
        return pa.array([int(value) if isinstance(value, str) else value for value in values], kind)
    if kinds.is_floating(kind):
        return pa.array([_number(value) for value in values] if inside else values, kind)
    if kinds.is_timestamp(kind):
        return _built_moments(values, kind)
    if kinds.is_date(kind):
        return _built_days(values, kind)
    if kinds.is_time(kind):
        texts = [None if value is None else _EPOCH_DAY + value for value in values]
        units = pa.array(texts, pa.string()).cast(pa.timestamp(kind.unit)).cast(pa.int64())
        return units.cast(pa.int32() if kinds.is_time32(kind) else pa.int64()).cast(kind)
    if kinds.is_duration(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if kinds.is_decimal128(kind) or kinds.is_decimal256(kind):
        return pa.array([None if value is None else Decimal(value) for value in values], kind)
    if _is_binary(kind):
        octets = [None if value is None else base64.b64decode(value) for value in values]
        return pa.array(octets, kind) if kinds.is_fixed_size_binary(kind) else pa.array(octets, pa.binary()).cast(kind)
    if kinds.is_nested(kind):
        parts = values if inside else [None if value is None else orjson.loads(value) for value in values]
        return nested.put_together(parts, kind, partial(built, inside=True))
    return pa.array(values, kind)


def _list_of(array: pa.Array) -> list[Any]:
    found: list[Any] = array.to_pylist()
    return found


def _constant(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _number(value: Any) -> float | None:
    return _CONSTANTS[value] if isinstance(value, str) else value


def _has_others(values: Sequence[Any]) -> bool:
    return not set(map(type, values)) <= {str, type(None)}


def _text(value: Any) -> str | None:
    """Return the value as text; a column holds others than texts where files brought it with several types."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _moments(array: pa.Array) -> list[Any]:
    """Return timestamps as ISO 8601 text; those outside the years 1 to 9999 as the number of units since 1970."""
    kind = array.type
    units = _list_of(array.cast(pa.int64()))
    low, high = _DAYS[0] * _PER_DAY[kind.unit], (_DAYS[1] + 1) * _PER_DAY[kind.unit]
    if all(unit is None or low <= unit < high for unit in units):
        texts = array.cast(pa.int64()).cast(pa.timestamp(kind.unit)).cast(pa.string()).to_pylist()
        zone = "" if kind.tz is None else "Z"
        return [None if text is None else text.replace(" ", "T") + zone for text in texts]
    return [
        unit if unit is None or not low <= unit < high else _moments(pa.array([unit], pa.int64()).cast(kind))[0]
        for unit in units
    ]


def _built_moments(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    naive = pa.timestamp(kind.unit)
    texts = [value.removesuffix("Z") if isinstance(value, str) else None for value in values]
    units = pa.array(texts, pa.string()).cast(naive).cast(pa.int64())
    if any(isinstance(value, int) for value in values):
        found = _list_of(units)
        units = pa.array([value if isinstance(value, int) else found[n] for n, value in enumerate(values)], pa.int64())
    return units.cast(kind)


def _days(array: pa.Array) -> list[Any]:
    """Return dates as ISO 8601 text; those outside the years 1 to 9999, or not at midnight, as units since 1970."""
    is_64 = kinds.is_date64(array.type)
    per_day = _PER_DAY["ms"] if is_64 else 1
    found: list[Any] = []
    for unit in _list_of(array.cast(pa.int64() if is_64 else pa.int32())):
        if unit is None or unit % per_day or not _DAYS[0] <= unit // per_day <= _DAYS[1]:
            found.append(unit)
        else:
            found.append(dt.date.fromordinal(719_163 + unit // per_day).isoformat())
    return found


def _built_days(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    is_64 = kinds.is_date64(kind)
    per_day = _PER_DAY["ms"] if is_64 else 1
    units = [
        (dt.date.fromisoformat(value).toordinal() - 719_163) * per_day if isinstance(value, str) else value
        for value in values
    ]
    return pa.array(units, pa.int64() if is_64 else pa.int32()).cast(kind)

"""The README of a data set in the layout of Hugging Face, whose first lines say features and splits."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.types as kinds
import yaml

_TEXT = """
# {name}

{rows:,} rows, exported from Tandem. Unpack the archive and load the folder: `datasets.load_dataset("FOLDER")`.

A task's column holds what holds: the person's value where a person decided, else the model's. Spans are lists of
structs; `start` and `end` count characters (Unicode code points), `end` is behind the last one.
"""


def data_card(schema: pa.Schema, *, name: str, rows: int, size: int) -> str:
    """Return the README of a data set with one split, `train`. `size`: of its file, in bytes."""
    head = {
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*"}]}],
        "dataset_info": {
            "features": [_feature(field.name, field.type) for field in schema],
            "splits": [{"name": "train", "num_bytes": size, "num_examples": rows}],
            "download_size": size,
            "dataset_size": size,
        },
    }
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n{_TEXT.format(name=name, rows=rows)}"


def _feature(name: str, kind: pa.DataType) -> dict[str, Any]:
    return {"name": name, **_of(kind)}


def _of(kind: pa.DataType) -> dict[str, Any]:
    if kinds.is_struct(kind):
        return {"struct": [_feature(field.name, field.type) for field in kind]}
    if kinds.is_list(kind) or kinds.is_large_list(kind):
        inner = _of(kind.value_type)
        return {"list": inner.get("dtype") or inner.get("struct") or inner}
    if kinds.is_dictionary(kind):
        return _of(kind.value_type)
    return {"dtype": _NAMES.get(str(kind), str(kind))}


_NAMES = {"double": "float64", "float": "float32", "halffloat": "float16", "date32[day]": "date32"}
"""Types that are called otherwise there."""

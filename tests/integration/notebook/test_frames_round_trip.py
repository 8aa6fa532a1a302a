"""Frames of awkward types go in and come out equal, through the real api and the real client."""

from __future__ import annotations

import math
from typing import Any
from uuid import uuid4

import datasets
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal as assert_polars_equal

from notebook_world import World
from tandem_client import Dataset, TandemError

EXAMPLES = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ["🎉👩‍👩‍👧", "שלום עולם", "007", "NaN"]
)
moments = st.datetimes()
ARROW: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int8(): st.integers(-(2**7), 2**7 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.bool_(): st.booleans(),
    pa.string(): words,
    pa.large_string(): words,
    pa.timestamp("us", "Europe/Berlin"): moments,
    pa.timestamp("ns"): st.integers(-(2**62), 2**62),
    pa.timestamp("s", "+05:30"): st.integers(-(2**40), 2**40),
    pa.date32(): st.dates(),
    pa.time64("ns"): st.integers(0, 86_399_999_999_999),
    pa.duration("ms"): st.integers(-(2**53), 2**53),
    pa.decimal128(20, 3): st.decimals(-(10**15), 10**15, places=3),
    pa.binary(): st.binary(max_size=5),
    pa.list_(pa.int32()): st.lists(st.none() | st.integers(-9, 9), max_size=3),
    pa.large_list(pa.float64()): st.lists(st.none() | st.floats(), max_size=3),
    pa.struct([("a", pa.list_(pa.string())), ("at", pa.timestamp("us"))]): st.fixed_dictionaries(
        {"a": st.none() | st.lists(words, max_size=2), "at": st.none() | moments}
    ),
    pa.list_(pa.list_(pa.string())): st.lists(st.none() | st.lists(words, max_size=2), max_size=2),
    pa.map_(pa.string(), pa.int64()): st.lists(st.tuples(words, st.integers(-5, 5)), max_size=2),
    pa.list_(pa.int8(), 2): st.lists(st.none() | st.integers(-9, 9), min_size=2, max_size=2),
    pa.dictionary(pa.int8(), pa.string()): st.sampled_from(["low", "mid", "high"]),
    pa.string_view(): words,
    pa.null(): st.none(),
}


def added(world: World, frame: Any, **more: Any) -> Dataset:
    project = world.tandem.projects.create(f"p {uuid4().hex}")
    dataset = world.tandem.datasets.create(project.id, name="frame")
    given = {"text": "review", "id": "key", "metadata": "*"} | more
    dataset.add(frame, **given)
    return dataset


@st.composite
def arrow_tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 5))
    arrays = {
        "key": pa.array(draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows, unique=True))),
        "review": pa.array([f"text {n}" for n in range(rows)]),
    }
    for n, kind in enumerate(draw(st.lists(st.sampled_from(list(ARROW)), min_size=8, max_size=8, unique=True))):
        values = draw(st.lists(st.none() | ARROW[kind], min_size=rows, max_size=rows))
        if pa.types.is_dictionary(kind):
            array = pa.array(values, pa.string()).dictionary_encode().cast(kind)
        elif pa.types.is_timestamp(kind) and kind.unit == "us":
            array = pa.array(values, pa.timestamp("us")).cast(pa.int64()).cast(kind)
        elif pa.types.is_string_view(kind):
            array = pa.array(values, pa.string()).cast(kind)
        else:
            array = pa.array(values, kind)
        arrays[f"c{n}"] = array
    return pa.table(arrays)


@EXAMPLES
@given(table=arrow_tables())
def test_an_arrow_table_comes_out_as_it_went_in(world: World, table: pa.Table) -> None:
    back = added(world, table).to_arrow()
    assert back.schema == table.schema
    for name in table.column_names:
        assert shown(back[name]) == shown(table[name])


def shown(column: pa.ChunkedArray) -> str:
    """Return the values as text, in which NaN equals NaN and differs from null."""
    units = pa.types.is_timestamp(column.type) or pa.types.is_duration(column.type)
    return repr((column.cast(pa.int64()) if units else column).to_pylist())


@st.composite
def pandas_frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(1, 5))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    moments = st.integers(-(10**17), 10**17)
    return pd.DataFrame(
        {
            "key": [f"{n:03}" for n in range(rows)],
            "review": [f"text {n}" for n in range(rows)],
            "int": pd.Series(column(st.integers(-(2**63), 2**63 - 1)), dtype="int64"),
            "uint": pd.Series(column(st.integers(0, 2**64 - 1)), dtype="uint64"),
            "nullable": pd.array(column(st.integers(-(2**62), 2**62) | st.none()), dtype="Int64"),
            "maybe": pd.array(column(st.booleans() | st.none()), dtype="boolean"),
            "float": column(st.floats()),
            "text": pd.Series(column(words | st.none()), dtype="str"),
            "level": pd.Categorical(
                column(st.sampled_from(["low", "high"]) | st.none()), categories=["low", "mid", "high"], ordered=True
            ),
            "at": pd.Series(pd.to_datetime(column(moments), unit="ns", utc=True)).dt.tz_convert("Asia/Tokyo"),
            "naive": pd.to_datetime(column(moments), unit="ns"),
            "took": pd.to_timedelta(column(moments), unit="ns"),
            "small": pd.Series(column(st.integers(-9, 9)), dtype="int8"),
            "arrow": pd.Series(column(st.none() | st.integers(-9, 9)), dtype=pd.ArrowDtype(pa.int16())),
        },
        index=draw(st.sampled_from([pd.RangeIndex(rows), pd.Index([f"row {n}" for n in range(rows)], name="row")])),
    )


@EXAMPLES
@given(frame=pandas_frames())
def test_a_pandas_frame_comes_out_as_it_went_in(world: World, frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(added(world, frame).to_pandas(), frame)


@st.composite
def polars_frames(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(1, 5))

    def column(values: st.SearchStrategy[Any], kind: Any) -> pl.Series:
        return pl.Series(draw(st.lists(values | st.none(), min_size=rows, max_size=rows)), dtype=kind, strict=False)

    size = st.integers(-(2**62), 2**62)
    return pl.DataFrame(
        {
            "key": pl.Series(range(rows), dtype=pl.UInt32),
            "review": [f"text {n}" for n in range(rows)],
            "other": column(words, pl.String),
            "uint": column(st.integers(0, 2**64 - 1), pl.UInt64),
            "float": column(st.floats(), pl.Float64),
            "enum": column(st.sampled_from(["a", "b"]), pl.Enum(["b", "a", "z"])),
            "categorical": column(words, pl.Categorical),
            "at": column(size, pl.Int64).cast(pl.Datetime("ns", "Asia/Tokyo")),
            "time": column(st.times(), pl.Time),
            "list": column(st.lists(st.integers(-9, 9), max_size=3), pl.List(pl.Int32)),
            "struct": column(
                st.fixed_dictionaries({"a": st.integers(-9, 9), "b": words}), pl.Struct({"a": pl.Int8, "b": pl.String})
            ),
            "decimal": column(st.decimals(-99, 99, places=2), pl.Decimal(10, 2)),
            "binary": column(st.binary(max_size=4), pl.Binary),
        }
    )


@EXAMPLES
@given(frame=polars_frames())
def test_a_polars_frame_comes_out_as_it_went_in(world: World, frame: pl.DataFrame) -> None:
    back = added(world, frame, text=["review", "other"]).to_polars()
    assert back.schema == frame.schema
    assert_polars_equal(back, frame)


@EXAMPLES
@given(
    rows=st.lists(
        st.tuples(words, st.integers(0, 1), st.lists(words, max_size=3), st.integers(-9, 9)), min_size=1, max_size=5
    )
)
def test_a_hugging_face_data_set_comes_out_with_its_features(world: World, rows: list[tuple[Any, ...]]) -> None:
    features = datasets.Features(
        {
            "key": datasets.Value("int32"),
            "review": datasets.Value("string"),
            "note": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["bad", "good"]),
            "tokens": datasets.List(datasets.Value("string")),
            "small": datasets.Value("int8"),
        }
    )
    columns = {"key": list(range(len(rows))), "review": [f"text {n}" for n in range(len(rows))]}
    named = dict(zip(("note", "label", "tokens", "small"), map(list, zip(*rows, strict=True)), strict=True))
    frame = datasets.Dataset.from_dict(columns | named, features=features)
    back = added(world, frame).to_datasets()
    assert back.features == frame.features
    assert back.to_list() == frame.to_list()


def test_missing_whole_numbers_of_other_frames_never_become_floats_in_pandas(world: World) -> None:
    frame = pl.DataFrame({"key": [1, 2], "review": ["a", "b"], "n": [2**60 + 1, None], "yes": [True, None]})
    back = added(world, frame).to_pandas()
    assert {name: str(kind) for name, kind in back.dtypes.items()}["n"] == "Int64"
    assert back["n"].tolist() == [2**60 + 1, pd.NA]
    assert str(back["yes"].dtype) == "boolean"
    assert str(back["key"].dtype) == "int64"


def test_a_pandas_frame_that_was_put_together_of_others_goes_in(world: World) -> None:
    part = pd.DataFrame({"key": ["1"], "review": ["x"], "other": pd.Series([None], dtype="str")})
    frame = pd.concat([part, part.assign(key="2", other="y")], ignore_index=True)
    pd.testing.assert_frame_equal(added(world, frame).to_pandas(), frame)


def test_rows_of_dicts_and_a_mapping_of_columns_are_frames(world: World) -> None:
    rows = added(world, [{"key": 1, "review": "x", "n": 5}, {"key": 2, "review": "y", "other": None}])
    assert rows.to_arrow().to_pylist() == [
        {"key": 1, "review": "x", "n": 5, "other": None},
        {"key": 2, "review": "y", "n": None, "other": None},
    ]
    assert added(world, {"key": ["a"], "review": ["x"]}, metadata=()).to_arrow().column_names == ["key", "review"]


def test_files_without_types_come_out_typed_by_their_values(world: World, tmp_path: Any) -> None:
    project = world.tandem.projects.create(f"p {uuid4().hex}")
    dataset = world.tandem.datasets.create(project.id, name="file")
    lines = tmp_path / "rows.jsonl"
    lines.write_text(
        '{"id": "007", "review": "x", "n": 1, "m": 1}\n{"id": "8", "review": "y", "n": null, "m": "one"}\n'
    )
    world.tandem.datasets.import_jsonl(dataset.id, lines, text_columns=["review"], metadata_columns=["*"])
    back = dataset.to_arrow()
    assert back.schema.field("n").type == pa.int64()
    assert back.to_pylist() == [
        {"id": "007", "review": "x", "n": 1, "m": "1"},
        {"id": "8", "review": "y", "n": None, "m": "one"},
    ]


def test_categories_and_rows_of_a_second_frame_join_the_first(world: World) -> None:
    first = pl.DataFrame({"key": [1], "review": ["x"], "c": pl.Series(["a"], dtype=pl.Categorical)})
    second = pl.DataFrame({"key": [2], "review": ["y"], "c": pl.Series(["b"], dtype=pl.Categorical), "new": [1.5]})
    dataset = added(world, first)
    dataset.add(second, text="review", id="key", metadata="*")
    assert dataset.to_arrow().to_pylist() == [
        {"key": 1, "review": "x", "c": "a", "new": None},
        {"key": 2, "review": "y", "c": "b", "new": 1.5},
    ]
    third = pl.DataFrame({"key": [3], "review": ["y"], "new": ["1.5"]})
    told = r"Column 'new' holds string.* in this frame, double in the data set"
    with pytest.raises(TandemError, match=told) as refused:
        dataset.add(third, text="review", id="key", metadata="*")
    assert refused.value.cure
    assert dataset.to_arrow().num_rows == 2, "nothing of a refused frame is imported"


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        ({"key": [1.0, math.nan], "review": ["a", "b"]}, "ids are texts or whole numbers"),
        ({"key": [1, 2], "review": [1, 2]}, "a text column holds texts"),
        ({"key": [1, 1], "review": ["a", "b"]}, "the id '1' is in row 1 of this file"),
        ({"key": [1], "text": ["a"]}, "The frame has no column 'review'"),
        (pd.DataFrame({"key": [1, 2], "review": ["a", "b"], "x": [1, "one"]}), "values of several types"),
        ("reviews.csv", "builtins.str is no data frame"),
    ],
)
def test_a_frame_that_cannot_be_taken_is_refused_with_the_column_and_the_cure(
    world: World, frame: Any, sentence: str
) -> None:
    with pytest.raises(TandemError, match=sentence) as refused:
        added(world, frame)
    assert refused.value.cure

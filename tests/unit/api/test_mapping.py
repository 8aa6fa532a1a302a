"""From rows to records."""

from __future__ import annotations

from typing import Any

import pytest

from tandem_api.datasets.parsing.mapping import ALL_OTHERS, ColumnMapping, RecordMaker
from tandem_api.datasets.parsing.rows import FileFaultError, Limits, Row


def maker(**columns: Any) -> RecordMaker:
    mapping = ColumnMapping(**({"id_column": "id", "text_columns": ("text",)} | columns))
    return RecordMaker(mapping, Limits(record_bytes=100), dataset_id="d", import_id="i", fields=mapping.text_columns)


def record(values: dict[str, Any], **columns: Any) -> Any:
    row, make = Row(3, 4, values), maker(**columns)
    return make.record(row, make.record_id(row), 7)


def code(values: dict[str, Any], **columns: Any) -> tuple[str, int | None, int | None, str | None]:
    with pytest.raises(FileFaultError) as caught:
        record(values, **columns)
    return caught.value.code, caught.value.row, caught.value.line, caught.value.column


def test_a_row_becomes_a_record() -> None:
    made = record(
        {"id": " a ", "text": " Hi ", "gold": "yes ", "lang": "en", "n": 3},
        gold_columns={"answer": "gold"},
        metadata_columns=ALL_OTHERS,
    )
    assert (made["_id"], made["record_id"], made["fields"]) == ("d:7", "a", {"text": " Hi "})
    assert made["gold"] == {"answer": "yes"}
    assert made["metadata"] == {"lang": "en", "n": 3}


def test_an_empty_gold_cell_is_no_gold() -> None:
    assert "gold" not in record({"id": "a", "text": "t", "gold": " "}, gold_columns={"gold": "gold"})


def test_equal_content_has_an_equal_hash_whatever_the_order_of_its_fields() -> None:
    one = record({"id": "1", "a": "x", "b": "y"}, text_columns=("a", "b"))
    other = record({"id": "2", "a": "x", "b": "y"}, text_columns=("b", "a"))
    assert one["content_hash"] == other["content_hash"]


def test_one_of_several_texts_may_be_empty_but_not_all() -> None:
    assert record({"id": "1", "a": "", "b": "y"}, text_columns=("a", "b"))["fields"] == {"a": "", "b": "y"}
    assert code({"id": "1", "a": " ", "b": None}, text_columns=("a", "b")) == ("missing-text", 3, 4, "a")


def test_metadata_with_parts_is_kept_as_its_json_and_numbers_that_do_not_fit_as_text() -> None:
    made = record({"id": "1", "text": "t", "m": {"a": [1]}, "n": 2**63}, metadata_columns=("m", "n"))
    assert made["metadata"] == {"m": '{"a":[1]}', "n": str(2**63)}


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"id": " ", "text": "t"}, ("missing-id", 3, 4, "id")),
        ({"id": None, "text": "t"}, ("missing-id", 3, 4, "id")),
        ({"id": "x" * 501, "text": "t"}, ("id-too-long", 3, 4, "id")),
        ({"id": "1", "text": " "}, ("missing-text", 3, 4, "text")),
        ({"id": "1", "text": 5}, ("not-text", 3, 4, "text")),
        ({"id": "1"}, ("no-such-column", 3, 4, "text")),
        ({"id": "1", "text": "ä" * 51}, ("record-too-large", 3, 4, "text")),
    ],
)
def test_faults_name_row_line_and_column(values: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    assert code(values) == wanted


def test_a_column_that_the_file_has_not_is_told_with_those_it_has() -> None:
    mapping = ColumnMapping(id_column="id", text_columns=("tweet",))
    with pytest.raises(FileFaultError, match=r"no column 'tweet' \(text_columns\); it has 'id', 'text'") as caught:
        mapping.check(["id", "text"])
    assert caught.value.column == "tweet"


def test_a_header_with_another_delimiter_is_recognized() -> None:
    with pytest.raises(FileFaultError) as caught:
        ColumnMapping(id_column="id", text_columns=("text",)).check(["id;text"])
    assert "delimited by ';'" in str(caught.value.cure)

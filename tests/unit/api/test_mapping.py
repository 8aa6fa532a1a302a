"""From rows to records."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tandem_api.resources.datasets.parsing.exact_json import Constant, Digits
from tandem_api.resources.datasets.parsing.mapping import ALL_OTHERS, ColumnMapping, obvious_id_column
from tandem_api.resources.datasets.parsing.record_maker import RecordMaker
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits


def maker(**columns: Any) -> RecordMaker:
    mapping = ColumnMapping(**({"id_column": "id", "text_columns": ("text",)} | columns))
    return RecordMaker(mapping, SizeLimits(record_bytes=100), fields=mapping.text_columns)


def record(values: dict[str, Any], **columns: Any) -> Any:
    draft = maker(**columns).draft(Row(3, 4, values))
    return draft.record(draft.own_id or "made", dataset_id="d", seq=7, import_id="i")


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
    long = Digits("1" * 30)
    values = {"id": "1", "text": "t", "m": {"a": [1, long]}, "n": long, "o": 2**63 - 1, "p": Constant("NaN")}
    made = record(values, metadata_columns={name: name for name in "mnop"})
    assert made["metadata"] == {"m": f'{{"a":[1,{"1" * 30}]}}', "n": "1" * 30, "o": 2**63 - 1, "p": None}


@pytest.mark.parametrize("given", [7, "7", " 7 ", Digits("7" * 30)])
def test_an_id_is_kept_digit_by_digit(given: object) -> None:
    made = record({"id": given, "text": "t"})
    assert made["record_id"] == (given.text if isinstance(given, Digits) else "7")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (1.0, "the number 1.0 is no id"),
        (True, "true is no id"),
        (Digits("1.00000000000000000001"), "the number 1.00000000000000000001 is no id"),
        (Constant("NaN"), "NaN is no id"),
        ([1], "an array is no id"),
    ],
)
def test_what_is_no_id_is_refused_for_what_it_is(given: object, says: str) -> None:
    with pytest.raises(FileFaultError, match=re.escape(says)):
        record({"id": given, "text": "t"})


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"id": " ", "text": "t"}, ("missing-id", 3, 4, "id")),
        ({"id": None, "text": "t"}, ("missing-id", 3, 4, "id")),
        ({"id": "x" * 501, "text": "t"}, ("id-too-long", 3, 4, "id")),
        ({"id": "a\x1b[2J", "text": "t"}, ("control-character", 3, 4, "id")),
        ({"id": "two\nlines", "text": "t"}, ("control-character", 3, 4, "id")),
        ({"id": "1", "text": "t\0"}, ("control-character", 3, 4, "text")),
        ({"id": "1", "text": "cut \ud83d"}, ("half-emoji", 3, 4, "text")),
        ({"id": "cut \ud83d", "text": "t"}, ("half-emoji", 3, 4, "id")),
        ({"id": "1", "text": Constant("NaN")}, ("not-text", 3, 4, "text")),
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


def test_ids_come_from_an_obvious_column_that_is_nothing_else_or_are_made() -> None:
    assert obvious_id_column(["text", "ID", "record_id"]) == "ID"
    assert obvious_id_column(["Id", "ID", "id"]) == "id"
    assert obvious_id_column(["text", "Record_ID"]) == "Record_ID"
    assert obvious_id_column(["tweet_id", "text", "identity"]) is None
    mapping = ColumnMapping(text_columns=("id",))
    decided = mapping.decided(["id", "label"])
    assert (decided.id_column, decided.make_ids) == (None, True)
    assert ColumnMapping(text_columns=("text",), make_ids=True).decided(["id", "text"]).id_column is None


def test_an_object_with_an_id_among_those_without_is_told_unless_ids_are_made_anyway() -> None:
    assert code({"id": "7", "text": "t"}, id_column=None, make_ids=True) == ("mixed-ids", 3, 4, "id")
    mapping = ColumnMapping(text_columns=("text",), make_ids=True)
    make = RecordMaker(mapping, SizeLimits(record_bytes=100), fields=("text",), ids_ignored=True)
    assert make.draft(Row(1, 1, {"id": "7", "text": "t"})).own_id is None


def test_control_characters_other_than_nul_stay_in_texts_as_they_are() -> None:
    odd = "\x01\x07\x1b[31m\x7f\x85\x9b\u2028"
    made = record({"id": "1", "text": odd, "m": odd}, metadata_columns={"n": "m"})
    assert (made["fields"], made["metadata"]) == ({"text": odd}, {"n": odd})


@pytest.mark.parametrize(
    ("values", "columns", "column"),
    [
        ({"id": "1", "text": "t", "m": "a\0b"}, {"metadata_columns": {"m": "m"}}, "m"),
        ({"id": "1", "text": "t", "m": "a\0b"}, {"metadata_columns": ALL_OTHERS}, "m"),
        ({"id": "1", "text": "t", "a\0b": 1}, {"metadata_columns": ALL_OTHERS}, "a\0b"),
        ({"id": "1", "text": "t", "gold": "a\0b"}, {"gold_columns": {"g": "gold"}}, "gold"),
    ],
)
def test_what_cannot_be_kept_beside_the_text_is_told_with_its_place(
    values: dict[str, Any], columns: dict[str, Any], column: str
) -> None:
    assert code(values, **columns) == ("control-character", 3, 4, column)


@pytest.mark.parametrize(
    ("values", "cure"),
    [
        ({"id": 1, "data": {"text": "t"}}, "Name the path to it: text=data.text."),
        ({"id": 1, "text": {"lang": 3, "body": "t"}}, "Name the text within: body=text.body."),
        ({"id": 1, "text": 7}, "Write texts as JSON strings."),
    ],
)
def test_a_text_that_stands_deeper_is_told_with_the_path_to_it(values: dict[str, Any], cure: str) -> None:
    with pytest.raises(FileFaultError) as caught:
        record(values)
    assert caught.value.cure == cure

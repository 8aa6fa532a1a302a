"""What the demo makes of a CSV file and the options given with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tandem_client import TandemError
from tandem_local.demo.data import DemoData, describe


def described(file: Path, **options: object) -> DemoData:
    given = {"text_columns": [], "gold_column": None, "id_column": None, "labels": None, **options}
    return describe(file, **given)  # type: ignore[arg-type]  # the options of the command line, by name


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "mail.csv"
    file.write_text("text,kind\nbuy now,spam\nhello,ham\nwin money,spam\n")
    return file


def test_the_labels_are_the_values_of_the_gold_column_unless_given(file: Path) -> None:
    assert [label.value for label in described(file, gold_column="kind").labels] == ["spam", "ham"]
    assert [label.value for label in described(file, gold_column="kind", labels=["a", "b"]).labels] == ["a", "b"]


def test_without_labels_or_gold_column_the_cure_names_the_option(file: Path) -> None:
    with pytest.raises(TandemError, match="--labels a,b,c"):
        described(file)


def test_a_column_that_is_not_there_is_named_with_those_that_are(file: Path) -> None:
    with pytest.raises(TandemError, match="no column 'body'; it has text, kind"):
        described(file, text_columns=["body"], gold_column="kind")


def test_other_data_and_other_columns_are_told_apart(file: Path) -> None:
    before = described(file, gold_column="kind").fingerprint()
    assert described(file, labels=["spam", "ham"]).fingerprint() != before  # no gold column: another import
    assert described(file, gold_column="kind", labels=["a", "b"]).fingerprint() == before  # only the schema differs
    file.write_text(file.read_text() + "more,ham\n")
    assert described(file, gold_column="kind").fingerprint() != before


@pytest.mark.parametrize(
    ("name", "content", "encoding"),
    [
        ("excel.csv", "\ufeffsep=;\r\nBody;Kind\r\nso, so;größe\r\nno;ham\r\n", "utf-8"),
        ("excel.csv", "\ufeffBody;Kind\r\nso, so;größe\r\nno;ham\r\n", "utf-8"),
        ("latin.csv", "\nBody,Kind\nso,größe\nno,ham\n", "iso-8859-1"),
        ("lines.jsonl", '{"Body": "so", "Kind": "größe"}\n\n{"Body": "no", "Kind": "ham"}', "utf-8"),
    ],
)
def test_spreadsheets_other_encodings_and_jsonl_are_read(
    tmp_path: Path, name: str, content: str, encoding: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode(encoding))
    found = described(file, text_columns=["Body"], gold_column="Kind", encoding=encoding)
    assert [label.value for label in found.labels] == ["größe", "ham"]


def test_a_field_may_have_another_name_than_its_column(file: Path) -> None:
    assert described(file, text_columns=["body=text"], labels=["a", "b"]).text_columns == ("body=text",)
    with pytest.raises(TandemError, match="no column 'nope'"):
        described(file, text_columns=["text=nope"], labels=["a", "b"])

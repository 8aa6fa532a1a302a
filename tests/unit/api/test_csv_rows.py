"""CSV as it streams in: whatever the pieces, the same rows; whatever the fault, its place."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem_api.datasets.parsing.csv_rows import CsvRows
from tandem_api.datasets.parsing.rows import FileFaultError, Limits, Row

LIMITS = Limits(record_bytes=1000)


def parse(data: bytes, *, piece: int = 7, delimiter: str = ",", limits: Limits = LIMITS) -> list[Row]:
    parser = CsvRows(limits, delimiter=delimiter)
    found: list[Row] = []
    for start in range(0, len(data), piece):
        found += parser.feed(data[start : start + piece])
    return found + list(parser.finish())


def fault(data: bytes, *, piece: int = 7, limits: Limits = LIMITS) -> FileFaultError:
    with pytest.raises(FileFaultError) as caught:
        parse(data, piece=piece, limits=limits)
    return caught.value


def values(rows: list[Row]) -> list[list[str]]:
    return [list(row.values.values()) for row in rows]


def test_quoted_cells_hold_delimiters_line_ends_and_doubled_quotes() -> None:
    rows = parse(b'id,text\r\n1,"a, b"\r\n2,"he said ""yes"""\r\n3,"two\r\nlines"\r\n4,plain\r\n')
    assert values(rows) == [["1", "a, b"], ["2", 'he said "yes"'], ["3", "two\r\nlines"], ["4", "plain"]]
    assert [(row.number, row.line) for row in rows] == [(1, 2), (2, 3), (3, 4), (4, 6)]


def test_a_byte_order_mark_a_missing_last_line_end_and_blank_lines_do_no_harm() -> None:
    rows = parse(b"\xef\xbb\xbfid,text\n\n1,a\n\n2,b", piece=1)
    assert values(rows) == [["1", "a"], ["2", "b"]]
    assert [row.line for row in rows] == [3, 5]


def test_other_delimiters_are_taken() -> None:
    assert values(parse(b"id;text\n1;a,b\n", delimiter=";")) == [["1", "a,b"]]


@given(
    table=st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
            min_size=2,
            max_size=2,
        ),
        max_size=8,
    ),
    piece=st.integers(1, 20),
)
def test_pieces_of_any_size_give_what_was_written(table: list[list[str]], piece: int) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["id", "text"], *table])
    assert values(parse(file.getvalue().encode(), piece=piece)) == table


def test_a_quote_that_is_never_closed_is_told_with_row_line_and_column() -> None:
    found = fault(b'id,text\n1,fine\n2,"never closed\n3,more\n')
    assert (found.code, found.row, found.line, found.column) == ("broken-quoting", 2, 3, "text")
    assert "never closed" in found.detail


def test_something_behind_a_closing_quote_is_told_with_row_and_column() -> None:
    found = fault(b'id,text,other\n1,"a"b,c\n')
    assert (found.code, found.row, found.line, found.column) == ("broken-quoting", 1, 2, "text")


def test_a_lone_carriage_return_is_told() -> None:
    found = fault(b"id,text\n1,a\rb\n")
    assert (found.code, found.row, found.column) == ("broken-quoting", 1, "text")
    assert "carriage return" in found.detail


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_bytes_that_are_no_utf8_are_told_with_their_position_after_the_rows_before(piece: int) -> None:
    data = "id,text\n1,größe\n2,".encode() + b"gr\xf6\xdfe\n3,x\n"
    found = fault(data, piece=piece)
    assert (found.code, found.row, found.line) == ("not-utf-8", 2, 3)
    assert found.byte == data.index(b"\xf6\xdf")


def test_a_file_in_utf16_is_told_as_such() -> None:
    assert "UTF-16" in fault("id,text\n1,a\n".encode("utf-16")).detail


@pytest.mark.parametrize(("line", "column"), [(b"2,x,y", "text"), (b"2", "text")])
def test_rows_with_too_many_or_too_few_cells_are_told(line: bytes, column: str) -> None:
    found = fault(b"id,text\n1,a\n" + line + b"\n")
    assert (found.code, found.row, found.line, found.column) == ("wrong-cell-count", 2, 3, column)


@pytest.mark.parametrize("text", [b"id;text\n1;so, so\n", b"id\ttext\n1\tso, so\n"])
def test_a_header_of_another_delimiter_is_told_as_such(text: bytes) -> None:
    assert "(--delimiter)" in str(fault(text).cure)


@pytest.mark.parametrize(
    ("header", "says"), [(b"id,,text", "no name for column 2"), (b"id,text,id", "names the column 'id' twice")]
)
def test_a_header_must_name_each_column_once(header: bytes, says: str) -> None:
    assert says in fault(header + b"\n1,2,3\n").detail


def test_an_empty_file_is_told() -> None:
    assert fault(b"").code == "empty-file"
    assert fault(b"\n").code == "empty-file"


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_cell_above_the_limit_is_refused_long_before_it_ends(quote: bytes) -> None:
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        yield b"id,text,more\n1,fine,x\n2," + quote
        for _ in range(10_000):
            read += 1000
            yield b"x" * 1000

    parser = CsvRows(LIMITS)

    def read_all() -> None:
        for piece in pieces():
            list(parser.feed(piece))

    with pytest.raises(FileFaultError) as caught:
        read_all()
    found = caught.value
    assert (found.code, found.row, found.line, found.column) == ("record-too-large", 2, 3, "text")
    assert read <= 2 * LIMITS.row_bytes


def test_a_quote_left_open_does_not_gather_the_rest_of_the_file() -> None:
    data = b'id,text\n1,"open\n' + b"2,a line of the rest\n" * 1000
    found = fault(data, piece=100)
    assert (found.code, found.row, found.line, found.column) == ("record-too-large", 1, 2, "text")
    assert "never closed" in found.detail


def test_many_cells_that_are_small_alone_are_too_large_together() -> None:
    header = ",".join(f"c{n}" for n in range(20))
    found = fault(f"{header}\n".encode() + b",".join([b"x" * 900] * 20), piece=500)
    assert (found.code, found.row, found.column) == ("record-too-large", 1, None)

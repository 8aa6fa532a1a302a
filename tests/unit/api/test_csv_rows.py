"""CSV as it streams in: whatever the pieces, the same rows; whatever the fault, its place."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem_api.resources.datasets.parsing.csv_rows import CsvRows
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits

LIMITS = SizeLimits(record_bytes=1000)


def parse(data: bytes, *, piece: int = 7, delimiter: str | None = ",", limits: SizeLimits = LIMITS) -> list[Row]:
    parser = CsvRows(limits, delimiter=delimiter, wanted=["text"])
    found: list[Row] = []
    for start in range(0, len(data), piece):
        found += parser.feed(data[start : start + piece])
    return found + list(parser.finish())


def fault(data: bytes, *, piece: int = 7, limits: SizeLimits = LIMITS) -> FileFaultError:
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
    written = [row for row in table if any(map(str.strip, row))]
    assert values(parse(file.getvalue().encode(), piece=piece)) == written


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
    found = fault("id,text\n1,a\n".encode("utf-16"))
    assert "UTF-16" in found.detail
    assert "--encoding utf-16" in found.cure
    unmarked = fault("id,text\n1,a\n".encode("utf-16-le"))
    assert (unmarked.code, "--encoding utf-16" in unmarked.cure) == ("bad-header", True)


@pytest.mark.parametrize(("line", "column"), [(b"2,x,y", "text"), (b"2", "text")])
def test_rows_with_too_many_or_too_few_cells_are_told(line: bytes, column: str) -> None:
    found = fault(b"id,text\n1,a\n" + line + b"\n")
    assert (found.code, found.row, found.line, found.column) == ("wrong-cell-count", 2, 3, column)


@pytest.mark.parametrize("text", [b"id;text\n1;so, so\n", b"id\ttext\n1\tso, so\n"])
def test_a_header_of_another_delimiter_is_told_as_such(text: bytes) -> None:
    assert "(--delimiter)" in str(fault(text).cure)


@pytest.mark.parametrize(
    ("header", "says"),
    [(b"id,te\x1bxt,other", "a control character in its name"), (b"id,text,id", "names the column 'id' twice")],
)
def test_a_header_must_name_a_column_once_and_in_one_printable_line(header: bytes, says: str) -> None:
    assert says in fault(header + b"\n1,2,3\n").detail


def test_a_column_without_a_name_as_data_frames_write_it_is_left_out() -> None:
    rows = parse(b",text,label,\n0,so,a,\n1,no,b,x\n")
    assert [row.values for row in rows] == [{"text": "so", "label": "a"}, {"text": "no", "label": "b"}]
    assert fault(b",text,label\n0,so\n").column == "label"


def test_rows_of_blank_cells_as_spreadsheets_leave_them_are_passed_over() -> None:
    rows = parse(b"\xef\xbb\xbf,,\r\nid,text,x\r\n,,\r\n1,a,\r\n , ,\r\n", piece=3)
    assert [(row.number, row.line, row.values["text"]) for row in rows] == [(1, 4, "a")]


@pytest.mark.parametrize("piece", [1, 1000])
@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        (b"id;text\r\n1;so, so\r\n", ";"),
        (b'"id"\t"text"\n"1"\t"so, so"\n', "\t"),
        (b"\xef\xbb\xbfsep=;\r\nid;text\r\n1;so, so\r\n", ";"),
        (b"\nid|text\n1|so, so\n", "|"),
        (b'size;"customer,\r\nor ""none""";text\r\n5;x;"so, so"\r\n', ";"),
        (b'5" or more;text\n5;"so, so"\n', ";"),
        (b'5" or more;text\n6";so, so\n', ";"),
        (b'a;b;c;d,text\n1,"so, so"\n', ","),
        (b'text\n"so, so"\n', ","),
    ],
)
def test_the_delimiter_is_the_one_by_which_the_header_has_the_wanted_columns(
    data: bytes, delimiter: str, piece: int
) -> None:
    parser = CsvRows(LIMITS, wanted=["text"])
    rows = [row for start in range(0, len(data), piece) for row in parser.feed(data[start : start + piece])]
    rows += parser.finish()
    assert [row.values["text"] for row in rows] == ["so, so"]
    assert parser.delimiter == delimiter


def test_without_the_wanted_columns_the_delimiter_is_the_one_that_makes_the_most() -> None:
    parser = CsvRows(LIMITS, wanted=["tweet"])
    list(parser.feed(b"id;text;label, or none\n"))
    assert parser.columns == ["id", "text", "label, or none"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip))
def test_any_text_that_an_export_writes_comes_back(text: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows([["text", "other"], [text, "x"]])
    assert values(parse(file.getvalue().encode(), limits=SizeLimits(record_bytes=10_000))) == [[text, "x"]]


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

"""JSONL as it streams in."""

from __future__ import annotations

import pytest

from tandem_api.resources.datasets.parsing.jsonl_rows import JsonlRows
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits


def parse(data: bytes, *, piece: int = 5) -> list[Row]:
    parser = JsonlRows(SizeLimits(record_bytes=1000))
    found: list[Row] = []
    for start in range(0, len(data), piece):
        found += parser.feed(data[start : start + piece])
    return found + list(parser.finish())


def test_objects_are_rows_and_blank_lines_count_as_lines_alone() -> None:
    rows = parse('{"id": 1, "text": "ä"}\n\n{"id": 2, "text": "b"}'.encode())
    assert [(row.number, row.line, row.values) for row in rows] == [
        (1, 1, {"id": 1, "text": "ä"}),
        (2, 3, {"id": 2, "text": "b"}),
    ]


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b'{"id": 1}\n{"id": \n', "not-json", 2),
        (b'{"id": 1}\n[1]\n', "not-json", 2),
        (b'{"id": 1}\n\n{"id": "\xff"}\n', "not-utf-8", 3),
        (b'{"id": 1}\n{"id": "' + b"x" * 9000, "record-too-large", 2),
        (b"", "empty-file", None),
    ],
)
def test_faults_are_told_with_their_line(data: bytes, code: str, line: int | None) -> None:
    with pytest.raises(FileFaultError) as caught:
        parse(data)
    assert (caught.value.code, caught.value.line) == (code, line)

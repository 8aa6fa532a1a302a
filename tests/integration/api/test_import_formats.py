"""What a file is, is found in its content; every format gives the same records, or a fault that names the row."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from decimal import Decimal
from typing import Any

import httpx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tandem.store.database import Database

from .conftest import made

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROWS = [{"id": f"r{n}", "text": f"text {n} 評論 🙂", "label": ["good", "bad"][n % 2], "other": n} for n in range(1200)]


def jsonl() -> bytes:
    return "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def csv_text() -> bytes:
    return ("id,text,label,other\n" + "".join(",".join(map(str, row.values())) + "\n" for row in ROWS)).encode()


def parquet(rows: list[dict[str, Any]], **more: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file, **more)
    return file.getvalue()


def excel(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def whole_sheet() -> list[list[Any]]:
    return [list(ROWS[0]), *(list(row.values()) for row in ROWS)]


FILES = {
    "csv": (csv_text, "csv", None),
    "jsonl": (jsonl, "jsonl", None),
    "array": (lambda: json.dumps(ROWS).encode(), "json", None),
    "pretty array": (lambda: b"\xef\xbb\xbf" + json.dumps(ROWS, indent=2).encode(), "json", None),
    "pretty objects": (lambda: "\n".join(json.dumps(row, indent=1) for row in ROWS).encode(), "json", None),
    "parquet": (lambda: parquet(ROWS, row_group_size=500), "parquet", None),
    "excel": (lambda: excel(("first", whole_sheet()), ("second", [["id"]])), "xlsx", None),
    "csv in gzip": (lambda: gzip.compress(csv_text()), "csv", "gzip"),
    "two members of gzip": (lambda: gzip.compress(csv_text()[:999]) + gzip.compress(csv_text()[999:]), "csv", "gzip"),
    "array in zstd": (lambda: zstd.compress(json.dumps(ROWS).encode()), "json", "zstd"),
}


async def sent(client: httpx.AsyncClient, dataset: Any, content: bytes, **params: Any) -> httpx.Response:
    return await client.post(
        f"/datasets/{dataset['id']}/imports",
        params=params,
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )


async def seen(client: httpx.AsyncClient, dataset: Any) -> list[Any]:
    found: list[Any] = (await client.get(f"/datasets/{dataset['id']}/records?limit=1000")).json()["items"]
    return found


@pytest.mark.parametrize("name", FILES)
async def test_every_format_is_recognized_and_gives_the_same_records(
    admin: httpx.AsyncClient, dataset: Any, name: str
) -> None:
    make, file_format, packing = FILES[name]
    answer = await sent(admin, dataset, make(), gold_column="label")
    assert answer.status_code == 201, answer.text
    result = answer.json()
    assert (result["records"], result["file_format"], result["packing"]) == (1200, file_format, packing)
    assert (result["left_out"], result["gold"]) == (["other"], {"label": "label"})
    found = await seen(admin, dataset)
    assert [(each["record_id"], each["fields"]["text"], each["gold"]["label"]) for each in found] == [
        (row["id"], row["text"], row["label"]) for row in ROWS[:1000]
    ]


async def test_values_of_parquet_keep_every_digit(admin: httpx.AsyncClient, dataset: Any) -> None:
    row = {
        "id": 2**63 - 1,
        "text": "a",
        "price": Decimal("12345678901234567890.10"),
        "thread": pa.scalar(2**64 - 1, pa.uint64()).as_py(),
        "parts": [{"x": 1}],
        "nothing": float("nan"),
    }
    table = pa.table(
        {name: pa.array([value], pa.uint64() if name == "thread" else None) for name, value in row.items()}
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    answer = await sent(admin, dataset, file.getvalue(), metadata_columns="*")
    assert answer.status_code == 201, answer.text
    [record] = await seen(admin, dataset)
    assert record["record_id"] == "9223372036854775807"
    assert record["metadata"] == {
        "price": "12345678901234567890.10",
        "thread": "18446744073709551615",
        "parts": '[{"x":1}]',
        "nothing": None,
    }


async def test_a_named_sheet_is_read_and_an_unknown_one_is_told(admin: httpx.AsyncClient, dataset: Any) -> None:
    book = excel(("notes", [["x"]]), ("data", [["id", "text", "when"], [7, "seven", 1.5], [None], [8, "eight", True]]))
    problem = (await sent(admin, dataset, book, sheet="Data")).json()
    assert (problem["type"], "'notes', 'data'" in problem["detail"]) == ("/problems/no-such-sheet", True)
    result = (await sent(admin, dataset, book, sheet="data", metadata_columns="when")).json()
    assert result["records"] == 2
    assert [(each["record_id"], each["metadata"]) for each in await seen(admin, dataset)] == [
        ("7", {"when": "1.5"}),
        ("8", {"when": "TRUE"}),
    ]


BROKEN = {
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), "unreadable-format", "old kind"),
    "another archive": (b"PK\x03\x04" + bytes(600), "broken-file", "cannot be read"),
    "half a gzip": (gzip.compress(jsonl())[:-2000], "broken-compression", "too early"),
    "a damaged gzip": (gzip.compress(jsonl())[:900] + b"x" * 500, "broken-compression", "damaged"),
    "half a parquet": (parquet(ROWS)[:2000], "broken-file", "Parquet"),
    "an array that ends early": (json.dumps(ROWS)[:-1].encode(), "not-json", "before the array does"),
    "an array with a fault": (b'[{"text": "a"},\n {"text": oops}, {"text": "b"}]' + b" " * 2000, "not-json", "line 2"),
    "an array of texts": (b'["a", "b"]', "not-json", "not an object"),
    "one object around a list": (
        b'{"data": [{"id": 1, "text": "a"}], "version": 1}',
        "no-such-column",
        "has 'data', 'version'",
    ),
    "no rows": (parquet([{"text": "a"}], row_group_size=1)[:0] or b"[]", "empty-file", ""),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_file_is_told_for_what_it_is(
    admin: httpx.AsyncClient, dataset: Any, database: Database, name: str
) -> None:
    content, code, words = BROKEN[name]
    answer = await sent(admin, dataset, content)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, f"/problems/{code}"), answer.text
    assert words in problem["detail"]
    assert problem["cure"]
    assert await database["records"].count_documents({}) == 0


async def test_a_file_that_unpacks_beyond_the_limit_is_refused(
    admin: httpx.AsyncClient, dataset: Any, database: Database
) -> None:
    bomb = gzip.compress(b"id,text\n" + b"a" * 50_000_000)
    assert (await sent(admin, dataset, bomb)).json()["type"] == "/problems/record-too-large"
    rows = b"".join(b"%d,%s\n" % (n, b"x" * 100_000) for n in range(250))
    answer = await sent(admin, dataset, gzip.compress(b"id,text\n" + rows))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/upload-too-large")
    assert await database["records"].count_documents({}) == 0


async def test_huge_cells_are_refused_before_they_are_repeated(admin: httpx.AsyncClient, dataset: Any) -> None:
    huge = "x" * 3_000_000
    repeated = parquet([{"id": n, "text": huge} for n in range(20)], compression="zstd")
    problem = (await sent(admin, dataset, repeated)).json()
    assert (problem["type"], problem["column"]) == ("/problems/record-too-large", "text")
    book = io.BytesIO(excel(("a", [["id", "text"], [1, "small"]])))
    grown = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(grown, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"small", huge.encode()))
    assert (await sent(admin, dataset, grown.getvalue())).json()["type"] == "/problems/record-too-large"


async def test_all_rows_with_faults_are_listed(admin: httpx.AsyncClient, dataset: Any, database: Database) -> None:
    texts = ["fine", "", "   ", "\u200b", "nan", " ", "fine"]
    file = "id,text\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(texts, 1)) + '8,"x\0y"\n'
    problem = (await sent(admin, dataset, file.encode())).json()
    assert (problem["type"], problem["row"], problem["fault_count"]) == ("/problems/missing-text", 2, 5)
    assert "4 rows: 2, 3, 4, 6" in problem["detail"]
    assert [(each["row"], each["type"]) for each in problem["faults"]] == [
        (2, "missing-text"),
        (3, "missing-text"),
        (4, "missing-text"),
        (6, "missing-text"),
        (8, "control-character"),
    ]
    assert await database["records"].count_documents({}) == 0
    result = (await sent(admin, dataset, file.replace("\0", "").encode(), skip_empty=True)).json()
    assert (result["records"], result["empty"]) == (4, 4)


async def test_a_repeated_column_matters_where_it_is_used_alone(admin: httpx.AsyncClient, dataset: Any) -> None:
    file = b"id,text,comment,comment,,score\n1,hello,x,y,,3\n"
    problem = (await sent(admin, dataset, file, metadata_columns="comment")).json()
    assert (problem["type"], problem["column"]) == ("/problems/bad-header", "comment")
    result = (await sent(admin, dataset, file)).json()
    assert result["left_out"] == ["comment", "comment (2)", "score"]


async def test_spans_of_other_tools_are_taken_as_gold(admin: httpx.AsyncClient, dataset: Any, project: Any) -> None:
    task = {"kind": "span", "name": "who", "question": "Who?", "options": [{"value": "ORG"}]}
    schema = await made(admin, f"/projects/{project['id']}/label-schemas", {"name": "who", "tasks": [task]})
    shapes = [
        [[0, 2, "ORG"]],
        [{"id": 5, "start_offset": 0, "end_offset": 2, "label": "ORG"}],
        [{"start": 0, "end": 2, "text": "EU", "labels": ["ORG"]}],
        [{"start": 0, "end": 2, "label": "ORG", "token_start": 0, "token_end": 0}],
    ]
    file = "\n".join(json.dumps({"id": n, "text": "EU rejects", "label": shape}) for n, shape in enumerate(shapes))
    answer = await sent(
        admin, dataset, file.encode(), gold_column="label", gold_task="who", label_schema_id=schema["id"]
    )
    assert answer.status_code == 201, answer.text
    golds = [record["gold"]["who"] for record in await seen(admin, dataset)]
    assert golds == [[{"field": "text", "start": 0, "end": 2, "text": "EU", "label": "ORG", "attributes": {}}]] * 4

"""Imports over HTTP: all of a file or nothing of it, and what was wrong with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tandem.runtime.serving import serve_http
from tandem.settings import HttpSettings
from tandem.store.database import Database
from tandem.testing.waiting import eventually

from .conftest import ADMIN_KEY, import_csv, rows


async def stored(database: Database) -> int:
    return await database["records"].count_documents({})


async def taken_back(database: Database) -> bool:
    """Nothing of it is there, and its lease was given back."""
    dataset = await database["datasets"].find_one({})
    return dataset is not None and dataset["import_lease"] is None and await stored(database) == 0


async def seen(client: httpx.AsyncClient, dataset: Any) -> list[Any]:
    found: list[Any] = (await client.get(f"/datasets/{dataset['id']}/records?limit=1000")).json()["items"]
    return found


async def test_a_csv_becomes_records_in_its_order(admin: httpx.AsyncClient, dataset: Any) -> None:
    content = '\ufeffid,text,label,lang\r\n7,"Hello, ""you""",yes,en\r\n8,"two\r\nlines",,de\r\n'
    answer = await import_csv(admin, dataset, content, gold_column="label", gold_task="ok", metadata_columns="lang")
    assert answer.status_code == 201, answer.text
    assert answer.json() | {"import_id": ""} == {
        "import_id": "",
        "records": 2,
        "skipped": 0,
        "same_content": 0,
        "duplicates": 0,
        "changed": 0,
        "skipped_ids": [],
        "id_column": "id",
        "made_ids": [],
        "repeated": 0,
        "delimiter": ",",
        "file_format": "csv",
        "packing": None,
        "empty": 0,
        "left_out": [],
        "gold": {"ok": "label"},
        "tool": None,
        "opinions": 0,
        "disagreed": 0,
        "visible_below": 2,
    }
    first, second = await seen(admin, dataset)
    assert (first["seq"], first["record_id"], first["fields"]) == (0, "7", {"text": 'Hello, "you"'})
    assert (first["gold"], first["metadata"]) == ({"ok": "yes"}, {"lang": "en"})
    assert (second["fields"], second["gold"]) == ({"text": "two\r\nlines"}, None)
    shown = (await admin.get(f"/datasets/{dataset['id']}")).json()
    assert (shown["record_count"], shown["fields"], shown["gold_tasks"]) == (2, ["text"], ["ok"])
    assert [item["records"] for item in shown["imports"]] == [2]
    assert shown["imports"][0]["committed_by"] == "admin"


async def test_a_jsonl_file_becomes_records(admin: httpx.AsyncClient, dataset: Any) -> None:
    lines = [{"id": n, "premise": f"p{n}", "hypothesis": "h", "extra": [n]} for n in range(3)]
    answer = await admin.post(
        f"/datasets/{dataset['id']}/imports",
        params={"text_columns": "premise,hypothesis", "metadata_columns": "*"},
        content="\n".join(map(json.dumps, lines)),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 201, answer.text
    found = await seen(admin, dataset)
    assert [record["fields"] for record in found] == [{"premise": f"p{n}", "hypothesis": "h"} for n in range(3)]
    assert found[2]["metadata"] == {"extra": "[2]"}


async def test_further_imports_go_on_where_the_last_ended_in_several_batches(
    admin: httpx.AsyncClient, dataset: Any
) -> None:
    for start in (0, 2500):
        assert (await import_csv(admin, dataset, rows(2500, start=start))).json()["records"] == 2500
    shown: list[Any] = []
    after: str | None = "-1"
    while after is not None:
        page = (await admin.get(f"/datasets/{dataset['id']}/records", params={"after": after, "limit": 999})).json()
        shown += page["items"]
        after = page["next"]
    assert [(record["seq"], record["record_id"]) for record in shown] == [(n, f"t{n}") for n in range(5000)]


FAULTS: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "wrong column": (b"id,tweet\n1,a\n", "no-such-column", {"column": "text", "line": 1}),
    "wrong column, no rows": (b"id,tweet\n", "no-such-column", {"column": "text"}),
    "broken quoting": (b'id,text\n1,"a"b\n', "broken-quoting", {"row": 1, "line": 2, "column": "text"}),
    "open quote": (b'id,text\n1,a\n2,"b\n3,c\n', "broken-quoting", {"row": 2, "line": 3, "column": "text"}),
    "not UTF-8": (b"id,text\n1,a\n2,\xff\n", "not-utf-8", {"row": 2, "line": 3, "byte": 14}),
    "10 MB cell": (b"id,text\n1," + b"x" * 10_000_000 + b"\n", "record-too-large", {"row": 1, "column": "text"}),
    "10 MB quoted cell": (
        b'id,text\n1,a\n2,"' + b"x" * 10_000_000 + b'"\n',
        "record-too-large",
        {"row": 2, "line": 3, "column": "text"},
    ),
    "cell above the limit": (
        b"id,text\n1," + b"x" * 270_000 + b"\n",
        "record-too-large",
        {"row": 1, "line": 2, "column": "text"},
    ),
    "duplicate": (b"id,text\n1,a\n2,b\n1,c\n", "duplicate-id", {"row": 3, "line": 4, "column": "id"}),
    "missing id": (b"id,text\n,a\n", "missing-id", {"row": 1, "line": 2, "column": "id"}),
    "missing text": (b"id,text\n1, \n", "missing-text", {"row": 1, "line": 2, "column": "text"}),
    "too many cells": (b"id,text\n1,a,b\n", "wrong-cell-count", {"row": 1, "line": 2, "column": "text"}),
    "too few cells": (b"id,text\n1\n", "wrong-cell-count", {"row": 1, "line": 2, "column": "text"}),
    "empty": (b"", "empty-file", {}),
    "header alone": (b"id,text\n", "empty-file", {}),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_bad_csv_is_told_with_its_place_and_nothing_of_it_stays(
    admin: httpx.AsyncClient, dataset: Any, database: Database, name: str
) -> None:
    content, code, place = FAULTS[name]
    answer = await import_csv(admin, dataset, content)
    problem = answer.json()
    assert answer.status_code in (413, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/problems/{code}", problem
    assert {member: problem.get(member) for member in place} == place, problem
    assert problem["cure"]
    assert await stored(database) == 0
    assert (await import_csv(admin, dataset, rows(3))).status_code == 201, "the lease was given back"


async def test_a_fault_in_a_late_row_takes_back_the_batches_before(
    admin: httpx.AsyncClient, dataset: Any, database: Database
) -> None:
    await import_csv(admin, dataset, rows(10))
    answer = await import_csv(admin, dataset, rows(3500, start=10) + "t3600,\r\n")
    assert answer.json()["row"] == 3501
    assert await stored(database) == 10
    assert len(await seen(admin, dataset)) == 10


async def test_a_duplicate_across_batches_names_the_row_that_was_first(admin: httpx.AsyncClient, dataset: Any) -> None:
    problem = (await import_csv(admin, dataset, rows(2500) + "t7,again,neutral\r\n")).json()
    assert (problem["row"], problem["column"]) == (2501, "id")
    assert "'t7' is in row 8 of this file already" in problem["detail"]


async def test_ids_of_the_data_set_are_refused_or_skipped_as_asked(admin: httpx.AsyncClient, dataset: Any) -> None:
    await import_csv(admin, dataset, rows(5))
    problem = (await import_csv(admin, dataset, rows(4, start=3))).json()
    assert (problem["type"], problem["row"]) == ("/problems/duplicate-id", 1)
    assert "in the data set already" in problem["detail"]
    result = (await import_csv(admin, dataset, rows(4, start=3) + "t5,twice,x\r\n", on_duplicate="skip")).json()
    assert (result["records"], result["skipped"], result["skipped_ids"]) == (2, 3, ["t3", "t4", "t5"])
    assert [record["seq"] for record in await seen(admin, dataset)] == list(range(7))


async def test_a_second_import_with_other_fields_is_refused(admin: httpx.AsyncClient, dataset: Any) -> None:
    await import_csv(admin, dataset, rows(2))
    problem = (await import_csv(admin, dataset, "id,body\n9,x\n", text_columns="body")).json()
    assert problem["type"] == "/problems/other-fields"


async def test_one_import_at_a_time_and_none_of_it_is_seen_before_its_end(
    admin: httpx.AsyncClient, dataset: Any, database: Database
) -> None:
    going, go_on = asyncio.Event(), asyncio.Event()

    async def slow_file() -> AsyncIterator[bytes]:
        yield rows(1500).encode()
        going.set()
        await go_on.wait()
        yield b"last,the last one,neutral\r\n"

    first = asyncio.create_task(import_csv(admin, dataset, slow_file()))
    await asyncio.wait_for(going.wait(), 10)
    second = await import_csv(admin, dataset, rows(1, start=9000))
    assert (second.status_code, second.json()["type"]) == (409, "/problems/import-running")
    assert await stored(database) >= 1000
    assert await seen(admin, dataset) == []
    go_on.set()
    assert (await first).json()["records"] == 1501


async def test_what_a_killed_import_left_is_never_seen_and_goes_with_the_next(
    admin: httpx.AsyncClient, dataset: Any, database: Database
) -> None:
    await import_csv(admin, dataset, rows(3))
    left = {
        "dataset_id": dataset["id"],
        "import_id": "dead",
        "fields": {"text": "x"},
        "content_hash": "",
        "metadata": {},
    }
    await database["records"].insert_many(
        [left | {"_id": f"{dataset['id']}:{seq}", "seq": seq, "record_id": f"t{seq}"} for seq in range(3, 50)]
    )
    await database["datasets"].update_one(
        {"_id": dataset["id"]}, [{"$set": {"import_lease": {"import_id": "dead", "until": "$$NOW"}}}]
    )
    assert len(await seen(admin, dataset)) == 3
    assert (await admin.get(f"/datasets/{dataset['id']}/records/3")).status_code == 404
    answer = await import_csv(admin, dataset, rows(2, start=3))
    assert answer.status_code == 201, answer.text
    assert await stored(database) == 5
    assert {record["fields"]["text"] for record in await seen(admin, dataset)} == {
        f"this is text {n}" for n in range(5)
    }


async def test_an_import_that_lost_its_lease_cannot_commit(
    admin: httpx.AsyncClient, dataset: Any, database: Database
) -> None:
    async def overtaken_file() -> AsyncIterator[bytes]:
        yield rows(1200).encode()
        await database["datasets"].update_one({"_id": dataset["id"]}, {"$set": {"import_lease.import_id": "other"}})

    answer = await import_csv(admin, dataset, overtaken_file())
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/import-overtaken")
    assert await stored(database) == 0
    assert (await admin.get(f"/datasets/{dataset['id']}")).json()["record_count"] == 0


async def test_an_upload_above_the_limit_is_refused(admin: httpx.AsyncClient, dataset: Any, database: Database) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"id,text\n"
        for n in range(1000):
            yield b"".join(b"%d,%s\n" % (1000 * n + k, b"x" * 1000) for k in range(100))

    answer = await import_csv(admin, dataset, endless())
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/upload-too-large")
    told = await admin.post(
        f"/datasets/{dataset['id']}/imports",
        content=b"id,text\n",
        headers={"Content-Type": "text/csv", "Content-Length": "60000000"},
    )
    assert told.status_code == 413
    assert await stored(database) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "application/pdf"}, 415),
        ({"Content-Type": "text/csv", "Content-Encoding": "gzip"}, 415),
    ],
)
async def test_bodies_of_other_kinds_are_refused(
    admin: httpx.AsyncClient, dataset: Any, headers: dict[str, str], status: int
) -> None:
    answer = await admin.post(f"/datasets/{dataset['id']}/imports", content=b"x", headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["cure"]


async def test_column_names_that_cannot_be_keys_are_refused(admin: httpx.AsyncClient, dataset: Any) -> None:
    for name in ("a.b", "$a"):
        answer = await import_csv(admin, dataset, f"id,{name}\n1,x\n", text_columns=name)
        assert (answer.status_code, answer.json()["column"]) == (422, name)


async def test_a_connection_cut_in_the_middle_leaves_nothing(app: FastAPI, dataset: Any, database: Database) -> None:
    server = serve_http(app, HttpSettings(port=0))
    serving = asyncio.create_task(server.run())
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = f"POST /api/v1/datasets/{dataset['id']}/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        writer.write(f"{head}Authorization: Bearer {ADMIN_KEY}\r\nContent-Length: 9999999\r\n\r\n".encode())
        writer.write(rows(2500).encode())
        await writer.drain()
        await eventually(lambda: stored(database))
        writer.close()
        await writer.wait_closed()
        await eventually(lambda: taken_back(database), message="the import is taken back")
        del reader
    finally:
        await server.stop()
        await serving


async def test_the_answer_to_a_bad_file_reaches_a_client_that_is_still_sending(app: FastAPI, dataset: Any) -> None:
    server = serve_http(app, HttpSettings(port=0))
    serving = asyncio.create_task(server.run())
    try:
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {ADMIN_KEY}"}) as client:
            url = f"http://127.0.0.1:{server.port}/api/v1/datasets/{dataset['id']}/imports"
            content = b"id,text\n1," + b"x" * 10_000_000 + b"\n"
            answer = await client.post(url, content=content, headers={"Content-Type": "text/csv"})
        assert (answer.status_code, answer.json()["row"], answer.json()["column"]) == (413, 1, "text")
    finally:
        await server.stop()
        await serving


async def test_rows_of_equal_content_are_taken_left_out_or_refused_as_wished(
    admin: httpx.AsyncClient, dataset: Any
) -> None:
    await import_csv(admin, dataset, "id,text\na,one\nb,two\n")
    again = "id,text\nc,two\nd,three\ne,three\nf,four\n"
    refused = await import_csv(admin, dataset, again, on_same_content="error")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/same-content")
    assert refused.json()["detail"] == "Row 1 (line 2): its fields are those of the record 'b'."
    skipped = (await import_csv(admin, dataset, again, on_same_content="skip")).json()
    assert (skipped["records"], skipped["skipped"], skipped["same_content"]) == (2, 2, 2)
    assert skipped["skipped_ids"] == ["c", "e"]
    assert [(item["seq"], item["record_id"]) for item in await seen(admin, dataset)] == [
        (0, "a"),
        (1, "b"),
        (2, "d"),
        (3, "f"),
    ]
    kept = (await import_csv(admin, dataset, "id,text\ng,one\n")).json()
    assert (kept["records"], kept["same_content"]) == (1, 0)


async def test_no_number_of_a_file_changes_on_its_way_in_and_out(admin: httpx.AsyncClient, dataset: Any) -> None:
    lines = [
        '{"id": 1610521604143693812, "text": "a", "thread": 18446744073709551615, "parts": [0.12345678901234567890]}',
        '{"id": 123456789012345678901234567890, "text": "b", "thread": 9007199254740993, "parts": NaN}',
    ]
    answer = await admin.post(
        f"/datasets/{dataset['id']}/imports",
        params={"text_columns": "text", "id_column": "id", "metadata_columns": "*"},
        content="\n".join(lines),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 201, answer.text
    found = await seen(admin, dataset)
    assert [record["record_id"] for record in found] == ["1610521604143693812", "123456789012345678901234567890"]
    assert [record["metadata"] for record in found] == [
        {"thread": "18446744073709551615", "parts": "[0.12345678901234567890]"},
        {"thread": 9007199254740993, "parts": None},
    ]

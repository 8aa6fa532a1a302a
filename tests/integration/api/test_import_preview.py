"""A preview says what an import would make of a file, and writes nothing."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx

from tandem.store.database import Database

from .test_import_formats import ROWS, excel, jsonl, parquet, whole_sheet


async def previewed(client: httpx.AsyncClient, content: bytes, **params: Any) -> Any:
    headers = {"Content-Type": "application/octet-stream"}
    answer = await client.post("/import-preview", params=params, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_columns_are_guessed_and_named(admin: httpx.AsyncClient, database: Database) -> None:
    for content, file_format in (
        (jsonl(), "jsonl"),
        (json.dumps(ROWS).encode(), "json"),
        (parquet(ROWS), "parquet"),
        (excel(("a", whole_sheet())), "xlsx"),
    ):
        found = await previewed(admin, content)
        assert (found["file_format"], found["rows_seen"], found["is_whole"]) == (file_format, 500, False)
        assert [(column["name"], column["kind"], column["use"]) for column in found["columns"]] == [
            ("id", "text", "id"),
            ("text", "text", "text"),
            ("label", "text", "gold"),
            ("other", "integer", "left out"),
        ]
        assert (found["left_out"], found["gold"]) == (["other"], {"label": "label"})
        assert len(found["records"]) == 10
        assert found["records"][1]["gold"] == {"label": "bad"}
    assert await database["records"].count_documents({}) == 0


async def test_the_beginning_of_a_file_is_enough(admin: httpx.AsyncClient) -> None:
    for content in (jsonl()[:5000], gzip.compress(jsonl())[:5000], json.dumps(ROWS).encode()[:5000]):
        found = await previewed(admin, content, cut=True)
        assert found["rows_seen"] > 20
        assert (found["faults"], found["is_whole"]) == ([], False)


async def test_a_projects_tasks_say_what_gold_is(admin: httpx.AsyncClient, project: Any, label_schema: Any) -> None:
    content = b"nr;comment;Sentiment;label\n1;I like it very much;positive;x\n2;;great;y\n"
    found = await previewed(admin, content, project_id=project["id"], metadata_columns="*")
    assert (found["delimiter"], found["id_column"], found["text_columns"]) == (";", None, {"text": "comment"})
    assert found["gold"] == {"sentiment": "Sentiment"}
    assert [(fault["row"], fault["type"]) for fault in found["faults"]] == [(2, "missing-text")]
    assert found["records"][0]["metadata"] == {"nr": "1", "label": "x"}
    found = await previewed(admin, content.replace(b";;", b";bad;"), label_schema_id=label_schema["id"])
    assert [fault["type"] for fault in found["faults"]] == ["bad-gold"]


async def test_an_export_of_a_tool_is_recognized(admin: httpx.AsyncClient) -> None:
    result = [{"from_name": "mood", "type": "choices", "value": {"choices": ["good"]}}]
    tasks = [{"id": n, "data": {"review": f"text {n}"}, "annotations": [{"result": result}]} for n in range(3)]
    found = await previewed(admin, json.dumps(tasks).encode())
    assert (found["tool"], found["text_columns"], found["gold"]) == (
        "label-studio",
        {"text": "review"},
        {"mood": "mood"},
    )
    assert found["records"][0]["imported_opinions"][0]["values"] == {"mood": "good"}

"""Control characters: kept in texts and given back as they came, refused in names, and NUL everywhere."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from .conftest import import_csv, made

ODD = [
    "\x1b[2J\x1b]0;title\x07",
    "bell\x07back\x08\x7f",
    "\x85next\x9b31m",
    "tab\tline\nreturn\rboth\r\n",
    "\u2028\u2029\u202e\ufeff",
    " x \x1c\x1f ",
    'quote " comma , semicolon ;',
]


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
async def test_an_export_gives_texts_back_as_they_came(
    admin: httpx.AsyncClient, project: Any, dataset: Any, agent: Any, file_format: str
) -> None:
    source = io.StringIO(newline="")
    csv.writer(source, quoting=csv.QUOTE_ALL).writerows([["text", "note"], *([text, text] for text in ODD)])
    result = await import_csv(admin, dataset, source.getvalue(), metadata_columns="note")
    assert result.status_code == 201, result.text
    job = await made(
        admin, f"/projects/{project['id']}/jobs", {"dataset_id": dataset["id"], "agent_id": agent["id"], "start": False}
    )
    exported = (await admin.get(f"/jobs/{job['id']}/export", params={"format": file_format})).content
    other = await made(admin, f"/projects/{project['id']}/datasets", {"name": "again"})
    params = {"text_columns": "text=fields.text", "format": file_format}
    answer = await admin.post(f"/datasets/{other['id']}/imports", params=params, content=exported)
    assert answer.status_code == 201, answer.text
    assert answer.json()["id_column"] == "record_id"
    first, second = [(await admin.get(f"/datasets/{each['id']}/records")).json()["items"] for each in (dataset, other)]
    assert [record["fields"]["text"] for record in second] == ODD
    assert [record["metadata"]["note"] for record in first] == ODD
    assert [record["record_id"] for record in second] == [record["record_id"] for record in first]


@pytest.mark.parametrize("name", ["a\0b", "a\x1b[31mb", "a\nb", "a\x7fb", "a\x9bb", "a\u2028b"])
@pytest.mark.parametrize("kind", ["projects", "datasets", "jobs"])
async def test_a_name_with_a_control_character_is_refused_with_field_and_cure(
    admin: httpx.AsyncClient, project: Any, kind: str, name: str
) -> None:
    path = "/projects" if kind == "projects" else f"/projects/{project['id']}/{kind}"
    more = {"dataset_id": "d", "agent_id": "a"} if kind == "jobs" else {}
    answer = await admin.post(path, json={"name": name, **more})
    assert (answer.status_code, answer.json()["field"]) == (422, "name")
    assert answer.json()["cure"] == "Take it out."


async def test_nul_in_a_file_is_told_with_its_place(admin: httpx.AsyncClient, dataset: Any) -> None:
    problem = (await import_csv(admin, dataset, 'text\nfine\n"two\nlines\0"\n')).json()
    assert problem["type"] == "/problems/control-character"
    assert (problem["row"], problem["line"], problem["column"]) == (2, 3, "text")
    lines = json.dumps({"text": "fine", "no\0te": 1})
    answer = await admin.post(
        f"/datasets/{dataset['id']}/imports", params={"format": "jsonl", "metadata_columns": "*"}, content=lines
    )
    assert (answer.status_code, answer.json()["column"]) == (422, "no\0te")


async def test_half_a_surrogate_pair_in_a_file_is_told(admin: httpx.AsyncClient, dataset: Any) -> None:
    answer = await admin.post(
        f"/datasets/{dataset['id']}/imports", params={"format": "jsonl"}, content=b'{"text": "\\ud83d"}\n'
    )
    assert (answer.status_code, answer.json()["row"]) == (422, 1)

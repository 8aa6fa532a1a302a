"""Values of all kinds of tasks, in as gold and out as exports, which can come in again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database

from .conftest import import_csv, made
from .labeled import annotation

TASKS: list[dict[str, Any]] = [
    {"name": "topic", "kind": "multiple_choice", "options": ["billing", "bug", "other"]},
    {"name": "urgency", "options": ["low", "high"]},
    {"name": "people", "kind": "span", "options": ["person"]},
    {"name": "amount", "kind": "number", "minimum": 0, "maximum": 1000},
    {"name": "summary", "kind": "text"},
]
ADA = {"field": "text", "start": 0, "end": 3, "text": "Ada", "label": "person", "attributes": {}}
VALUES = {
    "topic": ["billing", "bug"],
    "urgency": "high",
    "people": [ADA],
    "amount": 12.5,
    "summary": "She, paid; twice",
}
CSV = (
    "id,text,topics,urgency,people,amount,summary\n"
    'a,Ada paid 12.50,bug; billing,high,"[{""start"":0,""end"":3,""label"":""person""}]",12.5,"She, paid; twice"\n'
    "b,Zoe,[],,[],,\n"
)
GOLD = {"gold_columns": "topic=topics,urgency,people,amount,summary", "gold_separator": ";"}


@pytest.fixture
async def ticket(admin: httpx.AsyncClient, project: Any) -> Any:
    return await made(admin, f"/projects/{project['id']}/label-schemas", {"name": "ticket", "tasks": TASKS})


async def records(admin: httpx.AsyncClient, dataset: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await admin.get(f"/datasets/{dataset['id']}/records")).json()["items"]
    return items


async def test_gold_of_several_tasks_is_kept_as_the_values_of_their_kinds(
    admin: httpx.AsyncClient, dataset: Any, ticket: Any
) -> None:
    answer = await import_csv(admin, dataset, CSV, label_schema_id=ticket["id"], **GOLD)
    assert answer.status_code == 201, answer.text
    first, second = await records(admin, dataset)
    assert first["gold"] == VALUES
    assert second["gold"] == {"topic": [], "people": []}
    found = (await admin.get(f"/datasets/{dataset['id']}")).json()
    assert found["gold_tasks"] == ["topic", "urgency", "people", "amount", "summary"]


async def test_gold_that_is_no_value_is_told_by_row_and_column_and_nothing_is_imported(
    admin: httpx.AsyncClient, dataset: Any, ticket: Any
) -> None:
    rows = CSV.replace("b,Zoe,[],", "b,Zoe,bugs,")
    answer = await import_csv(admin, dataset, rows, label_schema_id=ticket["id"], **GOLD)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "/problems/bad-gold")
    assert (problem["row"], problem["column"]) == (2, "topics")
    assert problem["detail"] == "Row 2 (line 3), column 'topics': topic: 'bugs' is no label."
    assert "billing, bug, other" in problem["cure"]
    assert await records(admin, dataset) == []
    unknown = await import_csv(admin, dataset, CSV, label_schema_id=ticket["id"], gold_columns="topics")
    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/no-such-task")
    twice = await import_csv(admin, dataset, CSV, gold_columns="topic=topics,topic=urgency")
    assert (twice.status_code, twice.json()["field"]) == (422, "gold_columns")


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
async def test_an_export_comes_in_again_with_its_final_values_as_gold(
    *, admin: httpx.AsyncClient, project: Any, dataset: Any, ticket: Any, database: Database, file_format: str
) -> None:
    await import_csv(admin, dataset, CSV)
    agent = {"name": "a", "provider": "offline", "model": "nearest-label", "label_schema_id": ticket["id"]}
    made_agent = await made(admin, f"/projects/{project['id']}/agents", agent)
    body = {"dataset_id": dataset["id"], "agent_id": made_agent["id"]}
    job = await made(admin, f"/projects/{project['id']}/jobs", body)
    labels = [{"task": task, "value": value, "confidence": None, "rule": "exact"} for task, value in VALUES.items()]
    await AnnotationWriter(database).insert_first([annotation(job, 0, "labeled", labels=labels)])

    export = await admin.get(f"/jobs/{job['id']}/export", params={"format": file_format})
    if file_format == "csv":
        first, second = csv.DictReader(io.StringIO(export.text, newline=""))
        assert json.loads(first["final.topic"]) == VALUES["topic"]
        assert json.loads(first["label.people"]) == [ADA]
        assert (first["final.amount"], second["final.topic"]) == ("12.5", "")
    other = await made(admin, f"/projects/{project['id']}/datasets", {"name": "again"})
    names = ["topic", "urgency", "people", "amount", "summary"]
    answer = await admin.post(
        f"/datasets/{other['id']}/imports",
        params={
            "format": file_format,
            "id_column": "record_id",
            "text_columns": "text=fields.text",
            "label_schema_id": ticket["id"],
            "gold_columns": ",".join(f"{name}=final.{name}" for name in names),
        },
        content=export.content,
    )
    assert answer.status_code == 201, answer.text
    again, rest = await records(admin, other)
    assert (again["record_id"], again["fields"], again["gold"]) == ("a", {"text": "Ada paid 12.50"}, VALUES)
    assert rest["gold"] is None
    assert again["content_hash"] == (await records(admin, dataset))[0]["content_hash"]

"""What people leave behind in other annotation tools comes in with who said what; gold is what they agree on."""

from __future__ import annotations

import json
from typing import Any

import httpx

from .conftest import made
from .test_import_formats import seen, sent


def lines(*objects: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in objects).encode()


def choice(name: str, label: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [label]}}


def span(label: str, start: int, end: int, text: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"from_name": "who", "to_name": "text", "type": "labels", "value": value}


async def test_label_studio(admin: httpx.AsyncClient, dataset: Any) -> None:
    tasks = [
        {
            "id": 11,
            "data": {"text": "😀 EU rejects", "lang": "en"},
            "annotations": [
                {
                    "completed_by": {"id": 1, "email": "ada@example.org"},
                    "result": [choice("mood", "bad"), span("ORG", 3, 5, "EU")],
                    "updated_at": "2026-01-02T03:04:05Z",
                },
                {"completed_by": 2, "result": [choice("mood", "bad"), span("ORG", 3, 5, "EU")]},
                {"completed_by": 3, "result": [choice("mood", "good")], "was_cancelled": True},
            ],
            "predictions": [{"model_version": "m1", "result": [choice("mood", "good")]}],
        },
        {
            "id": 12,
            "data": {"text": "fine", "lang": "de"},
            "annotations": [
                {"completed_by": 1, "result": [choice("mood", "good")]},
                {"completed_by": 2, "result": [choice("mood", "bad"), {"type": "relation"}]},
            ],
            "predictions": [],
        },
    ]
    answer = await sent(admin, dataset, json.dumps(tasks, indent=1).encode(), metadata_columns="lang")
    assert answer.status_code == 201, answer.text
    result = answer.json()
    assert (result["tool"], result["opinions"], result["disagreed"]) == ("label-studio", 6, 1)
    assert (result["gold"], result["left_out"]) == ({"mood": "mood", "who": "who"}, ["relation"])
    first, second = await seen(admin, dataset)
    place = {"field": "text", "start": 2, "end": 4, "text": "EU", "label": "ORG", "attributes": {}}
    assert (first["record_id"], first["metadata"]) == ("11", {"lang": "en"})
    assert first["gold"] == {"mood": "bad", "who": [place]}
    assert [(one["by"], one["values"]["mood"], one["counts"]) for one in first["imported_opinions"]] == [
        ("ada@example.org", "bad", True),
        ("2", "bad", True),
        ("3", "good", False),
        ("m1", "good", False),
    ]
    assert first["imported_opinions"][0]["at"] == "2026-01-02T03:04:05Z"
    assert second["gold"] is None
    assert len(second["imported_opinions"]) == 2


async def test_a_label_schema_checks_what_people_said(
    admin: httpx.AsyncClient, dataset: Any, label_schema: Any
) -> None:
    task = {"id": 1, "data": {"text": "a"}, "annotations": [{"completed_by": 1, "result": [choice("mood", "great")]}]}
    problem = (await sent(admin, dataset, json.dumps([task]).encode(), label_schema_id=label_schema["id"])).json()
    assert (problem["type"], problem["row"]) == ("/problems/bad-gold", 1)
    task["annotations"][0]["result"] = [choice("mood", "positive")]  # type: ignore[index]  # a made-up task
    result = (await sent(admin, dataset, json.dumps([task]).encode(), label_schema_id=label_schema["id"])).json()
    assert result["gold"] == {"sentiment": "mood"}, "the only task of the schema"
    assert (await admin.get(f"/datasets/{dataset['id']}")).json()["gold_tasks"] == ["sentiment"]


async def test_paths_into_a_tools_objects_take_them_as_they_are(admin: httpx.AsyncClient, dataset: Any) -> None:
    task = {"id": 1, "data": {"text": "a"}, "annotations": [{"completed_by": 1, "result": [choice("mood", "x")]}]}
    result = (await sent(admin, dataset, json.dumps([task]).encode(), text_columns="text=data.text")).json()
    assert (result["tool"], result["left_out"]) == (None, ["annotations"])


async def test_argilla_in_three_shapes(admin: httpx.AsyncClient, dataset: Any) -> None:
    second = {
        "id": "a",
        "fields": {"text": "one"},
        "metadata": {"source": "web"},
        "responses": {"mood": [{"value": "good", "user_id": "u1"}, {"value": "good", "user_id": "u2"}]},
        "suggestions": {"mood": {"value": "bad", "score": 0.4, "agent": "m"}},
    }
    first = {
        "id": "b",
        "fields": {"text": "two"},
        "responses": [
            {"user_id": "u1", "status": "submitted", "values": {"mood": {"value": "bad"}, "stars": {"value": 4}}},
            {"user_id": "u2", "status": "discarded", "values": {"mood": {"value": "good"}}},
        ],
    }
    columns = {
        "id": "c",
        "text": "three",
        "mood.responses": ["good", "bad"],
        "mood.responses.users": ["u1", "u2"],
        "mood.responses.status": ["submitted", "draft"],
        "mood.suggestion": "bad",
    }
    result = (await sent(admin, dataset, lines(second, first, columns), metadata_columns="*")).json()
    assert (result["tool"], result["records"], result["disagreed"]) == ("argilla", 3, 0)
    found = await seen(admin, dataset)
    assert [record["gold"] for record in found] == [{"mood": "good"}, {"mood": "bad", "stars": 4}, {"mood": "good"}]
    assert [len(record["imported_opinions"]) for record in found] == [3, 2, 3]
    assert found[0]["metadata"] == {"source": "web"}


async def test_doccano(admin: httpx.AsyncClient, dataset: Any, project: Any) -> None:
    file = lines(
        {"id": 1, "text": "EU rejects", "label": [[0, 2, "ORG"]], "Comments": []},
        {"id": 2, "text": "fine", "label": [], "Comments": []},
    )
    task = {"kind": "span", "name": "who", "question": "Who?", "options": [{"value": "ORG"}]}
    schema = await made(admin, f"/projects/{project['id']}/label-schemas", {"name": "who", "tasks": [task]})
    answer = await sent(admin, dataset, file, label_schema_id=schema["id"], gold_column="label")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["tool"], answer.json()["gold"]) == ("doccano", {"who": "label"})
    first, second = await seen(admin, dataset)
    assert (first["gold"]["who"][0]["label"], second["gold"]) == ("ORG", None)


async def test_prodigy_has_a_line_for_each_annotator(admin: httpx.AsyncClient, dataset: Any) -> None:
    def line(n: int, who: str, picked: str, answer: str = "accept") -> dict[str, Any]:
        task = {"text": f"text {n}", "_input_hash": n, "_task_hash": -n, "_annotator_id": who, "_timestamp": 1700000000}
        return task | {"accept": [picked], "options": [], "answer": answer, "_view_id": "choice"}

    file = lines(
        *(line(n, "ada", "good") for n in range(1, 1201)),
        *(line(n, "eve", "good") for n in range(1, 11)),
        line(11, "eve", "bad"),
        line(12, "eve", "bad", "ignore"),
    )
    result = (await sent(admin, dataset, file)).json()
    assert (result["tool"], result["records"], result["opinions"]) == ("prodigy", 1200, 1212)
    assert (result["disagreed"], result["skipped"]) == (1, 0)
    found = {record["record_id"]: record for record in await seen(admin, dataset)}
    assert [one["by"] for one in found["10"]["imported_opinions"]] == ["ada", "eve"]
    assert (found["10"]["gold"], found["11"]["gold"], found["12"]["gold"]) == (
        {"accept": "good"},
        None,
        {"accept": "good"},
    )
    assert found["10"]["imported_opinions"][0]["at"] == "2023-11-14T22:13:20+00:00"


async def test_potato(admin: httpx.AsyncClient, dataset: Any) -> None:
    def line(who: str, label: str) -> dict[str, Any]:
        return {
            "user_id": who,
            "id": "7",
            "displayed_text": "EU rejects",
            "label_annotations": {"mood": {label: "true", "none": ""}, "why": {"text_box": "since"}},
            "span_annotations": [{"start": 0, "end": 2, "annotation": "ORG", "schema": "who"}],
        }

    result = (await sent(admin, dataset, lines(line("a", "good"), line("b", "bad")))).json()
    assert (result["tool"], result["records"], result["disagreed"]) == ("potato", 1, 1)
    [record] = await seen(admin, dataset)
    assert record["gold"]["why"] == "since"
    assert [(one["by"], one["values"]["mood"]) for one in record["imported_opinions"]] == [("a", "good"), ("b", "bad")]
    assert record["gold"]["who"][0]["text"] == "EU"

"""What a job gave: pages, one in detail, a report, exports."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from tandem.events import SettledPart, SettledTask
from tandem.pricing import ModelSpend
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow
from tandem.store.opinions.documents import DecisionKind, OpinionDocument
from tandem.store.opinions.writer import OpinionWriter

from .conftest import import_csv, made
from .labeled import annotate, annotation

OUTCOMES = ["labeled"] * 6 + ["invalid", "failed"]


@pytest.fixture
async def labeled(database: Database, job: Any) -> Any:
    """Eight of ten records ended, two labels unsure, one of them corrected by a person."""
    await annotate(database, job, OUTCOMES, unsure={1, 4})
    decision = AppliedDecision(
        job["id"], 1, 1, {"sentiment": "positive"}, 1, {"sentiment": "neutral"}, False, "Ada", utcnow()
    )
    await AnnotationWriter(database).apply_decisions([decision])
    return job


async def pages(client: httpx.AsyncClient, job: Any, **params: Any) -> list[int]:
    found: list[int] = []
    after: str | None = None
    while True:
        asked = params | ({"after": after} if after is not None else {})
        page = (await client.get(f"/jobs/{job['id']}/annotations", params=asked)).json()
        found += [item["seq"] for item in page["items"]]
        after = page["next"]
        if after is None:
            return found


async def test_annotations_come_in_pages_and_by_kind(admin: httpx.AsyncClient, labeled: Any) -> None:
    assert await pages(admin, labeled, limit=3) == list(range(8))
    assert await pages(admin, labeled, limit=4, outcome="labeled") == list(range(6))
    assert await pages(admin, labeled, outcome="invalid") == [6]
    assert await pages(admin, labeled, limit=1, needs_review=True) == [4], "1 is decided"
    assert await pages(admin, labeled, limit=2, needs_review=False) == [0, 1, 2, 3, 5, 6, 7]


async def test_what_is_to_review_falls_with_every_decision_and_rises_with_an_undo(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    async def told() -> tuple[list[int], list[int], list[int]]:
        counts = (await admin.get(f"/jobs/{labeled['id']}")).json()["counts"]
        listed = (await admin.get(f"/projects/{labeled['project_id']}/jobs")).json()["items"][0]["counts"]
        report = (await admin.get(f"/jobs/{labeled['id']}/report")).json()["counts"]
        lines = [json.loads(line) for line in (await admin.get(f"/jobs/{labeled['id']}/export")).text.splitlines()]
        waiting = [line["seq"] for line in lines if line.get("needs_review")]
        sent = [line["seq"] for line in lines if line.get("sent_to_review")]
        assert counts == listed == report
        return [counts["needs_review"], counts["reviewed"]], waiting, sent

    writer, saw = AnnotationWriter(database), {"sentiment": "neutral"}
    assert await told() == ([1, 1], [4], [1, 4])
    await writer.apply_decisions([AppliedDecision(labeled["id"], 4, 1, saw, 1, saw, True, "Ada", utcnow())])
    assert await told() == ([0, 2], [], [1, 4])
    await writer.apply_decisions([AppliedDecision(labeled["id"], 4, 2, None, 1, saw, False, "Ada", utcnow())])
    assert await told() == ([1, 1], [4], [1, 4])


async def test_a_csv_export_keeps_gold_values_of_columns_that_are_no_task(
    admin: httpx.AsyncClient, project: Any, dataset: Any, agent: Any
) -> None:
    content = "id,text,label,topic\n1,a,positive,sports\n2,b,,\n"
    await import_csv(admin, dataset, content, gold_columns="sentiment=label,topic=topic")
    job = await made(admin, f"/projects/{project['id']}/jobs", {"dataset_id": dataset["id"], "agent_id": agent["id"]})
    answer = await admin.get(f"/jobs/{job['id']}/export?format=csv")
    lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(line["gold.sentiment"], line["gold.topic"]) for line in lines] == [("positive", "sports"), ("", "")]


async def test_a_list_tells_how_records_begin_when_asked(admin: httpx.AsyncClient, labeled: Any) -> None:
    address = f"/jobs/{labeled['id']}/annotations"
    asked = (await admin.get(address, params={"excerpts": True, "limit": 2})).json()["items"]
    assert [item["excerpt"] for item in asked] == ["this is text 0", "this is text 1"]
    assert (await admin.get(address)).json()["items"][0]["excerpt"] is None


async def test_one_annotation_shows_the_record_the_answer_and_older_attempts(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    await AnnotationWriter(database).supersede([annotation(labeled, 1, "failed", attempt=2, raw=None)])
    shown = (await admin.get(f"/jobs/{labeled['id']}/annotations/1")).json()
    assert (shown["attempt"], shown["outcome"], shown["reason"]) == (2, "failed", "timeout")
    assert shown["record"]["fields"] == {"text": "this is text 1"}
    assert [(past["attempt"], past["outcome"], past["raw"]) for past in shown["history"]] == [
        (1, "labeled", "answer 1")
    ]
    assert shown["verification"]["values"] == {"sentiment": "positive"}
    assert shown["verification"]["decided_by"] == "Ada"


async def test_an_annotation_is_found_by_the_records_own_id_with_what_it_cost_and_all_decisions(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    spend = {"provider": "offline", "model": "nearest-label", "calls": 2, "retries": 1, "amount": 0.25}
    await database["annotations"].update_one(
        {"_id": f"{labeled['id']}:1"},
        {
            "$set": {
                "spending": {"answer": "x", "models": [ModelSpend.of(spend).document()]},
                "review_causes": [{"task": "sentiment", "reason": "low_confidence"}],
            }
        },
    )
    decided: dict[str, Any] = {
        **{name: labeled[name] for name in ("project_id", "dataset_id")},
        "job_id": labeled["id"],
        "seq": 1,
        "record_id": "t1",
        "attempt": 1,
        "shown_attempt": 1,
        "decided_by": "Ada",
        "shown_values": {"sentiment": "neutral"},
        "decided_at": utcnow(),
    }
    changes: list[dict[str, Any]] = [
        {"kind": DecisionKind.CORRECTED, "values": {"sentiment": "positive"}},
        {"kind": DecisionKind.UNDONE, "values": None},
    ]
    for revision, change in enumerate(changes, start=1):
        await OpinionWriter(database).append([OpinionDocument(**decided, **change, revision=revision)])

    shown = (await admin.get(f"/jobs/{labeled['id']}/annotation", params={"record_id": "t1"})).json()

    assert (shown["seq"], shown["record"]["fields"]) == (1, {"text": "this is text 1"})
    assert shown["review_causes"] == [{"task": "sentiment", "reason": "low_confidence"}]
    assert [(row["model"], row["calls"], row["amount"]) for row in shown["paid"]] == [("nearest-label", 2, 0.25)]
    assert [(each["revision"], each["kind"], each["values"]) for each in shown["decisions"]] == [
        (1, "corrected", {"sentiment": "positive"}),
        (2, "undone", None),
    ]
    by_seq = (await admin.get(f"/jobs/{labeled['id']}/annotations/1")).json()
    assert by_seq == shown
    for record, words in (("T1", "has no record 'T1'"), ("t9", "no annotation yet")):
        missing = await admin.get(f"/jobs/{labeled['id']}/annotation", params={"record_id": record})
        assert missing.status_code == 404
        assert words in missing.json()["detail"]


async def test_one_annotation_shows_what_each_sample_said(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    samples: list[dict[str, Any]] = [
        {"values": {"sentiment": "positive"}, "reason": None, "detail": None},
        {"values": {}, "reason": "ambiguous", "detail": "the answer may be either"},
    ]
    await AnnotationWriter(database).supersede([annotation(labeled, 1, "labeled", attempt=2, samples=samples)])
    await AnnotationWriter(database).supersede([annotation(labeled, 1, "failed", attempt=3)])
    shown = (await admin.get(f"/jobs/{labeled['id']}/annotations/1")).json()
    assert shown["samples"] == []
    assert [past["samples"] for past in shown["history"]] == [
        [],
        [{**sample, "left_out": False} for sample in samples],
    ]


async def test_one_annotation_shows_the_calls_that_led_to_it_and_which_model_answered(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    calls: list[dict[str, Any]] = [
        {
            "started_at": utcnow(),
            "seconds": 0.5,
            "status": status,
            "error": error,
            "provider": "offline",
            "model": "nearest-label",
            "prompt_tokens": tokens,
            "completion_tokens": tokens,
        }
        for status, error, tokens in ((None, "timeout", None), (200, None, 9))
    ]
    more: dict[str, Any] = {"calls": calls, "fallback_used": True, "repaired": True, "sources": ["other:1"]}
    await AnnotationWriter(database).supersede([annotation(labeled, 1, "labeled", attempt=2, **more)])
    await AnnotationWriter(database).supersede([annotation(labeled, 1, "failed", attempt=3)])
    shown = (await admin.get(f"/jobs/{labeled['id']}/annotations/1")).json()
    assert (shown["calls"], shown["fallback_used"], shown["repaired"]) == ([], False, False)
    first, second = shown["history"]
    assert (first["calls"], first["fallback_used"]) == ([], False)
    assert [(each["status"], each["error"], each["prompt_tokens"]) for each in second["calls"]] == [
        (None, "timeout", None),
        (200, None, 9),
    ]
    assert (second["fallback_used"], second["repaired"], second["sources"]) == (True, True, ["other:1"])


async def test_an_export_has_what_each_sample_said(admin: httpx.AsyncClient, labeled: Any, database: Database) -> None:
    samples = [{"values": {"sentiment": "positive"}, "reason": None, "detail": None}]
    await AnnotationWriter(database).supersede([annotation(labeled, 1, "labeled", attempt=2, samples=samples)])
    lines = [json.loads(line) for line in (await admin.get(f"/jobs/{labeled['id']}/export")).text.splitlines()]
    assert lines[1]["samples"] == samples
    assert "samples" not in lines[0]


async def test_a_record_that_was_not_run_and_one_that_is_not_there_are_told_apart(
    admin: httpx.AsyncClient, labeled: Any
) -> None:
    waiting = (await admin.get(f"/jobs/{labeled['id']}/annotations/8")).json()
    absent = (await admin.get(f"/jobs/{labeled['id']}/annotations/80")).json()
    assert (waiting["detail"], absent["detail"]) == (
        "The record 8 has no annotation yet.",
        "The job has no record 80.",
    )


async def test_an_export_has_every_record_once_and_the_value_that_holds(admin: httpx.AsyncClient, labeled: Any) -> None:
    answer = await admin.get(f"/jobs/{labeled['id']}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="first.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["seq"] for line in lines] == list(range(10))
    assert [line["outcome"] for line in lines] == [*OUTCOMES, "not_run", "not_run"]
    assert lines[1]["labels"][0]["value"] == "neutral"
    assert lines[1]["final"] == {"sentiment": "positive"}
    assert lines[1]["verification"]["decided_by"] == "Ada"
    assert lines[0]["final"] == {"sentiment": "neutral"}
    assert lines[0]["gold"] == {"sentiment": "negative"}
    assert [lines[seq]["final"] for seq in (6, 7, 8)] == [None, None, None]


async def test_a_csv_export_has_the_same(admin: httpx.AsyncClient, labeled: Any) -> None:
    answer = await admin.get(f"/jobs/{labeled['id']}/export?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(lines) == 10
    second = lines[1]
    assert (second["record_id"], second["fields.text"], second["gold.sentiment"]) == ("t1", "this is text 1", "neutral")
    assert (second["label.sentiment"], second["final.sentiment"]) == ("neutral", "positive")
    assert (second["verified_by"], second["outcome"], second["confidence.sentiment"]) == ("Ada", "labeled", "0.31")
    assert (lines[9]["outcome"], lines[9]["final.sentiment"]) == ("not_run", "")


async def test_an_export_and_a_record_say_what_several_opinions_come_to(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    settled = SettledPart(
        state="disputed",
        opinions=2,
        people=("a", "b"),
        tasks={"sentiment": SettledTask(state="disputed", why="differ")},
    )
    decision = AppliedDecision(labeled["id"], 4, 2, None, 1, {}, False, "Ben", utcnow(), "b", settled)
    await AnnotationWriter(database).apply_decisions([decision])
    lines = [json.loads(line) for line in (await admin.get(f"/jobs/{labeled['id']}/export")).text.splitlines()]
    assert [line["opinions"] and line["opinions"]["number"] for line in lines[:5]] == [None, 1, None, None, 2]
    assert (lines[4]["opinions"]["state"], lines[4]["final"]) == ("disputed", {"sentiment": "neutral"})
    assert lines[4]["needs_review"], "nothing is settled yet"
    shown = (await admin.get(f"/jobs/{labeled['id']}/annotations/4")).json()
    assert shown["opinions"]["tasks"] == {"sentiment": {"state": "disputed", "why": "differ", "by": []}}
    answer = await admin.get(f"/jobs/{labeled['id']}/export?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["opinions"], row["opinions_state"], row["settled_by"]) for row in (rows[0], rows[4])] == [
        ("", "", ""),
        ("2", "disputed", ""),
    ]


async def test_a_blind_record_shows_no_value_until_the_caller_has_read_it(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    me = (await admin.get("/sessions/current")).json()["person_id"]
    item = {"_id": f"{labeled['id']}:4", "dataset_id": labeled["dataset_id"], "seq": 4, "blind": True}
    await database["review_items"].insert_one(item)

    async def told() -> list[Any]:
        one = (await admin.get(f"/jobs/{labeled['id']}/annotations/4")).json()
        listed = (await admin.get(f"/jobs/{labeled['id']}/annotations?after=3&limit=1")).json()["items"][0]
        return [
            (each["blind"], [label["value"] for label in each["labels"]], each.get("raw")) for each in (one, listed)
        ]

    assert await told() == [(True, [], None), (True, [], None)]
    await database["review_items"].update_one({"_id": item["_id"]}, {"$set": {"seen_by": [me]}})
    assert await told() == [(False, ["neutral"], "answer 4"), (False, ["neutral"], None)]


async def test_a_job_keeps_how_many_readers_settle_a_record(
    admin: httpx.AsyncClient, project: Any, dataset: Any, agent: Any
) -> None:
    await import_csv(admin, dataset, "id,text\n1,a\n")
    body = {"dataset_id": dataset["id"], "agent_id": agent["id"]}
    job = await made(admin, f"/projects/{project['id']}/jobs", body)
    assert (job["readers"], job["adjudicated"]) == (1, False)
    job = await made(admin, f"/projects/{project['id']}/jobs", body | {"readers": 2, "adjudicated": True})
    assert (job["readers"], job["adjudicated"]) == (2, True)
    refused = await admin.post(f"/projects/{project['id']}/jobs", json=body | {"readers": 0})
    assert (refused.status_code, refused.json()["field"]) == (422, "readers")


async def test_cells_are_exported_as_they_are_unless_made_safe_for_spreadsheets(
    admin: httpx.AsyncClient, project: Any, dataset: Any, agent: Any
) -> None:
    await import_csv(admin, dataset, "id,text\n-1,=1+1\n")
    job = await made(admin, f"/projects/{project['id']}/jobs", {"dataset_id": dataset["id"], "agent_id": agent["id"]})
    plain = (await admin.get(f"/jobs/{job['id']}/export?format=csv")).content.decode().splitlines()
    safe = (await admin.get(f"/jobs/{job['id']}/export?format=csv&spreadsheet_safe=true")).content.decode().splitlines()
    assert (plain[0][:9], plain[1][:10]) == ("record_id", "-1,0,=1+1,")
    assert (safe[0][:10], safe[1][:12]) == ("\ufeffrecord_id", "'-1,0,'=1+1,")


async def test_an_export_of_many_chunks_leaves_none_out(
    admin: httpx.AsyncClient, project: Any, dataset: Any, agent: Any, database: Database
) -> None:
    await import_csv(admin, dataset, "id,text\n" + "".join(f"t{n},text\n" for n in range(2300)))
    job = await made(admin, f"/projects/{project['id']}/jobs", {"dataset_id": dataset["id"], "agent_id": agent["id"]})
    await annotate(database, job, ["labeled"] * 2299)
    lines = [json.loads(line) for line in (await admin.get(f"/jobs/{job['id']}/export")).text.splitlines()]
    assert [line["seq"] for line in lines] == list(range(2300))
    assert sum(line["outcome"] == "labeled" for line in lines) == 2299

"""Find: records of a job or a data set by an expression; everything is held against the pure rule."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import JobState
from tandem.finding import bind, matches, parse
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.final import final_values
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.subjects import subject_of
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow
from tandem.store.records.reader import RecordReader

from .conftest import made
from .labeled import annotate

OUTCOMES = ["labeled", "failed", "invalid", "labeled", "failed", "labeled", "invalid", "failed", "labeled"]
"""The job has ten records; the last one was not run."""


@pytest.fixture
async def ended(database: Database, job: Any) -> Any:
    """Nine records ended, labels 3 and 8 unsure; Ada decided on record 5, and took back what she said of record 0."""
    await annotate(database, job, OUTCOMES, unsure={3, 8})
    said = [(5, 1, {"sentiment": "positive"}), (0, 1, {"sentiment": "neutral"}), (0, 2, None)]
    writer = AnnotationWriter(database)
    for seq, revision, values in said:
        decision = AppliedDecision(job["id"], seq, revision, values, 1, {}, False, "Ada", utcnow(), "ada")
        await writer.apply_decisions([decision])
    await put_in_state(database, job["id"], JobState.COMPLETED)
    return job


async def find(client: httpx.AsyncClient, job: Any, where: Any, **more: Any) -> Any:
    answer = await client.post(f"/jobs/{job['id']}/find", json={"where": where, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


LEAVES = [
    "text contains tweet",
    'text matches "[13579]$"',
    "id in (t1, t3, t5, t99)",
    "label = positive",
    "label.sentiment in (neutral, negative)",
    "label exists",
    "label > m",
    "confidence < 0.5",
    "confidence.sentiment >= 0.5",
    "confidence exists",
    "rule = exact",
    "outcome = labeled",
    "outcome in (failed, invalid)",
    "outcome exists",
    "reason = no_label",
    "reason exists",
    "verified",
    "needs_review",
    "state = settled",
    "state in (none, open)",
    "decided_by = Ada",
    "decided_by = ada",
    "metadata.country exists",
]
EXPRESSIONS = [
    *LEAVES,
    *(f"not {leaf}" for leaf in LEAVES),
    *(f"{one} and not {other}" for one, other in zip(LEAVES, LEAVES[5:] + LEAVES[:5], strict=True)),
    *(f"{one} or {other}" for one, other in zip(LEAVES, LEAVES[7:] + LEAVES[:7], strict=True)),
    *(f"not ({one} or {other}) or id = t0" for one, other in zip(LEAVES, LEAVES[3:] + LEAVES[:3], strict=True)),
]


async def test_what_is_found_counted_and_saved_is_what_the_rule_matches(
    admin: httpx.AsyncClient, database: Database, ended: Any
) -> None:
    records = await RecordReader(database).get_many(ended["dataset_id"], range(100))
    found = [each async for each in AnnotationReader(database).stream(ended["id"])]
    annotations: dict[int, AnnotationDocument] = {each["seq"]: each for each in found}
    assert len(records) > len(annotations) == 9
    matched_some = 0
    for text in EXPRESSIONS:
        expression = bind(parse(text), ["sentiment"])
        right = [
            seq
            for seq, record in sorted(records.items())
            if matches(expression, subject_of(record, annotations.get(seq), {}))
        ]
        matched_some += 0 < len(right) < len(records)
        page = await find(admin, ended, text, count="exact", limit=3)
        seqs = [item["seq"] for item in page["items"]]
        while page["next"]:
            page = await find(admin, ended, text, limit=3, after=page["next"], count="quick")
            seqs += [item["seq"] for item in page["items"]]
        assert (text, seqs) == (text, right)
        assert (text, page["count"]) == (text, {"records": len(right), "exact": True, "text": str(len(right))})
        body = {"definition": {"kind": "found", "job_id": ended["id"], "where": text}}
        counted = (await admin.post(f"/datasets/{ended['dataset_id']}/subsets/count", json=body)).json()
        assert (text, counted["records"]) == (text, len(right))
    assert matched_some > len(EXPRESSIONS) / 2
    assert final_values(annotations[5]) == {"sentiment": "positive"}


async def test_the_order_of_confidence_is_stable_both_ways(admin: httpx.AsyncClient, ended: Any) -> None:
    for order, right in [
        ("confidence", [1, 2, 4, 6, 7, 3, 8, 0, 5]),
        ("-confidence", [5, 0, 8, 3, 7, 6, 4, 2, 1]),
    ]:
        page = await find(admin, ended, "outcome exists", order=order, limit=2)
        seqs = [item["seq"] for item in page["items"]]
        while page["next"]:
            page = await find(admin, ended, "outcome exists", order=order, limit=2, after=page["next"])
            seqs += [item["seq"] for item in page["items"]]
        assert seqs == right


async def test_each_order_brings_every_record_once_whatever_the_size_of_a_page(
    admin: httpx.AsyncClient, ended: Any
) -> None:
    """Record 5 is decided positive, 9 was not run; the model says neg, neu, pos in turn for the labeled ones."""
    said = {each["seq"]: each for each in (await find(admin, ended, None))["items"]}

    def label(seq: int) -> str | None:
        annotation = said[seq]["annotation"]
        if annotation is None or annotation["outcome"] != "labeled":
            return None if seq != 5 else "positive"
        return "positive" if seq == 5 else annotation["labels"][0]["value"]

    options = ["negative", "neutral", "positive"]
    ran = [seq for seq in range(10) if seq != 9]
    labels = [[seq for seq in ran if label(seq) == option] for option in options]
    rest = [seq for seq in ran if label(seq) is None]
    waits = [seq for seq in ran if said[seq]["annotation"]["needs_review"]]
    others = [seq for seq in ran if seq not in waits and seq != 5]
    by_outcome = {
        outcome: [seq for seq in others if said[seq]["annotation"]["outcome"] == outcome]
        for outcome in ("failed", "invalid", "labeled")
    }
    states = [waits, by_outcome["failed"], by_outcome["invalid"], by_outcome["labeled"], [5], [9]]
    right = {
        "seq": list(range(10)),
        "decided": [5, *(seq for seq in range(10) if seq != 5)],
        "-decided": [5, *(seq for seq in range(10) if seq != 5)],
        "label.sentiment": [*(seq for group in labels for seq in group), *rest, 9],
        "-label.sentiment": [*(seq for group in reversed(labels) for seq in group), *rest, 9],
        "state": [seq for group in states for seq in group],
        "-state": [seq for group in reversed(states) for seq in group],
    }
    for order, seqs in right.items():
        for limit in (1, 3, 100):
            page = await find(admin, ended, None, order=order, limit=limit, count="quick", metadata=True)
            found = list(page["items"])
            while page["next"]:
                page = await find(admin, ended, None, order=order, limit=limit, after=page["next"])
                found += page["items"]
            assert (order, limit, [item["seq"] for item in found]) == (order, limit, seqs)
    assert page["where"] == "id exists"
    assert found[0]["annotation"] is not None or found[0]["seq"] == 9
    for order in ("label", "label.nothing", "-seq", "size"):
        answer = await admin.post(f"/jobs/{ended['id']}/find", json={"order": order})
        assert (answer.status_code, answer.json()["field"]) == (422, "order"), answer.text


async def test_confidences_are_counted_in_equal_parts(admin: httpx.AsyncClient, ended: Any) -> None:
    page = await find(admin, ended, "confidence exists")
    for where in (None, "outcome = labeled", "label = positive"):
        known = [
            min(label["confidence"] for label in item["annotation"]["labels"])
            for item in page["items"]
            if where != "label = positive" or item["seq"] in (5, 8)
        ]
        answer = await admin.post(f"/jobs/{ended['id']}/find/confidences", json={"where": where})
        told = answer.json()
        assert (answer.status_code, sum(told["bins"]), told["whole_job"]) == (200, len(known), False), told
        assert all(told["bins"][min(19, int(20 * each))] for each in known)
    answer = await admin.post(f"/jobs/{ended['id']}/find/confidences", json={"where": "text contains tweet"})
    assert (answer.json()["whole_job"], sum(answer.json()["bins"])) == (True, len(page["items"]))


async def test_a_found_record_says_what_matched(admin: httpx.AsyncClient, ended: Any) -> None:
    tree = {
        "kind": "and",
        "of": [
            {"kind": "compare", "field": "label", "values": ["positive"]},
            {"kind": "not", "of": {"kind": "flag", "flag": "verified"}},
        ],
    }
    page = await find(admin, ended, tree)
    assert page["where"] == "label.sentiment = positive and not verified"
    [item] = page["items"]
    assert (item["seq"], item["record_id"], item["matched"]) == (8, "t8", ["label.sentiment = positive"])
    assert item["annotation"]["labels"][0]["value"] == "positive"
    assert item["excerpt"]
    answer = await admin.get(f"/jobs/{ended['id']}/find", params={"where": "verified", "count": "quick", "limit": 0})
    assert (answer.json()["items"], answer.json()["count"]["records"]) == ([], 1)


async def test_a_data_set_is_found_in_and_saved_from(admin: httpx.AsyncClient, ended: Any) -> None:
    path = f"/datasets/{ended['dataset_id']}"
    page = (await admin.post(f"{path}/find", json={"where": "id in (t1, t7)", "count": "quick"})).json()
    assert ([item["seq"] for item in page["items"]], page["count"]["records"]) == ([1, 7], 2)
    definition = {"kind": "found", "where": {"kind": "compare", "field": "id", "values": ["t1", "t7"]}}
    subset = await made(admin, f"{path}/subsets", {"name": "two", "definition": definition})
    assert (subset["size"], subset["definition"]) == (2, {"kind": "found", "where": "id in (t1, t7)"})


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/jobs/{job}/find", {"where": "lable = a"}, ("where", "Did you mean label?")),
        ("/jobs/{job}/find", {"where": "label.mood = a"}, ("where", "The job has no task 'mood'. It has 'sentiment'.")),
        ("/datasets/{data}/find", {"where": "verified"}, ("where", "find in one of its jobs")),
        ("/datasets/{data}/find", {"where": "id = a", "order": "confidence"}, ("order", "no confidence")),
        ("/jobs/{job}/find", {"where": "verified", "after": "bm9uZQ"}, ("after", "is not the `next`")),
    ],
)
async def test_what_cannot_be_evaluated_is_told_with_its_field(
    admin: httpx.AsyncClient, ended: Any, path: str, body: Any, told: tuple[str, str]
) -> None:
    answer = await admin.post(path.format(job=ended["id"], data=ended["dataset_id"]), json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, told[0])
    assert told[1] in answer.json()["detail"]


async def test_a_reader_of_a_blind_item_learns_nothing_of_its_labels(
    admin: httpx.AsyncClient, database: Database, ended: Any
) -> None:
    """Record 8 is blind for the caller: it is in no answer that depends on values, nor in that of the opposite."""
    item = {"_id": f"{ended['id']}:8", "job_id": ended["id"], "dataset_id": ended["dataset_id"], "seq": 8}
    await database["review_items"].insert_one({**item, "blind": True, "seen_by": ["somebody else"]})
    for one in ("label = positive", "confidence < 0.5", "rule = exact", "state = none", "verified"):
        for where in (one, f"not {one}", f"id = t8 and {one}", f"id = t8 and not {one}", f"id = t8 or {one}"):
            page = await find(admin, ended, where, count="exact")
            assert 8 not in [item["seq"] for item in page["items"]], where
            assert page["count"]["records"] == len(page["items"]), where
            assert page["blind"] == 1
    ordered = await find(admin, ended, "outcome exists", order="confidence")
    assert 8 not in [item["seq"] for item in ordered["items"]]
    [shown] = (await find(admin, ended, "id = t8 and outcome = labeled"))["items"]
    assert (shown["annotation"]["blind"], shown["annotation"]["labels"]) == (True, [])

"""Campaigns that pick down to an expected error, by confidence corrected from blind decisions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow

from .conftest import import_csv, rows
from .labeled import annotation

SURE = (0.99, 0.95, 0.6)


@pytest.fixture
async def labeled(admin: httpx.AsyncClient, job: Any, filled: Any, database: Database) -> Any:
    """A job over 120 records, `neutral` throughout, with three confidences; one label in four is wrong at 0.95."""
    await import_csv(admin, filled, rows(110, start=10))
    await database["jobs"].update_one(
        {"_id": job["id"]},
        {"$set": {"state": "completed", "selection": {"from_seq": 0, "below_seq": 120, "size": 120}}},
    )
    documents = [annotation(job, seq, "labeled") for seq in range(120)]
    for document in documents:
        label = document["labels"][0]
        label |= {"value": "neutral", "confidence": SURE[document["seq"] % 3]}
    await AnnotationWriter(database).insert_first(documents)
    return job


async def decide(database: Database, job: Any, *, shown: bool) -> None:
    """People decide on all: wrong are a quarter of those at 0.95, half of those at 0.6, none of those at 0.99."""
    saw = {"sentiment": "neutral"} if shown else {}
    decisions = []
    for seq in range(120):
        each = {1: 4, 2: 2}.get(seq % 3)
        value = "positive" if each is not None and seq // 3 % each == 0 else "neutral"
        decisions.append(AppliedDecision(job["id"], seq, 1, {"sentiment": value}, 1, saw, False, "Ada", utcnow()))
    await AnnotationWriter(database).apply_decisions(decisions)


async def task_of(admin: httpx.AsyncClient, job: Any) -> Any:
    return (await admin.get(f"/jobs/{job['id']}/report")).json()["tasks"][0]


async def created(admin: httpx.AsyncClient, job: Any, **parameters: Any) -> httpx.Response:
    body = {"strategy": "expected_error", "parameters": parameters}
    return await admin.post(f"/jobs/{job['id']}/campaigns", json=body)


async def test_blind_decisions_correct_the_confidence_and_a_campaign_picks_by_it(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    refused = await created(admin, labeled, error=0.1)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "too-few-decisions")
    await decide(database, labeled, shown=False)
    correction = (await task_of(admin, labeled))["correction"]
    assert (correction["decisions"], correction["wrong"]) == (120, 30)
    assert correction["after"]["error"] < correction["before"]["error"]

    answer = await created(admin, labeled, error=0.1)
    assert answer.status_code == 202, answer.text
    used = answer.json()["parameters"]["used"]
    assert (used["job_id"], used["agent_id"], used["decisions"]) == (labeled["id"], labeled["agent_id"], 120)
    assert used["kept"] == 40, "those at 0.95 are wrong too often"
    assert used["expected_wrong"] <= 0.1 * used["kept"]
    path = f"/jobs/{labeled['id']}/campaigns/{answer.json()['id']}"
    looser = (await admin.patch(path, json={"parameters": {"error": 0.2}})).json()["parameters"]["used"]
    assert looser["kept"] == 80
    assert (await created(admin, labeled, error=0.1)).json()["id"] == answer.json()["id"]

    body = {"strategy": "expected_error", "parameters": {"error": 0.2}}
    count = (await admin.post(f"/jobs/{labeled['id']}/campaigns/count", json=body)).json()
    assert (count["exact"], count["picked"]) == (True, 40), "all labels but those that are kept"


async def test_decisions_of_people_who_saw_the_label_correct_nothing(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    await decide(database, labeled, shown=True)
    task = await task_of(admin, labeled)
    assert (task["verified"]["known"], task["correction"]) == (120, None)
    assert (await created(admin, labeled, error=0.1)).status_code == 409


async def test_a_coin_within_a_campaign_shows_how_much_more_people_keep_a_label_that_they_see(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    await database["annotations"].update_many({}, {"$set": {"needs_review": True, "review_reason": "audit"}})
    decisions = []
    for seq in range(120):
        shown, kept = seq % 2 == 0, seq % 2 == 0 or seq % 3 == 0
        values = {"sentiment": "neutral" if kept else "positive"}
        saw = {"sentiment": "neutral"} if shown else {}
        decisions.append(
            AppliedDecision(
                labeled["id"], seq, 1, values, 1, saw, kept, "admin", utcnow(), decided_by_id="bootstrap-admin"
            )
        )
    await AnnotationWriter(database).apply_decisions(decisions)
    anchoring = (await task_of(admin, labeled))["anchoring"]
    overall, (reader,) = anchoring["overall"], anchoring["readers"]
    assert [overall[name] for name in ("shown", "shown_kept", "blind", "blind_kept")] == [60, 60, 60, 20]
    assert overall["difference_low"] < overall["difference"] == pytest.approx(2 / 3)
    assert (reader["name"], reader["shown"], anchoring["enough"]) == ("admin", 60, False)

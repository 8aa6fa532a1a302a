"""What changes when a new agent's job replaces an old one's, and the bound that blind reads give."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow

from .conftest import import_csv, made, rows
from .labeled import annotation

LETTERS = dict(zip("nup", ("negative", "neutral", "positive"), strict=True))


async def labeled(database: Database, job: Any, letters: str) -> None:
    """Give each record the label of its letter; a dash stands for an invalid answer."""
    documents = []
    for seq, letter in enumerate(letters):
        document = annotation(job, seq, "invalid" if letter == "-" else "labeled")
        document["created_at"] = utcnow() - timedelta(minutes=1)
        for label in document["labels"]:
            label["value"] = LETTERS[letter]
        documents.append(document)
    await AnnotationWriter(database).insert_first(documents)


async def decide(database: Database, job: Any, seq: int, letter: str, *, shown: str | None = None) -> None:
    saw = {} if shown is None else {"sentiment": LETTERS[shown]}
    decision = AppliedDecision(job["id"], seq, 1, {"sentiment": LETTERS[letter]}, 1, saw, False, "Ada", utcnow())
    await AnnotationWriter(database).apply_decisions([decision])


@pytest.fixture
async def jobs(admin: httpx.AsyncClient, project: Any, filled: Any, agent: Any, database: Database) -> list[Any]:
    """Two jobs over 30 records that have ended; the new one is right (gold) where it differs, but for one."""
    await import_csv(admin, filled, rows(20, start=10), gold_column="sentiment")
    body = {"dataset_id": filled["id"], "agent_id": agent["id"]}
    found = [await made(admin, f"/projects/{project['id']}/jobs", body | {"name": name}) for name in ("old", "new")]
    await database["jobs"].update_many({}, {"$set": {"state": "completed", "finished_at": utcnow()}})
    await labeled(database, found[0], "nnnnnnnnnnnnnnnnnnnn" + "nupnup-up-")
    await labeled(database, found[1], "nupnupnupnupnupnupnu" + "nupnupuu--")
    return found


async def sampled(client: httpx.AsyncClient, jobs: list[Any], *, share: float, blind_share: float = 1) -> Any:
    body = {"strategy": "flips", "parameters": {"jobs": [jobs[0]["id"]], "share": share}, "blind_share": blind_share}
    answer = await client.post(f"/jobs/{jobs[1]['id']}/campaigns", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def flips(client: httpx.AsyncClient, jobs: list[Any], **more: Any) -> Any:
    answer = await client.get("/comparisons/flips", params={"old": jobs[0]["id"], "new": jobs[1]["id"], **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_flips_are_counted_by_class_with_who_is_right(admin: httpx.AsyncClient, jobs: list[Any]) -> None:
    found = await flips(admin, jobs)
    assert (found["same"], found["flips"], found["lost"]) == (14, 14, 1)
    classes = [(each["from_label"], each["to_label"], each["records"]) for each in found["classes"]]
    assert classes == [("negative", "neutral", 7), ("negative", "positive", 6), (None, "neutral", 1)]
    assert found["classes"][0]["gold"] == {"new_right": 7, "old_right": 0, "neither": 0}
    assert found["classes"][2]["gold"] == {"new_right": 0, "old_right": 0, "neither": 1}
    assert (found["audit"], found["bound"]["added_at_most"]) == (None, 14), "nobody read any of them"


async def test_blind_reads_of_a_sample_bound_what_the_change_adds(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    await decide(database, jobs[0], 1, "u", shown="n")  # before the sample is drawn: not part of it
    campaign = await sampled(admin, jobs, share=1)
    unread = await flips(admin, jobs, campaign=campaign["id"])
    assert [unread["audit"][name] for name in ("open", "drawn", "read", "new_wrong")] == [13, 13, 0, 13]
    for seq in (2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19):
        await decide(database, jobs[1], seq, "nup"[seq % 3])
    await decide(database, jobs[1], 26, "n", shown="u")  # no blind read
    found = await flips(admin, jobs, campaign=campaign["id"], old_missed=15)
    audit, bound = found["audit"], found["bound"]
    assert [audit[name] for name in ("drawn", "read", "shown", "new_wrong", "old_wrong")] == [13, 12, 1, 1, 12]
    assert (bound["new_wrong_at_most"], bound["old_wrong_at_least"], bound["added_at_most"]) == (1, 12, -11)
    assert (bound["missed_at_most"], bound["error_at_most"]) == (4, pytest.approx(4 / 28))


async def test_the_bound_is_refused_where_reads_were_not_blind_or_labels_changed_afterwards(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    seen = await sampled(admin, jobs, share=0.5, blind_share=0.9)
    assert "blind_share 1" in (await flips(admin, jobs, campaign=seen["id"]))["bound"]["refused"]
    blind = await sampled(admin, jobs, share=0.5)
    assert (await flips(admin, jobs, campaign=blind["id"]))["bound"]["refused"] is None
    path = f"/jobs/{jobs[1]['id']}/campaigns/{blind['id']}"
    answer = await admin.patch(path, json={"parameters": {"share": 0.9}})
    assert (answer.status_code, answer.json()["field"]) == (422, "parameters.share"), "a sample is drawn once"
    later = {"created_at": utcnow() + timedelta(minutes=1), "attempt": 2}
    await database["annotations"].update_one({"job_id": jobs[1]["id"], "seq": 2}, {"$set": later})
    assert "drawn anew" in (await flips(admin, jobs, campaign=blind["id"]))["bound"]["refused"]
    other = await admin.get(
        "/comparisons/flips", params={"old": jobs[1]["id"], "new": jobs[0]["id"], "campaign": blind["id"]}
    )
    assert other.status_code == 404

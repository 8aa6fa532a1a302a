"""Deletion is real: it says what goes, asks, reaches every collection, and is kept for audit."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import httpx
import pytest

import tandem.store
from tandem.store.database import Database, utcnow
from tandem.store.deletions.eraser import NOBODY, DeletionEraser
from tandem.store.deletions.reach import REACHES
from tandem.store.indexes import INDEXES

from .conftest import client_of, key, made
from .labeled import annotate, annotation


def collections() -> set[str]:
    """Name all collections that the store has."""
    found = {index.collection for index in INDEXES}
    for module in pkgutil.walk_packages(tandem.store.__path__, "tandem.store."):
        found |= {name for name in [getattr(importlib.import_module(module.name), "COLLECTION", None)] if name}
    return found


def test_no_collection_is_forgotten() -> None:
    assert len(collections()) > 15
    assert collections() <= REACHES.keys(), "say in tandem.store.deletions.reach how a deletion reaches it"


@pytest.fixture
async def ended(job: Any, database: Database) -> Any:
    """A job that ended, with something of it in every collection that jobs leave something in."""
    await annotate(database, job, ["labeled"] * 10)
    await database["jobs"].update_one({"_id": job["id"]}, {"$set": {"state": "completed"}})
    at = {"job_id": job["id"], "project_id": job["project_id"], "dataset_id": job["dataset_id"]}
    for seq in (0, 3):
        await database["review_items"].insert_one(at | {"_id": f"{job['id']}:{seq}", "seq": seq})
        opinion = at | {"_id": f"{job['id']}:{seq}:1", "seq": seq, "revision": 1, "decided_by": "ada"}
        await database["verifications"].insert_one(opinion | {"decided_by_id": "ada", "comment": "my phone is 1234"})
        await database["handed_back"].insert_one({"_id": f"{job['id']}:{seq}:a", "job_id": job["id"], "seq": seq})
    decided = {"decided_by": "ada", "decided_by_id": "ada", "revision": 1, "values": {}, "decided_at": utcnow()}
    await database["annotations"].update_one({"_id": f"{job['id']}:3"}, {"$set": {"verification": decided}})
    await database["reports"].insert_one({"_id": job["id"]})
    for number, subject in enumerate((job["id"], f"other|{job['id']}", "another")):
        await database["summaries"].insert_one({"_id": str(number), "subject": subject, "block": 0})
    return job


async def order(admin: httpx.AsyncClient, kind: str, thing: str, **more: Any) -> Any:
    answer = await admin.post("/deletions", json={"kind": kind, "id": thing} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def left(database: Database, but: tuple[str, ...] = ()) -> dict[str, int]:
    counts = {name: await database[name].count_documents({}) for name in collections() - {"deletions", "migrations"}}
    return {name: count for name, count in counts.items() if count and name not in but}


ACCESS = ("api_keys", "people")


async def test_a_data_set_goes_with_everything_that_was_made_of_it(
    admin: httpx.AsyncClient, ended: Any, database: Database
) -> None:
    plan = await order(admin, "dataset", ended["dataset_id"])
    assert (plan["id"], plan["confirm"], plan["done"]) == (None, "2026", False)
    assert (plan["counts"]["records"], plan["counts"]["annotations"], plan["counts"]["jobs"]) == (10, 10, 1)
    assert any("annotation.dead-letter" in line and "30 days" in line for line in plan["stays"])
    assert await database["records"].count_documents({}) == 10, "nothing went yet"
    refused = await admin.post("/deletions", json={"kind": "dataset", "id": ended["dataset_id"], "confirm": "2025"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-confirmed")

    done = await order(admin, "dataset", ended["dataset_id"], confirm="2026")
    assert (done["done"], done["counts"]) == (True, plan["counts"])
    assert await left(database, ACCESS) == {"agents": 1, "label_schemas": 1, "projects": 1, "summaries": 1}
    assert (await admin.get(f"/datasets/{ended['dataset_id']}")).status_code == 404
    [audit] = (await admin.get("/deletions")).json()["items"]
    assert (audit["name"], audit["counts"]["records"], bool(audit["asked_by_id"])) == ("2026", 10, True)


async def test_what_comes_back_late_goes_again(admin: httpx.AsyncClient, ended: Any, database: Database) -> None:
    await order(admin, "dataset", ended["dataset_id"], confirm="2026")
    await database["annotations"].insert_one(dict(annotation(ended, 4, "labeled")))
    eraser = DeletionEraser(database)
    for deletion in await eraser.due():
        await eraser.carry_out(deletion)
    assert await database["annotations"].count_documents({}) == 0


async def test_a_project_goes_with_all_it_has(admin: httpx.AsyncClient, ended: Any, database: Database) -> None:
    await order(admin, "project", ended["project_id"], confirm="tweets")
    assert await left(database, ACCESS) == {"summaries": 1}


async def test_a_record_goes_from_its_jobs_too(admin: httpx.AsyncClient, ended: Any, database: Database) -> None:
    plan = await order(admin, "record", "t3", dataset_id=ended["dataset_id"])
    assert plan["counts"] == {
        "records": 1, "annotations": 1, "review_items": 1, "verifications": 1, "handed_back": 1, "reports": 1,
        "summaries": 2,
    }  # fmt: skip
    await order(admin, "record", "t3", dataset_id=ended["dataset_id"], confirm="t3")
    shown = (await admin.get(f"/datasets/{ended['dataset_id']}")).json()
    assert (shown["record_count"], await database["annotations"].count_documents({})) == (9, 9)
    assert (await admin.get(f"/datasets/{ended['dataset_id']}/records/3")).status_code == 404


async def test_what_is_used_stays_until_its_users_go(admin: httpx.AsyncClient, ended: Any, database: Database) -> None:
    for kind, thing in (("label_schema", ended["label_schema_id"]), ("agent", ended["agent_id"])):
        refused = await admin.post("/deletions", json={"kind": kind, "id": thing})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/in-use"), refused.text
    await database["jobs"].update_one({"_id": ended["id"]}, {"$set": {"state": "paused"}})
    refused = await admin.post("/deletions", json={"kind": "job", "id": ended["id"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/job-runs")
    await database["jobs"].update_one({"_id": ended["id"]}, {"$set": {"state": "cancelled"}})
    for kind, thing, name in (
        ("job", ended["id"], "first"),
        ("agent", ended["agent_id"], "nearest"),
        ("label_schema", ended["label_schema_id"], "sentiment"),
    ):
        await order(admin, kind, thing, confirm=name)
    assert await left(database, ACCESS) == {"datasets": 1, "projects": 1, "records": 10, "summaries": 1}


async def test_a_persons_data_goes_and_the_decisions_stay_without_a_name(
    admin: httpx.AsyncClient, ended: Any, database: Database
) -> None:
    person = await made(admin, "/people", {"name": "Ada"})
    for collection, field in (("verifications", "decided_by_id"), ("annotations", "verification.decided_by_id")):
        await database[collection].update_many({field: "ada"}, {"$set": {field: person["id"]}})
    await key(admin, "viewer", person_id=person["id"])
    plan = await order(admin, "person", person["id"])
    assert plan["confirm"] == person["id"]
    await order(admin, "person", person["id"], confirm=person["id"])
    opinions = await database["verifications"].find({}).to_list(None)
    assert {(each["decided_by"], each["comment"]) for each in opinions} == {(NOBODY, None)}
    found = await database["annotations"].find_one({"_id": f"{ended['id']}:3"})
    assert found is not None
    assert found["verification"]["decided_by"] == NOBODY
    assert await database["api_keys"].count_documents({"person_id": person["id"]}) == 0
    assert (await admin.get(f"/people/{person['id']}")).status_code == 404
    assert await database["annotations"].count_documents({}) == 10


async def test_nobody_deletes_beyond_their_reach(app: Any, admin: httpx.AsyncClient, ended: Any) -> None:
    other = await made(admin, "/projects", {"name": "other"})
    token = (await key(admin, "admin", project_ids=[other["id"]]))["token"]
    async with client_of(app, token) as client:
        for kind in ("dataset", "job", "agent", "label_schema"):
            thing = ended[{"job": "id"}.get(kind, f"{kind}_id")]
            assert (await client.post("/deletions", json={"kind": kind, "id": thing})).status_code == 404
        refused = await client.post("/deletions", json={"kind": "project", "id": other["id"]})
        assert refused.status_code == 403
        assert (await client.get("/deletions")).json()["items"] == []

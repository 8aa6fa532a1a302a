"""A database that an older version filled, before documents named people: nothing of it is lost or changes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bson.json_util import CANONICAL_JSON_OPTIONS, loads
from fastapi import FastAPI

from tandem.labeling.values import plain_values
from tandem.messaging import Connection, Producer
from tandem.observability.health import Health
from tandem.people import name_only_id
from tandem.review import OpinionPolicy
from tandem.settings import HttpSettings, KafkaSettings, MongoSettings
from tandem.store.annotations.opinions import opinions_of
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.database import Database, StoreUnavailableError, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.documents import dispatch_defaults, job_defaults
from tandem.store.migrations import MIGRATIONS, MigrationRunner
from tandem.store.migrations.runner import MigrationLease
from tandem.store.opinions.documents import settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem.store.people.reader import PersonReader
from tandem_api.app import make_app
from tandem_api.bootstrap import build, make_services
from tandem_api.settings import ApiSettings, ProviderOffer
from tandem_verification_ui.app import make_app as make_review_app
from tandem_verification_ui.bootstrap import make_services as make_review_services
from tandem_verification_ui.review.publisher import DecisionPublisher

FIXTURE = Path(__file__).parents[2] / "fixtures" / "before_people"
BEFORE: Any = json.loads((FIXTURE / "answers.json").read_text())
NEW_FIELDS = {"created_by_id", "committed_by_id", "decided_by_id", "person_id", "person"}
CHANGING = {"made_at"}
"""When something was looked at; not what."""
ADDED = {
    "api_keys": {"person_id"},
    "jobs": {"created_by_id", "passes", *job_defaults(), *dispatch_defaults()}
    - {"budget_usd", "waiting_for", "weight"},
    "review_orders": {"created_by_id"},
    "datasets": {"committed_by_id"},
    "verifications": {"decided_by_id", "shown", "withdraws"},
    "annotations": {"lowest_confidence", "decided_by_id", "opinions"},
    "review_items": {"decided_by_id"},
}
Documents = dict[str, list[dict[str, Any]]]


def old_documents() -> Documents:
    """Return what the older version left. Credentials that would have expired by now last another week."""
    documents: Documents = loads(
        (FIXTURE / "database.json").read_text(), json_options=CANONICAL_JSON_OPTIONS.with_options(tz_aware=True)
    )
    for credential in documents["api_keys"]:
        if credential["expires_at"] is not None:
            credential["expires_at"] = utcnow() + timedelta(days=7)
    return documents


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    """Make a database as the older version left it, with the indexes that this one makes at its start."""
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    for name, documents in old_documents().items():
        if documents:
            await database[name].insert_many(documents)
    await ensure_indexes(database)
    yield database
    database.close()


class Port:
    """Both applications over the database."""

    def __init__(self, database: Database, mongo_url: str) -> None:
        settings = ApiSettings(
            mongo=MongoSettings.model_validate({"url": mongo_url, "database": database.raw.name}),
            providers=(ProviderOffer(name="offline", models=("nearest-label",)),),
        )
        self.services, authenticator = make_services(settings, database)
        self.api: FastAPI = make_app(self.services, authenticator)
        nowhere = Producer(Connection(KafkaSettings(bootstrap_servers="127.0.0.1:1", unavailable_limit_seconds=0.1)))
        reviewing, reviewers = make_review_services(
            database, publisher=DecisionPublisher(nowhere), reservation_seconds=120
        )
        self.review = make_review_app(
            authenticator=reviewers,
            services=reviewing,
        )

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        app = self.review if path.startswith("/verification") else self.api
        headers = BEFORE["people"][who] | {"X-Tandem-Request": "1"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://new") as client:
            return await client.request(method, path, headers=headers, **more)


@pytest.fixture
def port(database: Database, mongo_url: str) -> Port:
    return Port(database, mongo_url)


def runner(database: Database, holder: str = "one") -> MigrationRunner:
    return MigrationRunner(database, MIGRATIONS, holder=holder)


async def contents(database: Database) -> Documents:
    names = set(await database.raw.list_collection_names()) - {"migrations", "people", "campaigns"}
    return {name: await database[name].find().sort("_id", 1).to_list(None) for name in sorted(names)}


def without(value: Any, fields: set[str]) -> Any:
    """Return a JSON value without these fields, at any depth."""
    if isinstance(value, list):
        return [without(each, fields) for each in value]
    if isinstance(value, dict):
        return {name: without(each, fields) for name, each in value.items() if name not in fields}
    return value


def told_before(found: Any, expected: Any) -> Any:
    """Return `found` without the fields that later versions gained."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return {name: told_before(each, expected[name]) for name, each in found.items() if name in expected}
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [told_before(*pair) for pair in zip(found, expected, strict=True)]
    return found


def comparable(path: str, text: str) -> Any:
    if "format=csv" in path:
        return list(csv.DictReader(io.StringIO(text, newline="")))
    lines = [json.loads(line) for line in text.splitlines()] if "format=jsonl" in path else json.loads(text)
    return without(lines, NEW_FIELDS | CHANGING)


async def test_every_answer_and_export_is_as_before(database: Database, port: Port) -> None:
    assert len(BEFORE["answers"]) > 80
    assert await runner(database).run()
    for asked in BEFORE["answers"]:
        answer = await port.ask(asked["who"], "GET", asked["path"])
        assert answer.status_code == 200, (asked, answer.text)
        expected = comparable(asked["path"], asked["text"])
        if asked["who"] == "you" and asked["path"].endswith("/current"):
            expected["name"] = "admin"  # one person has one name: that of the key whose browser this is
        found = comparable(asked["path"], answer.text)
        assert told_before(found, expected) == expected, asked["path"]


async def test_no_document_is_lost_and_none_changes_but_for_the_ids_it_gains(database: Database) -> None:
    before = await contents(database)
    assert await runner(database).run()
    after = await contents(database)
    assert {name: len(found) for name, found in after.items()} == {name: len(found) for name, found in before.items()}
    for name, found in after.items():
        gained = ADDED.get(name, set())
        assert without(found, gained) == without(before[name], gained), name


async def test_every_document_names_a_person_who_is_there(database: Database) -> None:
    assert await runner(database).run()
    people = {person["_id"]: person async for person in database["people"].find()}
    ids: list[tuple[str, Any]] = [("api_keys", key.get("person_id")) async for key in database["api_keys"].find()]
    for name in ("jobs", "review_orders"):
        ids += [(name, each.get("created_by_id")) async for each in database[name].find()]
    async for dataset in database["datasets"].find():
        ids += [("datasets", each.get("committed_by_id")) for each in dataset["imports"]]
    ids += [("verifications", each.get("decided_by_id")) async for each in database["verifications"].find()]
    async for item in database["review_items"].find({"state": "decided"}):
        ids.append(("review_items", item.get("decided_by_id")))
    async for annotation in database["annotations"].find({"verification": {"$exists": True}}):
        ids.append(("annotations", annotation["verification"].get("decided_by_id")))
    assert {name for name, _ in ids} == ADDED.keys()
    assert [each for each in ids if each[1] not in people] == []


async def test_two_people_of_one_name_stay_two_and_keep_what_is_theirs(database: Database, port: Port) -> None:
    assert await runner(database).run()
    ada = [
        (await port.ask(who, "GET", "/api/v1/sessions/current")).json() for who in ("Ada of the key", "Ada of the link")
    ]
    assert [one["name"] for one in ada] == ["Ada", "Ada"]
    assert ada[0]["person_id"] != ada[1]["person_id"]
    for who in ("Ada of the key", "Ada of the link"):
        history = await port.ask(who, "GET", f"/verification/v1/history?job_id={BEFORE['jobs'][0]}")
        decided = [item["item_id"] for item in history.json()["items"]]
        assert len(decided) == 2
        other = next(each for each in ("Ada of the key", "Ada of the link") if each != who)
        refused = await port.ask(other, "POST", f"/verification/v1/items/{decided[0]}/undo")
        assert (refused.status_code, refused.json()["decided_by"]) == (409, "Ada")
        assert (await port.ask(who, "POST", f"/verification/v1/items/{decided[0]}/undo")).status_code == 200
    mine = (await port.ask("you", "GET", "/api/v1/sessions/current")).json()
    assert (mine["person_id"], mine["name"]) == ("bootstrap-admin", "admin"), "the key's owner, in a browser"


async def test_a_name_without_an_id_becomes_nobody_who_can_log_in(database: Database, port: Port) -> None:
    assert await runner(database).run()
    told = (await port.ask("admin", "GET", "/api/v1/people", params={"names_only": "true"})).json()["items"]
    by_name = {person["name"]: person["id"] for person in told}
    assert by_name == {name: name_only_id(name) for name in ("Ada", "Bob", "admin", "you")}
    listed = {person["id"] for person in (await port.ask("admin", "GET", "/api/v1/people")).json()["items"]}
    assert not listed & set(by_name.values())
    assert await database["verifications"].count_documents({"decided_by_id": name_only_id("Bob")}) == 2
    refused = await port.ask("admin", "POST", "/api/v1/login-links", json={"person_id": name_only_id("Bob")})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/person-gets-no-credentials")


async def test_those_who_decided_and_have_no_credential_any_more_are_people_too(database: Database) -> None:
    gone = await database["api_keys"].find_one({"kind": "session", "name": "Ada"})
    assert gone is not None
    await database["api_keys"].delete_one({"_id": gone["_id"]})
    assert await runner(database).run()
    person = await PersonReader(database).get(gone["person_id"])
    assert person is not None
    assert (person["name"], person["project_ids"], person["source"]) == ("Ada", None, "local")


async def test_a_second_run_changes_nothing_and_replicas_that_start_together_do_it_once(database: Database) -> None:
    first, second = runner(database, "one"), runner(database, "two")
    done = await asyncio.gather(first.run(), second.run())
    assert any(done)
    assert await first.run()
    assert await second.run()
    after, people = await contents(database), await database["people"].find().sort("_id", 1).to_list(None)
    assert await runner(database, "three").run()
    assert await contents(database) == after
    assert await database["people"].find().sort("_id", 1).to_list(None) == people


async def put_back(database: Database) -> None:
    """Make the database what the older version left."""
    for name in ("people", "migrations", *ADDED):
        await database[name].delete_many({})
    documents = old_documents()
    for name in ADDED:
        await database[name].insert_many(documents[name])


async def test_a_process_may_be_killed_before_any_of_its_writes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def outcome() -> Any:
        people = await database["people"].find().sort("_id", 1).to_list(None)
        when = {"created_at", "expires_at"}  # of those known by name alone: now; of credentials: as the test made it
        return without([people, [await database[name].find().sort("_id", 1).to_list(None) for name in ADDED]], when)

    assert await runner(database).run()
    expected = await outcome()
    await put_back(database)
    keep, left = MigrationLease.keep, 0

    async def killed_at_last(lease: MigrationLease) -> None:
        nonlocal left
        if left == 0:
            raise StoreUnavailableError("killed")
        left -= 1
        await keep(lease)

    monkeypatch.setattr(MigrationLease, "keep", killed_at_last)
    kills = 0
    while True:
        left = kills
        try:
            assert await runner(database, f"process {kills}").run()
        except StoreUnavailableError:
            kills += 1
            continue
        break
    assert kills > 10
    assert await outcome() == expected


async def test_the_api_migrates_before_it_opens_its_port(database: Database, mongo_url: str) -> None:
    mongo = MongoSettings.model_validate({"url": mongo_url, "database": database.raw.name})
    async with build(ApiSettings(mongo=mongo, http=HttpSettings(port=0)), Health()) as app:
        record = await database["migrations"].find_one({"_id": "0001-people"})
        serving = asyncio.ensure_future(app.run["http"]())
        await asyncio.sleep(0)  # it begins, so that it can be stopped
        for step in app.stop:
            await step()
        await serving
    assert record is not None
    assert record["runs"] == 1
    assert record["changed"]["verifications"] == 2


async def test_what_an_older_replica_writes_beside_this_one_is_read_and_then_caught_up_with(
    database: Database, port: Port
) -> None:
    assert await runner(database).run()
    job = await database["jobs"].find_one({"name": "one"})
    key = await database["api_keys"].find_one({"name": "Lea", "kind": "key"})
    assert job is not None
    assert key is not None
    written = {name: value for name, value in job.items() if name not in ADDED["jobs"]} | {"_id": "late"}
    await database["jobs"].insert_one(written | {"created_by": "Eve"})
    late_key = {name: value for name, value in key.items() if name != "person_id"}
    await database["api_keys"].insert_one(late_key | {"_id": "late key", "hash": "h", "name": "Eve"})
    shown = (await port.ask("admin", "GET", "/api/v1/jobs/late")).json()
    assert (shown["created_by"], shown["created_by_id"]) == ("Eve", None)
    passes = (await port.ask("admin", "GET", "/api/v1/jobs/late/passes")).json()
    keys = (await port.ask("admin", "GET", "/api/v1/api-keys")).json()["items"]
    assert [(each["person_id"], each["person"]) for each in keys if each["id"] == "late key"] == [("late key", "Eve")]
    assert await runner(database, "another").run()
    shown = (await port.ask("admin", "GET", "/api/v1/jobs/late")).json()
    assert (shown["created_by"], shown["created_by_id"]) == ("Eve", name_only_id("Eve"))
    assert (await port.ask("admin", "GET", "/api/v1/jobs/late/passes")).json() == passes
    migrated = await database["jobs"].find_one({"_id": "late"})
    assert migrated is not None
    created = {name: migrated[name] for name in ("created_at", "created_by", "created_by_id")}
    assert migrated["passes"] == [{"attempt": 1, **created}]
    assert await PersonReader(database).names(["late key"]) == {"late key": "Eve"}


async def test_a_person_who_was_renamed_keeps_the_new_name_when_it_runs_again(database: Database, port: Port) -> None:
    assert await runner(database).run()
    me = (await port.ask("Lea", "GET", "/api/v1/sessions/current")).json()["person_id"]
    assert (await port.ask("admin", "PATCH", f"/api/v1/people/{me}", json={"name": "Lea B."})).status_code == 200
    assert await runner(database, "another").run()
    assert (await port.ask("Lea", "GET", "/api/v1/sessions/current")).json()["name"] == "Lea B."
    export = await port.ask("admin", "GET", f"/api/v1/jobs/{BEFORE['jobs'][0]}/export?format=jsonl")
    deciders = [json.loads(line)["verification"] for line in export.text.splitlines()]
    assert sorted(part["decided_by"] for part in deciders if part and part["decided_by_id"] == me) == ["Lea B."] * 2


async def summaries(database: Database) -> dict[str, Any]:
    """Return the summary of the opinions of each annotation that has any."""
    found = await database["annotations"].find({"verification_revision": {"$gte": 1}}).to_list(None)
    return {each["_id"]: each.get("opinions") for each in found}


async def test_what_an_older_version_decided_is_what_the_rule_finds(database: Database) -> None:
    held = {
        each["_id"]: each["verification"]["values"] if "verification" in each else None
        async for each in database["annotations"].find({"verification_revision": {"$gte": 1}})
    }
    assert held
    assert await runner(database).run()
    reader = OpinionReader(database)
    parts = await summaries(database)
    for job_id in await reader.jobs():
        async for opinions in reader.stream_records(job_id):
            values = settlement_of(opinions, OpinionPolicy()).values
            told = None if values is None else plain_values(values)
            assert told == held[opinions[0].item_id]
            part = parts[opinions[0].item_id]
            assert (part["number"], part["state"]) == ((0, "open") if told is None else (1, "settled"))
            assert part["settled_by"] == ([] if told is None else [opinions[-1].person])


async def test_the_summary_follows_what_an_older_replica_decides_beside_this_one(database: Database) -> None:
    assert await runner(database).run()
    [decided] = await database["verifications"].find({"values": {"$ne": None}}).sort("_id", 1).limit(1).to_list(1)
    item_id = f"{decided['job_id']}:{decided['seq']}"
    latest = await OpinionReader(database).get(decided["job_id"], decided["seq"])
    assert latest is not None
    undo = {name: value for name, value in decided.items() if name not in {"shown", "withdraws"}} | {
        "_id": f"{item_id}:{latest.revision + 1}",
        "revision": latest.revision + 1,
        "kind": "undone",
        "values": None,
    }
    await database["verifications"].insert_one(undo)
    await database["annotations"].update_one(
        {"_id": item_id}, {"$set": {"verification_revision": latest.revision + 1}, "$unset": {"verification": ""}}
    )
    stored = await AnnotationReader(database).get(decided["job_id"], decided["seq"])
    assert stored is not None
    part = opinions_of(stored)
    assert part is not None
    assert (part["number"], part["state"]) == (0, "open"), "what belongs to an older revision is not told"
    assert await runner(database, "another").run()
    assert (await summaries(database))[item_id] == part

"""A certificate over stored annotations: what it asks for, what makes it void, and what its files say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from certifying import JOB, Led, asked_for, certificate_in, make_job, read_all, say, truth_of, walker_of
from tandem.events import CertificateCommittedV1, OpinionFlag
from tandem.quality.certificates.verify import verify
from tandem.settings import MongoSettings
from tandem.store.certificates.writer import CertificateWriter
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes

SIZE = 400


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


async def test_a_certificate_is_led_to_its_close_and_its_two_files_agree(database: Database) -> None:
    """Two dispatchers take turns, readers skip, flag and undo on the way, and a person had decided before."""
    await make_job(database, SIZE)
    await say(database, 11, "good")
    led = await Led.opened(database)
    certificate = await certificate_in(database)
    assert (certificate["records"], certificate["left_out"]) == (SIZE - 2, {"invalid": 1, "decided_before": 1})
    items = [each async for each in database["annotations"].find({"needs_review": True})]
    assert {(each["review_reason"], each["review_blind"]) for each in items} == {("audit", True)}
    assert len({each["priority"] for each in items}) == len(items), "nothing in the queue tells audits by their place"

    first, second, third, *rest = await asked_for(database)
    await say(database, first, truth_of(first), flags=(OpinionFlag.FLAGGED,))
    await say(database, second, "bad" if truth_of(second) == "good" else "good")
    await say(database, second, None)
    await say(database, second, truth_of(second), person="ben")
    await read_all(database, rest)
    await led.step()
    await database["certificates"].update_many({}, {"$set": {"lease": None}})
    led = Led(database, led.producer, walker_of(database, led.producer, "two"))
    assert third in await asked_for(database)
    certificate = await led.closed()
    export, document = await led.files(certificate)
    assert (certificate["state"], certificate["sealed"]) == ("closed", False)
    verdict = verify(export, document, commitment=certificate["commitment"])
    assert (verdict.findings, verdict.holds) == ([], ["mood@0.05"])
    lines = {line["seq"]: line for line in map(json.loads, export)}
    assert [lines[seq]["outcome"] for seq in (11, SIZE // 2)] == ["decided_before", "invalid"]
    assert [lines[seq]["certificate"] for seq in (11, SIZE // 2)] == [None, None]
    reads = lines[second]["certificate"]["reads"]
    assert [(read["voided"], read["shown"]) for read in reads] == [(True, False), (False, False)]
    assert lines[second]["final"] == {"mood": truth_of(second)}
    assert lines[first]["certificate"]["reads"][0]["flagged"]
    assert {line["certificate"]["zone"] for line in lines.values() if line["certificate"]} >= {"audit", "rest"}
    moved = {**lines[second], "certificate": {**lines[second]["certificate"], "zone": "pilot"}}
    changed = [json.dumps(moved).encode() + b"\n" if json.loads(line)["seq"] == second else line for line in export]
    assert "zone" in {finding.kind for finding in verify(changed, document).findings}
    told = {event.commitment for event in led.producer.handed_over if isinstance(event, CertificateCommittedV1)}
    assert told == {document["commitment"], document["schedules_commitment"]}
    assert "ann" not in b"".join(export).decode(), "strangers do not learn who read"

    await say(database, first, "bad", person="cleo")
    await database["annotations"].update_one(
        {"_id": f"{JOB}:{first}"},
        [
            {
                "$set": {
                    "history": [
                        {"attempt": 1, "outcome": "labeled", "labels": "$labels", "content_hash": "$content_hash"}
                    ],
                    "attempt": 2,
                    "labels": [],
                    "outcome": "failed",
                }
            }
        ],
    )
    again, _ = await led.files(certificate)
    assert [json.loads(line)["certificate"] for line in again] == [json.loads(line)["certificate"] for line in export]


async def test_an_undo_opens_a_record_again_and_the_certificate_waits_for_it(database: Database) -> None:
    await make_job(database, SIZE, confidence=1.0)
    led = await Led.opened(database)
    asked = await asked_for(database)
    await read_all(database, asked[:-1])
    await led.step()
    await say(database, asked[0], None)
    await read_all(database, asked[-1:])
    certificate = await led.step()
    assert certificate["state"] == "open", "the look waits for the record whose read was taken back"
    assert asked[0] in await asked_for(database)
    certificate = await led.closed()
    export, document = await led.files(certificate)
    assert verify(export, document).findings == []


async def test_a_record_that_everybody_skips_counts_as_wrong(database: Database) -> None:
    await make_job(database, SIZE, confidence=1.0, wrong_every=10**6)
    led = await Led.opened(database)
    skipped, *rest = await asked_for(database)
    item: dict[str, Any] = {"job_id": JOB, "seq": skipped, "campaign_id": "c", "state": "open", "skips": 3}
    await database["review_items"].insert_one(item)
    assert rest
    certificate = await led.closed(but=skipped)
    export, document = await led.files(certificate)
    (claim,) = document["claims"]
    assert (claim["counts"]["voided"], claim["wrong_beyond_cut"]) == (1, 1)
    assert claim["missed_at_most"] == claim["tolerated"] + 1
    assert verify(export, document).findings == []


async def _run_again(database: Database) -> None:
    await database["jobs"].update_one({"_id": JOB}, {"$set": {"passes": [{"attempt": 1}, {"attempt": 2}]}})


async def _delete_record(database: Database) -> None:
    deletion = {"kind": "record", "target_id": "d:3", "project_id": "p", "jobs": [JOB], "asked_at": utcnow()}
    await database["deletions"].insert_one(deletion)


async def _delete_job(database: Database) -> None:
    await database["jobs"].delete_one({"_id": JOB})


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (_run_again, "The job was run again"),
        (_delete_record, "The record with the seq 3 was deleted"),
        (_delete_job, "The job was deleted"),
    ],
)
async def test_what_changes_frozen_labels_makes_the_certificate_void(
    database: Database, happens: Any, told: str
) -> None:
    await make_job(database, 60)
    led = await Led.opened(database)
    await happens(database)
    certificate = await led.until(lambda each: not each["live"])
    assert certificate["state"] == "void"
    assert str(certificate["state_reason"]).startswith(told)
    assert "key" not in certificate
    assert not certificate["sealed"]
    assert await asked_for(database) == [], "nobody reads for nothing"


async def test_labels_that_were_changed_in_the_database_are_noticed_by_the_next_holder(database: Database) -> None:
    await make_job(database, 60)
    led = await Led.opened(database)
    await database["annotations"].update_one({"_id": f"{JOB}:5"}, {"$set": {"labels.0.confidence": 0.111}})
    await database["certificates"].update_many({}, {"$set": {"lease": None}})
    led = Led(database, led.producer, walker_of(database, led.producer, "two"))
    certificate = await led.until(lambda each: not each["live"])
    assert certificate["state_reason"] == "The labels are no longer those that were frozen."


async def test_one_that_is_closed_early_certifies_nothing_and_says_so(database: Database) -> None:
    await make_job(database, SIZE)
    led = await Led.opened(database)
    await read_all(database, (await asked_for(database))[:5])
    await CertificateWriter(database).ask_to_finish("c")
    certificate = await led.until(lambda each: not each["live"])
    _, document = await led.files(certificate)
    assert certificate["state_reason"] == "1 of 1 claims are refused."
    assert [reason["code"] for reason in document["claims"][0]["reasons"]] == ["not_closed"]
    assert await asked_for(database) == []


async def test_an_abandoned_one_withdraws_its_requests_and_forgets_its_key(database: Database) -> None:
    await make_job(database, 60)
    led = await Led.opened(database)
    await CertificateWriter(database).abandon("c", reason="Abandoned by ada.")
    certificate = await led.until(lambda each: not each["live"])
    assert (certificate["state"], certificate.get("key"), certificate["sealed"]) == ("abandoned", None, False)
    assert await asked_for(database) == []

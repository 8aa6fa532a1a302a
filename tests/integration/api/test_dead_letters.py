"""Dead letters over HTTP: looked at, changed, replayed, discarded, each once and by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from job_states import put_in_state
from tandem.events import AnnotationRequestedV1, JobState
from tandem.store.database import Database, utcnow
from tandem.store.dead_letters.documents import DeadLetterDocument
from tandem.store.dead_letters.writer import DeadLetterWriter

from .conftest import client_of, key
from .labeled import annotate


def request(job: Any, seq: int = 0) -> bytes:
    return AnnotationRequestedV1(
        job_id=job["id"],
        project_id=job["project_id"],
        seq=seq,
        record_id=f"t{seq}",
        epoch=1,
        content_hash="h",
        fields={"text": "t"},
    ).to_json()


async def letter(database: Database, letter_id: str, value: bytes, **more: Any) -> str:
    now = utcnow()
    document: DeadLetterDocument = {
        "_id": letter_id,
        "topic": "annotation.requests",
        "group": "llm-worker",
        "reason": "handler_failed",
        "detail": "KeyError: 'text'",
        "key": "job:0",
        "value": value,
        "fixed": None,
        "job_id": None,
        "project_id": None,
        "seq": None,
        "record_id": None,
        "state": "open",
        "result": None,
        "written_at": now,
        "handled_at": None,
        "handled_by_id": None,
        "expires_at": now + timedelta(days=30),
    }
    await DeadLetterWriter(database).keep({**document, **more})  # type: ignore[typeddict-item]  # fields of it
    return letter_id


async def test_a_letter_is_listed_changed_and_handed_to_the_dispatcher(
    admin: httpx.AsyncClient, database: Database, job: Any
) -> None:
    broken = await letter(database, "0-1-5", b'{"job_id": "\xff"}')
    for number in range(3):
        await letter(database, f"1-{number}-5", b"{}", topic="annotation.responses", reason="bad_schema")
    first = (await admin.get("/dead-letters", params={"limit": 3})).json()
    rest = (await admin.get("/dead-letters", params={"limit": 3, "after": first["next"]})).json()
    assert {each["id"] for each in first["items"] + rest["items"]} == {broken, "1-0-5", "1-1-5", "1-2-5"}
    assert "value" not in first["items"][0]
    only = await admin.get("/dead-letters", params={"topic": "annotation.responses", "reason": "bad_schema"})
    assert len(only.json()["items"]) == 3

    path = f"/dead-letters/{broken}"
    assert (await admin.get(path)).json()["value"] == '{"job_id": "\ufffd"}'
    refused = await admin.post(f"{path}/replay")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/unreadable-message")
    assert (await admin.patch(path, json={"value": "{}"})).status_code == 422
    fixed = await admin.patch(path, json={"value": request(job).decode()})
    assert fixed.json()["fixed"].startswith("{")
    replayed = (await admin.post(f"{path}/replay")).json()
    assert replayed["state"] == "replaying"
    assert (replayed["handled_by_id"], replayed["handled_at"] is None) == ("bootstrap-admin", False)
    assert (await admin.post(f"{path}/replay")).status_code == 409
    assert (await admin.post(f"{path}/discard")).status_code == 409


async def test_a_request_of_a_job_that_has_ended_runs_its_record_again(
    admin: httpx.AsyncClient, database: Database, job: Any
) -> None:
    await annotate(database, job, ["failed"] * 10)
    await letter(database, "0-1-5", request(job, seq=4))
    refused = await admin.post("/dead-letters/0-1-5/replay")
    assert refused.json()["detail"] == "The record has ended meanwhile: it is failed."
    await put_in_state(database, job["id"], JobState.COMPLETED)
    replayed = (await admin.post("/dead-letters/0-1-5/replay")).json()
    assert (replayed["state"], replayed["result"]) == ("replayed", "Its record runs again, in pass 2 of the job.")
    again = (await admin.get(f"/jobs/{job['id']}")).json()["current_pass"]
    assert (again["number"], again["size"]) == (2, 1)


async def test_a_discarded_letter_keeps_no_content(admin: httpx.AsyncClient, database: Database) -> None:
    await letter(database, "0-1-5", b"secret")
    assert (await admin.post("/dead-letters/0-1-5/discard")).json()["state"] == "discarded"
    assert (await admin.get("/dead-letters/0-1-5")).json()["value"] == ""
    await letter(database, "0-1-5", b"secret")  # the dispatcher reads the topic again after a restart
    assert (await admin.get("/dead-letters/0-1-5")).json()["state"] == "discarded"


@pytest.mark.parametrize("role", ["viewer", "admin"])
async def test_only_an_admin_of_all_projects_sees_them(
    admin: httpx.AsyncClient, app: Any, project: Any, role: str
) -> None:
    made = await key(admin, role, project_ids=[project["id"]])
    async with client_of(app, made["token"]) as caller:
        assert (await caller.get("/dead-letters")).status_code == 403

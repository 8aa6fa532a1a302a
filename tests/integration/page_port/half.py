"""A project with one of everything, made over HTTP; the tests act on one project with the keys of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from job_states import put_in_state
from tandem.events import JobState
from tandem.people import Role
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database, utcnow
from tandem_verification_ui.bootstrap import make_intake, make_sweep

LABELS = ("negative", "neutral", "positive")
RECORDS = 4
CSV = "\r\n".join(["id,text,sentiment", *(f"t{n},this is text {n},{LABELS[n % 3]}" for n in range(RECORDS)), ""])


@dataclass
class Half:
    """The ids of a project, and the tokens of its people, who reach no other project."""

    project_id: str
    dataset_id: str
    label_schema_id: str
    second_schema_id: str
    agent_id: str
    job_id: str
    other_job_id: str
    order_id: str
    subset_id: str
    tokens: dict[Role, str]
    held: dict[str, Any]
    """An item that its annotator holds."""
    decided: dict[str, Any]
    """An item that its annotator decided on."""
    certificate_id: str = ""
    """One of the job that was abandoned."""
    act_id: str = ""
    """A bulk act of its annotator."""


async def make_half(root: httpx.AsyncClient, database: Database, name: str) -> Half:
    """Make a project with data, two jobs that have ended, an order of review, and items that people hold."""
    project_id = (await _made(root, "/projects", {"name": name}))["id"]
    below = f"/projects/{project_id}"
    dataset_id = (await _made(root, f"{below}/datasets", {"name": "tweets"}))["id"]
    answer = await root.post(
        f"/api/v1/datasets/{dataset_id}/imports",
        content=CSV.encode(),
        headers={"Content-Type": "text/csv"},
        params={"gold_column": "sentiment"},
    )
    assert answer.status_code == 201, answer.text
    schema_id, second_id = [
        (await _made(root, f"{below}/label-schemas", schema_body(labels)))["id"] for labels in (LABELS, LABELS[:2])
    ]
    agent_id = (await _made(root, f"{below}/agents", agent_body(schema_id)))["id"]
    jobs = []
    for job_name in ("one", "other"):
        body = {"dataset_id": dataset_id, "agent_id": agent_id, "name": job_name}
        job = await _made(root, f"{below}/jobs", body)
        await AnnotationWriter(database).insert_first([_annotation(job, seq) for seq in range(RECORDS)])
        await put_in_state(database, job["id"], JobState.COMPLETED)
        await make_sweep(database, make_intake(database)).sweep_job(job["id"])
        jobs.append(job["id"])
    order = await _made(root, "/review-orders", {"jobs": jobs})
    subset_body = {"name": "few", "definition": {"kind": "records", "record_ids": ["t0"]}}
    subset = await _made(root, f"/datasets/{dataset_id}/subsets", subset_body)
    spare = await _made(root, f"{below}/datasets", {"name": "spare"})
    await _made(root, "/deletions", {"kind": "dataset", "id": spare["id"], "confirm": "spare"})
    tokens = {
        role: (await _made(root, "/api-keys", {"name": "ann", "role": role, "project_ids": [project_id]}))["token"]
        for role in Role
    }
    ann = {"Authorization": f"Bearer {tokens[Role.ANNOTATOR]}"}
    reserved = await root.post(f"/verification/v1/jobs/{jobs[0]}/reservations", json={"limit": 2}, headers=ann)
    decided, held = reserved.json()["items"]
    answer = await root.post(
        f"/verification/v1/items/{decided['item_id']}/decision", json=decision_body(decided), headers=ann
    )
    assert answer.status_code == 200, answer.text
    act = await root.post(
        f"/verification/v1/jobs/{jobs[0]}/acts", json={"kind": "confirm", "seqs": [RECORDS - 1]}, headers=ann
    )
    assert act.status_code == 202, act.text
    one, other = jobs
    certificate = await _made(root, f"/jobs/{one}/certificates", {"errors": [0.1]})
    await _made(root, f"/jobs/{one}/certificates/{certificate['id']}/abandon", {})
    await database["certificates"].update_one({"_id": certificate["id"]}, {"$set": {"live": False}})
    return Half(
        project_id,
        dataset_id,
        schema_id,
        second_id,
        agent_id,
        one,
        other,
        order["id"],
        subset["id"],
        tokens,
        held,
        decided,
        certificate["id"],
        act.json()["id"],
    )


def schema_body(labels: tuple[str, ...]) -> dict[str, Any]:
    options = [{"value": label, "name": "", "description": f"it is {label}"} for label in labels]
    task = {"kind": "single_choice", "name": "sentiment", "question": "What is the sentiment?", "options": options}
    return {"name": "sentiment", "tasks": [task]}


def agent_body(label_schema_id: str) -> dict[str, Any]:
    return {"name": "nearest", "provider": "offline", "model": "nearest-label", "label_schema_id": label_schema_id}


def decision_body(item: dict[str, Any]) -> dict[str, Any]:
    shown = {suggestion["task"]: suggestion["value"] for suggestion in item["suggestions"]}
    return {
        "reservation": item["reservation"],
        "attempt": item["attempt"],
        "values": {"sentiment": "neutral"},
        "shown_values": shown,
    }


async def _made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(f"/api/v1{path}", json=body)
    assert answer.status_code in (200, 201, 202), answer.text
    return answer.json()


def _annotation(job: Any, seq: int) -> AnnotationDocument:
    document: dict[str, Any] = {
        "_id": f"{job['id']}:{seq}",
        "job_id": job["id"],
        "project_id": job["project_id"],
        "dataset_id": job["dataset_id"],
        "seq": seq,
        "record_id": f"t{seq}",
        "attempt": 1,
        "outcome": "labeled",
        "reason": None,
        "detail": None,
        "labels": [{"task": "sentiment", "value": LABELS[seq % 3], "confidence": 0.3, "rule": "exact"}],
        "needs_review": True,
        "review_reason": "low_confidence",
        "priority": 0.7,
        "content_hash": "",
        "provider": "offline",
        "model": "nearest-label",
        "agent_id": job["agent_id"],
        "agent_version": 1,
        "usage": None,
        "price": None,
        "seconds": 0.2,
        "raw": "an answer",
        "event_id": "e",
        "created_at": utcnow(),
    }
    return document  # type: ignore[return-value]  # the keys are the TypedDict's

"""A reader who is still to read a record blind gets nothing that the model says of it, on any route.

The answers are searched as bytes for values that occur nowhere else. What is walked is what
`test_every_route_is_walked` holds complete.
"""

from __future__ import annotations

import struct
from typing import Any

import httpx
import pytest

from tandem.jobs import Selection
from tandem.people import Role
from tandem.store.database import Database

from .conftest import ADMIN_KEY, Port
from .half import Half, decision_body, make_half
from .test_other_projects import Act, acts

LABEL, ANSWER, DETAIL = "the-label-of-the-model", "the raw answer of the model", "the detail of the model"
CONFIDENCE, PRIORITY = 0.123454321, 0.876545678
SECRETS = {
    "label": [LABEL.encode()],
    "answer": [ANSWER.encode(), DETAIL.encode()],
    "confidence": [str(CONFIDENCE).encode(), struct.pack("<d", CONFIDENCE)],
    "rank": [str(PRIORITY).encode(), struct.pack("<d", PRIORITY)],
    "reason": [b'reason":"no_confidence"', b'"audit"'],
}
COUNTS_OF_ALL = {
    ("GET", "/api/v1/jobs/{job_id}/report"),
    ("GET", "/api/v1/comparisons"),
    ("GET", "/api/v1/comparisons/flips"),
    ("POST", "/api/v1/combinations"),
    ("POST", "/api/v1/label-schemas/{label_schema_id}/carry-over"),
    ("POST", "/api/v1/jobs/{job_id}/certificates/plan"),
}
"""Figures of all records together stand; in a job of four records some of them are those of one record alone. What they
quote from a record does not."""
FIGURES = {"label", "confidence", "reason"}
NOT_WALKED = ("/decision", "/decisions", "/skip", "/release", "/undo", "/opinions", "/withdraw", "/close")
"""Changes of the item itself, walked below; and opinions of the caller's own."""


async def tell_apart(database: Database, half: Half, seq: int) -> None:
    """Give the record an annotation in both jobs that can be told apart from every other."""
    label = {"task": "sentiment", "value": LABEL, "confidence": CONFIDENCE, "rule": "exact"}
    said = {"labels": [label], "reason": "no_confidence", "priority": PRIORITY}
    jobs = {"job_id": {"$in": [half.job_id, half.other_job_id]}, "seq": seq}
    causes = [{"task": "sentiment", "reason": "no_confidence"}]
    asked = {"raw": ANSWER, "detail": DETAIL, "review_reason": "no_confidence", "review_causes": causes}
    await database["annotations"].update_many(jobs, {"$set": {**said, **asked}})
    other = {"job_id": half.other_job_id, "seq": seq}
    await database["annotations"].update_one(other, {"$set": {"labels": [{**label, "value": "neutral"}]}})
    await database["review_items"].update_many(jobs, {"$set": {**said, "causes": causes}})
    await database["review_items"].delete_one(other)


def found_in(answer: httpx.Response) -> set[str]:
    return {name for name, secrets in SECRETS.items() if any(secret in answer.content for secret in secrets)}


async def walk(port: Port, half: Half, role: Role, seq: int) -> dict[tuple[str, str], set[str]]:
    """Return what each route that answers this role tells of the record. Each route that changes is walked last."""
    told: dict[tuple[str, str], set[str]] = {}
    label = {"kind": "job", "job_id": half.job_id, "labels": {"sentiment": [LABEL]}}
    more: list[Act] = [
        Act("GET", f"/api/v1/jobs/{{job_id}}/annotations/{seq}", {}),
        Act("GET", "/api/v1/jobs/{job_id}/annotation", {"params": {"record_id": f"t{seq}"}}),
        Act("GET", "/api/v1/jobs/{job_id}/annotations", {"params": {"outcome": "labeled", "excerpts": True}}),
        Act("GET", "/api/v1/jobs/{job_id}/export", {"params": {"format": "csv"}}),
        Act("GET", "/api/v1/jobs/{job_id}/frame", {"params": {"provenance": True}}),
        Act("GET", f"/verification/v1/jobs/{{job_id}}/records/{seq}", {}),
        Act("GET", "/verification/v1/jobs/{job_id}/record", {"params": {"record_id": f"t{seq}"}}),
        Act("GET", f"/verification/v1/jobs/{{job_id}}/records/{seq}/opinions", {}),
        Act("POST", "/api/v1/agents/{agent_id}/try", {"json": {"dataset_id": half.dataset_id, "from_seq": seq}}),
    ]
    async with port.program(half.tokens[role]) as client:
        for act in [*acts(half), *more]:
            if act.method in {"DELETE", "PATCH"} or (act.method == "POST" and act.path.endswith(NOT_WALKED)):
                continue
            answer = await act.by(client, half)
            if answer.is_success:
                told.setdefault((act.method, act.path), set()).update(found_in(answer))
        counted = await client.post(f"/api/v1/datasets/{half.dataset_id}/subsets/count", json={"definition": label})
        told["COUNT", "by label"] = {"label"} if counted.json()["records"] else set()
        where = {"where": f'label = "{LABEL}"'}
        measured = await client.post(f"/api/v1/jobs/{half.job_id}/find/confidences", json=where)
        told["COUNT", "by confidence"] = {"confidence"} if sum(measured.json()["bins"]) else set()
        bulk = {"kind": "confirm", **where}
        if role is not Role.VIEWER:
            checked = await client.post(f"/verification/v1/jobs/{half.job_id}/acts/check", json=bulk)
            told["COUNT", "by bulk act"] = {"label"} if checked.json()["records"] else set()
        for order in ("label.sentiment", "confidence", "state"):
            page = await client.post(f"/api/v1/jobs/{half.job_id}/find", json={"order": order})
            listed = [item["seq"] for item in page.json()["items"]]
            told["ORDER", order] = {"rank"} if seq in listed else set()
    return told


@pytest.fixture
async def root(port: Port) -> Any:
    async with port.program(ADMIN_KEY) as client:
        yield client


async def test_a_blind_record_tells_a_reader_nothing_on_any_route(port: Port, root: Any) -> None:
    half = await make_half(root, port.database, "mine")
    seq = half.held["seq"]
    item = half.held["item_id"]
    await tell_apart(port.database, half, seq)
    open_to_all = await walk(port, half, Role.ANNOTATOR, seq)
    assert sum(map(bool, open_to_all.values())) >= 10, "the walk finds the values where they may be seen"

    await port.database["review_items"].update_one({"_id": item}, {"$set": {"blind": True}})
    for role in (Role.ANNOTATOR, Role.ADMIN):
        told = await walk(port, half, role, seq)
        assert told.keys() >= {route for route in open_to_all if "/items/" not in route[1]}
        leaks = {route: found - (FIGURES if route in COUNTS_OF_ALL else set()) for route, found in told.items()}
        assert {route: found for route, found in leaks.items() if found} == {}, role

    async with port.program(half.tokens[Role.ANNOTATOR]) as ann:
        held = (await ann.post(f"/verification/v1/jobs/{half.job_id}/reservations", json={})).json()["items"][0]
        for step in ("renew", "skip"):
            answer = await ann.post(f"/verification/v1/items/{item}/{step}", json={"reservation": held["reservation"]})
            assert not found_in(answer), (step, answer.text)
        taken = await ann.post(f"/verification/v1/jobs/{half.job_id}/reservations", json={"limit": 10})
        assert not found_in(taken)
        held = next(each for each in taken.json()["items"] if each["item_id"] == item)
        assert (held["blind"], held["reason"], held["causes"]) == (True, "blind", [])
        answer = await ann.post(f"/verification/v1/items/{item}/decision", json=decision_body(held))
        assert answer.status_code == 200, answer.text
    settled = await walk(port, half, Role.ADMIN, seq)
    assert {route for route, found in settled.items() if found} >= {
        ("GET", "/api/v1/jobs/{job_id}/export"),
        ("GET", "/api/v1/jobs/{job_id}/frame"),
        ("GET", "/api/v1/jobs/{job_id}/annotations"),
    }, "the opinion reveals the record"

    population = Selection.of([seq]).to_bytes()
    sealed = {"dataset_id": half.dataset_id, "sealed": True, "population": population}
    await port.database["certificates"].update_one({"_id": half.certificate_id}, {"$set": sealed})
    for role in (Role.ANNOTATOR, Role.ADMIN):
        told = await walk(port, half, role, seq)
        leaks = {route: found - (FIGURES if route in COUNTS_OF_ALL else set()) for route, found in told.items()}
        assert {route: found for route, found in leaks.items() if found} == {}, "a certificate shows it to nobody again"

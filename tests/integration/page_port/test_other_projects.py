"""A credential of one project reads and changes nothing of another, on any route of the page's port.

Every route must stand in one of the tables below, so a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tandem.people import Role
from tandem.store.database import Database

from .conftest import ADMIN_KEY, CSRF, Port, routes
from .half import Half, agent_body, decision_body, make_half, schema_body

SESSIONS = {
    ("POST", "/api/v1/sessions"),
    ("GET", "/api/v1/sessions/current"),
    ("DELETE", "/api/v1/sessions/current"),
}
"""About nobody but the caller."""
EVERYBODYS = {("GET", "/api/v1/providers"), ("GET", "/api/v1/campaign-strategies")}
LISTS = {("GET", "/api/v1/projects"), ("GET", "/verification/v1/jobs")}
"""What a caller reaches of all projects."""
AUDITS = {("GET", "/api/v1/deletions")}
"""What an admin reaches of the own projects."""
OF_ALL_PROJECTS = {
    ("POST", "/api/v1/projects"): {"name": "third"},
    ("GET", "/api/v1/api-keys"): None,
    ("POST", "/api/v1/api-keys"): {"name": "k", "role": "viewer"},
    ("DELETE", "/api/v1/api-keys/{key_id}"): None,
    ("GET", "/api/v1/people"): None,
    ("POST", "/api/v1/people"): {"name": "p"},
    ("GET", "/api/v1/people/{person_id}"): None,
    ("PATCH", "/api/v1/people/{person_id}"): {"name": "q"},
    ("POST", "/api/v1/people/{person_id}/disable"): None,
    ("POST", "/api/v1/people/{person_id}/enable"): None,
    ("GET", "/api/v1/dead-letters"): None,
    ("GET", "/api/v1/dead-letters/{letter_id}"): None,
    ("PATCH", "/api/v1/dead-letters/{letter_id}"): {"value": "{}"},
    ("POST", "/api/v1/dead-letters/{letter_id}/replay"): None,
    ("POST", "/api/v1/dead-letters/{letter_id}/discard"): None,
}
"""For keys without a list of projects alone."""


@dataclass
class Act:
    """A request; `path` is the template of its route, `more` what httpx takes beside it."""

    method: str
    path: str
    more: dict[str, Any]

    async def by(self, client: httpx.AsyncClient, half: Half) -> httpx.Response:
        ids = {
            **vars(half),
            "seq": 0,
            "campaign_id": half.order_id,
            "item_id": half.held["item_id"],
            "key_id": "bootstrap-admin",
            "person_id": "bootstrap-admin",
            "letter_id": "0-0-0",
        }
        if self.path.endswith("/carry-over"):
            ids["label_schema_id"] = half.second_schema_id
        return await client.request(self.method, self.path.format(**ids), **self.more)


def acts(theirs: Half) -> list[Act]:
    """Return one request for each route that names something of a project; those that delete come last."""
    job = {"dataset_id": theirs.dataset_id, "agent_id": theirs.agent_id}
    jobs = [theirs.job_id, theirs.other_job_id]
    agent = agent_body(theirs.label_schema_id)
    undone = theirs.decided["item_id"]
    audit = {"strategy": "random_audit", "parameters": {"records": 2}}
    held = {"json": {"reservation": theirs.held["reservation"]}}
    confirm = {"kind": "confirm", "where": "outcome = labeled"}
    of_job = {"kind": "job", "job_id": theirs.job_id}
    table: dict[tuple[str, str], dict[str, Any]] = {
        ("GET", "/api/v1/projects/{project_id}"): {},
        ("GET", "/api/v1/projects/{project_id}/agents"): {},
        ("POST", "/api/v1/projects/{project_id}/agents"): {"json": agent | {"name": "second"}},
        ("POST", "/api/v1/projects/{project_id}/agents/preview"): {
            "json": {"agent": agent, "dataset_id": theirs.dataset_id}
        },
        ("GET", "/api/v1/projects/{project_id}/datasets"): {},
        ("POST", "/api/v1/projects/{project_id}/datasets"): {"json": {"name": "second"}},
        ("GET", "/api/v1/projects/{project_id}/jobs"): {},
        ("POST", "/api/v1/projects/{project_id}/jobs"): {"json": job | {"name": "third"}},
        ("POST", "/api/v1/projects/{project_id}/jobs/check"): {"json": job},
        ("GET", "/api/v1/projects/{project_id}/label-schemas"): {},
        ("POST", "/api/v1/projects/{project_id}/label-schemas"): {"json": schema_body(("a", "b"))},
        ("POST", "/api/v1/projects/{project_id}/label-schemas/import"): {"json": schema_body(("a", "c"))},
        ("GET", "/api/v1/datasets/{dataset_id}"): {},
        ("POST", "/api/v1/datasets/{dataset_id}/imports"): {
            "content": b"id,text\r\nu0,one more\r\n",
            "headers": {"Content-Type": "text/csv"},
        },
        ("GET", "/api/v1/datasets/{dataset_id}/records"): {},
        ("GET", "/api/v1/datasets/{dataset_id}/records/{seq}"): {},
        ("GET", "/api/v1/label-schemas/{label_schema_id}"): {},
        ("GET", "/api/v1/label-schemas/{label_schema_id}/export"): {},
        ("POST", "/api/v1/label-schemas/{label_schema_id}/carry-over"): {
            "json": {"from_job": theirs.job_id, "dry_run": True}
        },
        ("GET", "/api/v1/agents/{agent_id}"): {},
        ("GET", "/api/v1/agents/{agent_id}/drift"): {},
        ("POST", "/api/v1/agents/{agent_id}/preview"): {"json": {"dataset_id": theirs.dataset_id}},
        ("POST", "/api/v1/agents/{agent_id}/try"): {"json": {"dataset_id": theirs.dataset_id}},
        ("GET", "/api/v1/jobs/{job_id}"): {},
        ("PATCH", "/api/v1/jobs/{job_id}"): {"json": {"budget_usd": None}},
        ("GET", "/api/v1/jobs/{job_id}/annotation"): {"params": {"record_id": "t0"}},
        ("GET", "/api/v1/jobs/{job_id}/annotations"): {},
        ("GET", "/api/v1/jobs/{job_id}/annotations/{seq}"): {},
        ("GET", "/api/v1/jobs/{job_id}/campaigns"): {},
        ("POST", "/api/v1/jobs/{job_id}/campaigns"): {"json": audit},
        ("POST", "/api/v1/jobs/{job_id}/campaigns/count"): {"json": audit},
        ("GET", "/api/v1/jobs/{job_id}/campaigns/{campaign_id}"): {},
        ("PATCH", "/api/v1/jobs/{job_id}/campaigns/{campaign_id}"): {"json": {"blind_share": 0.1}},
        ("POST", "/api/v1/jobs/{job_id}/campaigns/{campaign_id}/pause"): {},
        ("POST", "/api/v1/jobs/{job_id}/campaigns/{campaign_id}/open"): {},
        ("POST", "/api/v1/jobs/{job_id}/campaigns/{campaign_id}/close"): {},
        ("GET", "/api/v1/jobs/{job_id}/cost"): {},
        ("GET", "/api/v1/jobs/{job_id}/export"): {},
        ("GET", "/api/v1/jobs/{job_id}/frame"): {},
        ("GET", "/api/v1/datasets/{dataset_id}/frame"): {},
        ("GET", "/api/v1/datasets/{dataset_id}/export"): {},
        ("POST", "/api/v1/import-preview"): {
            "content": b"id,text\r\nu1,one more\r\n",
            "headers": {"Content-Type": "text/csv"},
            "params": {"project_id": theirs.project_id, "label_schema_id": theirs.label_schema_id},
        },
        ("GET", "/api/v1/jobs/{job_id}/report"): {},
        ("GET", "/api/v1/jobs/{job_id}/passes"): {},
        ("POST", "/api/v1/jobs/{job_id}/passes/check"): {"json": {"outcomes": ["labeled"]}},
        ("POST", "/api/v1/datasets/{dataset_id}/find"): {"json": {"where": "id = t0"}},
        ("GET", "/api/v1/datasets/{dataset_id}/find"): {"params": {"where": "id = t0"}},
        ("POST", "/api/v1/jobs/{job_id}/find"): {"json": {"where": "id = t0"}},
        ("GET", "/api/v1/jobs/{job_id}/find"): {"params": {"where": "id = t0"}},
        ("POST", "/api/v1/jobs/{job_id}/find/confidences"): {"json": {"where": "outcome exists"}},
        ("GET", "/api/v1/datasets/{dataset_id}/subsets"): {},
        ("POST", "/api/v1/datasets/{dataset_id}/subsets/count"): {"json": {"definition": of_job}},
        ("POST", "/api/v1/datasets/{dataset_id}/subsets"): {"json": {"name": "new", "definition": of_job}},
        ("GET", "/api/v1/subsets/{subset_id}"): {},
        ("POST", "/api/v1/jobs/{job_id}/passes"): {"json": {"outcomes": ["labeled"], "subset_id": theirs.subset_id}},
        ("POST", "/api/v1/jobs/{job_id}/certificates/plan"): {"json": {"errors": [0.2]}},
        ("GET", "/api/v1/jobs/{job_id}/certificates"): {},
        ("POST", "/api/v1/jobs/{job_id}/certificates"): {"json": {"errors": [0.2]}},
        ("GET", "/api/v1/jobs/{job_id}/certificates/{certificate_id}"): {},
        ("GET", "/api/v1/jobs/{job_id}/certificates/{certificate_id}/document"): {},
        ("GET", "/api/v1/jobs/{job_id}/certificates/{certificate_id}/page"): {},
        ("GET", "/api/v1/jobs/{job_id}/certificates/{certificate_id}/export"): {},
        ("POST", "/api/v1/jobs/{job_id}/certificates/{certificate_id}/close"): {},
        ("POST", "/api/v1/jobs/{job_id}/certificates/{certificate_id}/abandon"): {},
        ("DELETE", "/api/v1/subsets/{subset_id}"): {},
        ("POST", "/api/v1/jobs/{job_id}/cancel"): {},
        ("POST", "/api/v1/jobs/{job_id}/pause"): {},
        ("POST", "/api/v1/jobs/{job_id}/resume"): {},
        ("POST", "/api/v1/jobs/{job_id}/go"): {},
        ("POST", "/api/v1/combinations"): {"json": {"jobs": jobs}},
        ("GET", "/api/v1/comparisons"): {"params": {"job": jobs}},
        ("GET", "/api/v1/comparisons/differences"): {"params": {"job": jobs}},
        ("GET", "/api/v1/comparisons/flips"): {"params": {"old": jobs[0], "new": jobs[1]}},
        ("GET", "/api/v1/review-orders"): {"params": {"job": jobs}},
        ("POST", "/api/v1/review-orders"): {"json": {"jobs": jobs, "task": "sentiment"}},
        ("GET", "/api/v1/review-orders/{order_id}"): {},
        ("POST", "/api/v1/login-links"): {"json": {"project_ids": [theirs.project_id]}},
        ("GET", "/verification/v1/history"): {"params": {"job_id": theirs.job_id}},
        ("POST", "/verification/v1/jobs/{job_id}/reservations"): {"json": {}},
        ("POST", "/verification/v1/items/{item_id}/renew"): held,
        ("POST", "/verification/v1/items/{item_id}/decision"): {"json": decision_body(theirs.held)},
        ("POST", "/verification/v1/jobs/{job_id}/decisions"): {
            "json": {"decisions": [decision_body(theirs.held) | {"item_id": theirs.held["item_id"]}]}
        },
        ("POST", "/verification/v1/items/{item_id}/skip"): held,
        ("POST", "/verification/v1/items/{item_id}/release"): held,
        ("POST", "/verification/v1/items/{item_id}/undo"): {},
        ("GET", "/verification/v1/jobs/{job_id}/record"): {"params": {"record_id": "t0"}},
        ("GET", "/verification/v1/jobs/{job_id}/records/{seq}"): {},
        ("GET", "/verification/v1/jobs/{job_id}/records/{seq}/opinions"): {},
        ("POST", "/verification/v1/jobs/{job_id}/records/{seq}/opinions"): {
            "json": {"values": {"sentiment": "neutral"}}
        },
        ("POST", "/verification/v1/jobs/{job_id}/records/{seq}/opinions/withdraw"): {},
        ("POST", "/verification/v1/jobs/{job_id}/acts/check"): {"json": confirm},
        ("POST", "/verification/v1/jobs/{job_id}/acts"): {"json": confirm},
        ("GET", "/verification/v1/jobs/{job_id}/acts"): {},
        ("GET", "/verification/v1/jobs/{job_id}/acts/{act_id}"): {},
        ("POST", "/verification/v1/jobs/{job_id}/acts/{act_id}/undo"): {},
        ("POST", "/api/v1/deletions"): {"json": {"kind": "dataset", "id": theirs.dataset_id}},
        ("DELETE", "/api/v1/datasets/{dataset_id}"): {},
        ("DELETE", "/api/v1/projects/{project_id}"): {},
    }
    listed = [Act(method, path, more) for (method, path), more in table.items()]
    return [Act("POST", f"/verification/v1/items/{undone}/undo", {}), *listed]


@dataclass
class Halves:
    """Two projects, and a client of the port without a credential of its own."""

    mine: Half
    theirs: Half
    root: httpx.AsyncClient

    async def contents(self, database: Database) -> dict[str, list[Any]]:
        """Return all documents but credentials and how many somebody was given, to see whether anything changed."""
        names = [name for name in await database.raw.list_collection_names() if name != "api_keys"]
        return {
            name: await database[name].find({}, {"credentials_made": 0}).sort("_id", 1).to_list(None) for name in names
        }


@pytest.fixture
async def halves(port: Port) -> AsyncIterator[Halves]:
    async with port.program(ADMIN_KEY) as root:
        mine, theirs = [await make_half(root, port.database, name) for name in ("mine", "theirs")]
        yield Halves(mine, theirs, root)


def test_every_route_is_walked() -> None:
    nothing = {"item_id": "", "reservation": "", "attempt": 1, "suggestions": []}
    none = Half("", "", "", "", "", "", "", "", "", {}, nothing, nothing, "")
    walked = {(act.method, act.path) for act in acts(none)[1:]}
    assert set(routes()) == walked | SESSIONS | EVERYBODYS | LISTS | AUDITS | OF_ALL_PROJECTS.keys()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("through", ["key", "session"])
async def test_nobody_of_another_project_reads_or_changes_anything(
    port: Port, halves: Halves, role: Role, through: str
) -> None:
    before = await halves.contents(port.database)
    async with port.program(halves.mine.tokens[role]) as program, port.browser() as browser:
        await browser.post("/api/v1/sessions", json={"api_key": halves.mine.tokens[role]})
        stranger = program if through == "key" else browser
        for act in acts(halves.theirs):
            answer = await act.by(stranger, halves.theirs)
            assert answer.status_code in (403, 404), (act.method, act.path, answer.status_code, answer.text)
        for (method, path), body in OF_ALL_PROJECTS.items():
            answer = await Act(method, path, {"json": body} if body else {}).by(stranger, halves.theirs)
            assert answer.status_code == 403, (method, path, answer.text)
        for _, path in LISTS:
            items = (await stranger.get(path)).json()["items"]
            assert {item.get("project_id", item["id" if "id" in item else "project_id"]) for item in items} == {
                halves.mine.project_id
            }
        for method, path in AUDITS:
            answer = await stranger.request(method, path)
            assert answer.status_code == (200 if role is Role.ADMIN else 403)
            assert {item["project_id"] for item in answer.json().get("items", [])} <= {halves.mine.project_id}
    assert await halves.contents(port.database) == before


async def test_what_is_refused_to_strangers_is_there_for_its_own_people(halves: Halves, port: Port) -> None:
    """Otherwise the refusals above would prove nothing."""
    own = {"Authorization": f"Bearer {halves.theirs.tokens[Role.ADMIN]}"} | CSRF
    ann = {"Authorization": f"Bearer {halves.theirs.tokens[Role.ANNOTATOR]}"}
    root = {"Authorization": f"Bearer {ADMIN_KEY}"}  # a project is deleted by who reaches all of them
    for act in acts(halves.theirs):
        reviews = act.path.startswith("/verification")
        deletes = (act.method, act.path) == ("DELETE", "/api/v1/projects/{project_id}")
        headers = (ann if reviews else root if deletes else own) | act.more.get("headers", {})
        async with httpx.AsyncClient(base_url=port.url, headers=headers, trust_env=False, timeout=30) as client:
            answer = await act.by(client, halves.theirs)
        assert answer.status_code not in (401, 403, 404, 422), (act.method, act.path, answer.status_code, answer.text)
    async with port.program(halves.theirs.tokens[Role.ADMIN]) as admin:
        for method, path in AUDITS:
            items = (await admin.request(method, path)).json()["items"]
            assert {item["project_id"] for item in items} == {halves.theirs.project_id}


async def the_annotator(port: Port, half: Half) -> str:
    """Return the id of the project's annotator."""
    async with port.program(half.tokens[Role.ANNOTATOR]) as program:
        person_id: str = (await program.get("/api/v1/sessions/current")).json()["person_id"]
    return person_id


async def test_nothing_of_another_project_comes_in_through_ones_own(port: Port, halves: Halves) -> None:
    mine, theirs = halves.mine, halves.theirs
    own, mixed = f"/api/v1/projects/{mine.project_id}", [mine.job_id, theirs.job_id]
    job = {"dataset_id": mine.dataset_id, "agent_id": mine.agent_id, "start": False}
    smuggled: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"{own}/jobs", {"json": job | {"dataset_id": theirs.dataset_id}}),
        ("POST", f"{own}/jobs", {"json": job | {"agent_id": theirs.agent_id}}),
        ("POST", f"{own}/agents", {"json": agent_body(theirs.label_schema_id)}),
        (
            "POST",
            f"{own}/agents/preview",
            {"json": {"agent": agent_body(mine.label_schema_id), "dataset_id": theirs.dataset_id}},
        ),
        (
            "POST",
            f"{own}/agents/preview",
            {"json": {"agent": agent_body(theirs.label_schema_id), "dataset_id": mine.dataset_id}},
        ),
        ("POST", f"/api/v1/agents/{mine.agent_id}/preview", {"json": {"dataset_id": theirs.dataset_id}}),
        ("POST", f"/api/v1/agents/{mine.agent_id}/try", {"json": {"dataset_id": theirs.dataset_id}}),
        ("POST", f"/api/v1/label-schemas/{mine.second_schema_id}/carry-over", {"json": {"from_job": theirs.job_id}}),
        (
            "POST",
            f"/api/v1/label-schemas/{mine.second_schema_id}/carry-over",
            {"json": {"from_job": mine.job_id, "agent_id": theirs.agent_id}},
        ),
        ("POST", "/api/v1/combinations", {"json": {"jobs": mixed}}),
        ("POST", "/api/v1/review-orders", {"json": {"jobs": mixed}}),
        (
            "POST",
            f"/api/v1/jobs/{mine.job_id}/campaigns",
            {"json": {"strategy": "disagreement", "parameters": {"jobs": [theirs.job_id]}}},
        ),
        ("GET", f"/api/v1/jobs/{mine.job_id}/campaigns/{theirs.order_id}", {}),
        ("GET", "/api/v1/review-orders", {"params": {"job": mixed}}),
        ("GET", "/api/v1/comparisons", {"params": {"job": mixed}}),
        ("GET", "/api/v1/comparisons/differences", {"params": {"job": mixed}}),
        ("POST", "/api/v1/login-links", {"json": {"project_ids": [mine.project_id, theirs.project_id]}}),
        ("POST", "/api/v1/login-links", {"json": {"person_id": await the_annotator(port, theirs)}}),
        ("POST", "/api/v1/login-links", {"json": {"person_id": "bootstrap-admin"}}),
    ]
    before = await halves.contents(port.database)
    async with port.program(mine.tokens[Role.ADMIN]) as admin:
        for method, path, more in smuggled:
            answer = await admin.request(method, path, **more)
            assert answer.status_code in (403, 404, 422), (method, path, answer.status_code, answer.text)
            assert "this is text" not in answer.text
    assert await halves.contents(port.database) == before

"""The drift of an agent, over the jobs whose labels are drawn and read blind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from tandem.observability.metrics import DRIFTING_AGENTS
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow
from tandem.web import Services
from tandem_api.analysis.drift.service import DriftService, DriftWatch

from .labeled import annotation


async def read(database: Database, job: Any, campaign: str, wrong: list[bool], *, shown: bool = False) -> None:
    """People read one drawn record after the other; the labels were made one a minute."""
    documents, decisions = [], []
    start = utcnow() - timedelta(days=1)
    for seq, is_wrong in enumerate(wrong):
        document = annotation(job, seq, "labeled", unsure=True)
        document["created_at"] = start + timedelta(minutes=seq)
        document["labels"][0]["value"] = "neutral"
        document["review_asked"] = {"order": campaign, "attempt": 1, "at": utcnow()}
        documents.append(document)
        saw = {"sentiment": "neutral"} if shown else {}
        values = {"sentiment": "positive" if is_wrong else "neutral"}
        decisions.append(AppliedDecision(job["id"], seq, 1, values, 1, saw, not is_wrong, "Ada", utcnow()))
    await AnnotationWriter(database).insert_first(documents)
    await AnnotationWriter(database).apply_decisions(decisions)


async def drift(admin: httpx.AsyncClient, job: Any, **more: Any) -> Any:
    answer = await admin.get(f"/agents/{job['agent_id']}/drift", params=more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_alarm_comes_when_more_labels_are_wrong_than_accepted(
    admin: httpx.AsyncClient, job: Any, database: Database, services: Services
) -> None:
    assert (await drift(admin, job))["jobs"] == []
    body = {"strategy": "stream_audit", "parameters": {"share": 0.1, "accepted_error": 0.05}, "blind_share": 1}
    campaign = (await admin.post(f"/jobs/{job['id']}/campaigns", json=body)).json()["id"]
    await read(database, job, campaign, [False] * 30 + [True, False] * 10)
    found = await drift(admin, job)
    (task,) = found["tasks"]
    assert (found["jobs"], task["reads"], task["wrong"], task["alarm"]) == ([job["id"]], 50, 10, True)
    assert task["evidence"] > 1000
    await DriftWatch(services[DriftService]).look()
    assert DRIFTING_AGENTS._value.get() == 1
    (task,) = (await drift(admin, job, since=utcnow().isoformat()))["tasks"]
    assert (task["reads"], task["alarm"]) == (0, False)


async def test_decisions_of_people_who_saw_the_label_are_no_bets(
    admin: httpx.AsyncClient, job: Any, database: Database
) -> None:
    body = {"strategy": "stream_audit", "parameters": {"share": 0.1, "accepted_error": 0.05}, "blind_share": 0.5}
    campaign = (await admin.post(f"/jobs/{job['id']}/campaigns", json=body)).json()["id"]
    await read(database, job, campaign, [True] * 40, shown=True)
    (task,) = (await drift(admin, job))["tasks"]
    assert (task["reads"], task["alarm"]) == (0, False)

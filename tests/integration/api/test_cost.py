"""What a job has cost: the same wherever the dispatcher stands, and honest about what has no price."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tandem.pricing import ModelSpend
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database
from tandem.store.handed_back.documents import HandedBackDocument
from tandem.store.handed_back.writer import HandedBackWriter

from .labeled import annotate, annotation


def row(model: str, *, amount: float, unpriced: int = 0) -> dict[str, Any]:
    spend = ModelSpend(
        "p", model, calls=1, prompt_tokens=9, completion_tokens=1, amount=amount, unpriced_tokens=unpriced
    )
    return spend.document()


@pytest.mark.parametrize("low", [0, 2, 3])
async def test_the_cost_is_the_same_wherever_the_dispatcher_stands(
    admin: httpx.AsyncClient, job: Any, database: Database, low: int
) -> None:
    paid = [row("a", amount=0.5), row("a", amount=0.25), row("b", amount=0, unpriced=10)]
    writer = AnnotationWriter(database)
    await writer.insert_first(
        [
            annotation(job, seq, "labeled", spending={"answer": f"w@{seq}", "models": [each]})
            for seq, each in enumerate(paid)
        ]
    )
    await writer.also_paid([(f"{job['id']}:0", {"answer": "late", "models": [row("a", amount=1.0)]})])
    kept = {"dispatch.low": low, "dispatch.spend": paid[:low]}
    await database["jobs"].update_one({"_id": job["id"]}, {"$set": kept})
    cost = (await admin.get(f"/jobs/{job['id']}/cost")).json()
    assert [(each["model"], each["calls"], each["amount"]) for each in cost["by_model"]] == [
        ("a", 3, 1.75),
        ("b", 1, None),
    ]
    assert (cost["total"]["amount"], cost["total"]["unpriced_tokens"], cost["total"]["prompt_tokens"]) == (1.75, 10, 36)


async def test_what_was_paid_for_requests_that_were_handed_back_is_among_the_cost(
    admin: httpx.AsyncClient, job: Any, database: Database
) -> None:
    await annotate(database, job, ["failed"])
    unanswered: HandedBackDocument = {
        "_id": f"{job['id']}:0:w@1",
        "job_id": job["id"],
        "seq": 0,
        "attempt": 1,
        "reason": "account_stopped",
        "models": [row("a", amount=0.5)],
        "at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    await HandedBackWriter(database).insert([unanswered])

    cost = (await admin.get(f"/jobs/{job['id']}/cost")).json()

    assert (cost["total"]["amount"], cost["total"]["calls"]) == (0.5, 1)


async def test_a_job_without_a_paid_answer_costs_nothing(
    admin: httpx.AsyncClient, job: Any, database: Database
) -> None:
    await annotate(database, job, ["failed"])
    cost = (await admin.get(f"/jobs/{job['id']}/cost")).json()
    assert (cost["by_model"], cost["total"]["amount"]) == ([], 0.0)


async def test_a_budget_is_refused_where_a_price_is_unknown_and_the_cure_is_named(
    admin: httpx.AsyncClient, project: Any, job: Any
) -> None:
    body = {"dataset_id": job["dataset_id"], "agent_id": job["agent_id"], "budget_usd": 5}
    answers = [
        await admin.post(f"/projects/{project['id']}/jobs", json=body),
        await admin.patch(f"/jobs/{job['id']}", json={"budget_usd": 5}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        problem = answer.json()
        assert problem["field"] == "budget_usd"
        assert "TANDEM_PRICES_FILE" in problem["cure"]


async def test_a_budget_is_set_shown_and_taken_away(admin: httpx.AsyncClient, job: Any, database: Database) -> None:
    priced = {"published.agent.provider": "openai", "published.agent.model": "gpt-4o-mini"}
    await database["jobs"].update_one({"_id": job["id"]}, {"$set": {**priced, "dispatch.reserved_usd": 0.25}})
    changed = await admin.patch(f"/jobs/{job['id']}", json={"budget_usd": 5})
    assert (changed.status_code, changed.json()["budget_usd"]) == (200, 5)
    cost = (await admin.get(f"/jobs/{job['id']}/cost")).json()
    assert (cost["budget_usd"], cost["reserved_usd"]) == (5, 0.25)
    assert (await admin.patch(f"/jobs/{job['id']}", json={"budget_usd": 0})).status_code == 422
    assert (await admin.patch(f"/jobs/{job['id']}", json={"budget_usd": None})).json()["budget_usd"] is None
    assert (await admin.get(f"/jobs/{job['id']}/cost")).json()["reserved_usd"] is None


async def test_the_budget_of_a_job_that_has_ended_stands(admin: httpx.AsyncClient, job: Any) -> None:
    await admin.post(f"/jobs/{job['id']}/cancel")
    answer = await admin.patch(f"/jobs/{job['id']}", json={"budget_usd": None})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")

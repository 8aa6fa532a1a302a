"""Before a job starts: everything that is wrong is told together, and what it will take."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tandem.events import AccountReported, AccountState, WorkerReportedV1
from tandem.people import Caller, Role
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database, utcnow
from tandem.store.jobs.reader import JobReader
from tandem.store.workers.writer import WorkerWriter
from tandem.testing.waiting import eventually
from tandem.web import Services
from tandem_api.resources.jobs.schemas import JobCreate
from tandem_api.resources.jobs.service import JobService
from tandem_api.settings import ApiSettings

from .conftest import import_csv, made
from .labeled import annotate, annotation
from .test_resources import agent_body


async def report(database: Database, **account: Any) -> None:
    """A worker says this of the model `gpt-4o-mini` of `openai`."""
    said = AccountReported(provider="openai", model="gpt-4o-mini", slots=20, **account)
    worker = WorkerReportedV1(worker="w", slots=20, in_flight=0, providers={"openai": "ok"}, accounts=(said,))
    await WorkerWriter(database).record([worker])


@pytest.fixture
async def priced(admin: httpx.AsyncClient, project: Any, label_schema: Any) -> Any:
    body = agent_body(label_schema, provider="openai", model="gpt-4o-mini")
    return await made(admin, f"/projects/{project['id']}/agents", body)


@pytest.fixture
def wanted(filled: Any, priced: Any) -> dict[str, Any]:
    """A job, with its project."""
    return {"dataset_id": filled["id"], "agent_id": priced["id"], "project_id": filled["project_id"]}


async def checked(client: httpx.AsyncClient, project: Any, body: dict[str, Any], *, probe: bool = False) -> Any:
    answer = await client.post(f"/projects/{project['id']}/jobs/check", json=body, params={"probe": probe})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_good_job_is_told_what_it_will_take(
    admin: httpx.AsyncClient, project: Any, filled: Any, priced: Any, database: Database
) -> None:
    await report(database, requests_per_minute=60)
    found = await checked(admin, project, {"dataset_id": filled["id"], "agent_id": priced["id"], "budget_usd": 5})
    assert (found["ok"], found["problems"], found["warnings"], found["probe"]) == (True, [], [], None)
    estimate = found["estimate"]
    assert (estimate["records"], estimate["sampled"]) == (10, 10)
    for what in ("prompt_tokens", "output_tokens", "usd", "seconds"):
        assert 0 < estimate[what]["low"] <= estimate[what]["likely"] <= estimate[what]["high"], what
    assert estimate["seconds"]["low"] < 10 <= estimate["seconds"]["likely"]
    assert any("60 requests a minute" in each for each in estimate["assumes"])


async def test_all_that_is_wrong_is_told_together_with_the_cure(
    admin: httpx.AsyncClient, project: Any, dataset: Any, database: Database
) -> None:
    tasks = [
        {"kind": "single_choice", "name": "sentiment", "options": [{"value": "good"}, {"value": "bad"}]},
        {"kind": "span", "name": "mentions", "field": "body", "options": [{"value": "person"}]},
    ]
    schema: dict[str, Any] = {"_id": "two", "project_id": project["id"], "name": "two", "version": 1, "tasks": tasks}
    await database["label_schemas"].insert_one(schema | {"created_at": utcnow()})
    schema["id"] = "two"
    body = agent_body(schema, user_template="{{ fields.title }} {{ fields.text }} {{ fields.premise }}")
    agent = await made(admin, f"/projects/{project['id']}/agents", body)
    rows = "id,text,sentiment,tone\n1,a,good,x\n2,b,neutral,y\n3,c,neutral,z\n"
    assert (await import_csv(admin, dataset, rows, gold_column="sentiment")).status_code == 201
    wanted = {"dataset_id": dataset["id"], "agent_id": agent["id"], "budget_usd": 1}
    found = await checked(admin, project, wanted)
    assert not found["ok"]
    assert found["estimate"] is None
    problems = [(each["field"], each["detail"]) for each in found["problems"]]
    assert [field for field, _ in problems] == ["budget_usd", "user_template", "user_template", "dataset_id"]
    for (_, detail), word in zip(problems, ("No price", "fields.title", "fields.premise", "'body'"), strict=True):
        assert word in detail
    warnings = " ".join(each["detail"] for each in found["warnings"])
    assert "Gold values of 'sentiment' that the label schema does not have: 'neutral' (2)" in warnings
    assert "No llm-worker reports" in warnings
    assert all(each["cure"] for each in [*found["problems"], *found["warnings"]])
    answer = await admin.post(f"/projects/{project['id']}/jobs", json=wanted)
    assert answer.status_code == 422
    assert answer.json()["errors"] == found["problems"]


@pytest.mark.parametrize(
    "case",
    [
        (
            {"dropped_parameters": ("logprobs", "seed")},
            {"parameters": {"seed": 1}},
            ["does not take seed", "no log-pro"],
        ),
        ({"dropped_parameters": ("logprobs",)}, {"confidence_strategy": "stated"}, []),
        (
            {"dropped_parameters": ("logprobs",), "refused_parameters": ({"parameter": "logprobs", "effort": ""},)},
            {},
            ["no log-pro"],
        ),
        (
            {"dropped_parameters": ("logprobs",), "refused_parameters": ({"parameter": "logprobs", "effort": "high"},)},
            {},
            [],
        ),
        ({"state": AccountState.STOPPED, "reason": "quota_exhausted"}, {}, ["quota_exhausted"]),
        ({"context_window": 30}, {}, ["All prompts are longer than the context"]),
        ({}, {"drawn_examples": {"by": "nearest"}}, ["no verified record to draw examples from"]),
        ({}, {"examples": [{"fields": {"text": "a", "title": "b"}, "values": {"sentiment": "neutral"}}]}, ["title"]),
    ],
)
async def test_what_the_workers_know_of_the_model_is_told(
    admin: httpx.AsyncClient, filled: Any, label_schema: Any, database: Database, case: tuple[Any, Any, list[str]]
) -> None:
    said, agent, warned = case
    await report(database, **said)
    project = {"id": filled["project_id"]}
    body = agent_body(label_schema, provider="openai", model="gpt-4o-mini", **agent)
    version = await made(admin, f"/projects/{project['id']}/agents", body)
    found = await checked(admin, project, {"dataset_id": filled["id"], "agent_id": version["id"]})
    told = [each["detail"] for each in [*found["problems"], *found["warnings"]]]
    assert len(told) == len(warned), told
    assert all(word in detail for word, detail in zip(warned, told, strict=True)), told


async def test_a_budget_without_room_for_one_record_is_a_problem_and_one_too_small_for_the_job_is_told(
    admin: httpx.AsyncClient, project: Any, filled: Any, priced: Any, database: Database
) -> None:
    await report(database)
    wanted = {"dataset_id": filled["id"], "agent_id": priced["id"]}
    estimate = (await checked(admin, project, wanted))["estimate"]["usd"]
    nothing = await checked(admin, project, wanted | {"budget_usd": 1e-9})
    assert ["nothing would be asked" in each["detail"] for each in nothing["problems"]] == [True]
    assert (await checked(admin, project, wanted | {"budget_usd": estimate["high"] + 0.1}))["warnings"] == []


async def test_a_budget_must_have_room_for_the_examples_that_are_drawn(
    admin: httpx.AsyncClient, label_schema: Any, filled: Any, job: Any, database: Database
) -> None:
    await report(database)
    body = agent_body(label_schema, provider="openai", model="gpt-4o-mini", drawn_examples={"by": "nearest"})
    agent = await made(admin, f"/projects/{job['project_id']}/agents", body)
    wanted = {"dataset_id": filled["id"], "agent_id": agent["id"], "budget_usd": 1e-9}

    async def first_could_cost() -> float:
        (problem,) = (await checked(admin, {"id": job["project_id"]}, wanted))["problems"]
        found = re.search(r"could cost up to \$([\d.]+\d)", problem["detail"])
        assert found, problem
        return float(found.group(1))

    alone = await first_could_cost()
    await annotate(database, job, ["labeled"] * 3)
    await database["records"].update_one({"dataset_id": filled["id"], "seq": 2}, {"$set": {"fields.text": "x" * 7000}})
    decided = {"verification": {"values": {"sentiment": "neutral"}, "decided_at": utcnow()}}
    await database["annotations"].update_one({"job_id": job["id"], "seq": 2}, {"$set": decided})
    another = await made(admin, f"/projects/{job['project_id']}/agents", body | {"name": "another"})
    wanted["agent_id"] = another["id"]
    assert await first_could_cost() == alone, "what was drawn lately is kept for half a minute"
    other = {"drawn_examples": {"by": "nearest", "job_ids": [job["id"]]}, "name": "from one job"}
    wanted["agent_id"] = (await made(admin, f"/projects/{job['project_id']}/agents", body | other))["id"]
    assert await first_could_cost() > 2 * alone


async def test_a_second_model_that_takes_no_calls_is_told(
    admin: httpx.AsyncClient, label_schema: Any, filled: Any, database: Database
) -> None:
    fallback = {"provider": "openai", "model": "gpt-4o-mini", "on": ["refusal"]}
    body = agent_body(label_schema, provider="openai", model="gpt-4o", fallback=fallback)
    agent = await made(admin, f"/projects/{filled['project_id']}/agents", body)
    wanted = {"dataset_id": filled["id"], "agent_id": agent["id"]}
    await report(database)
    assert (await checked(admin, {"id": filled["project_id"]}, wanted))["warnings"] == []
    await report(database, state=AccountState.STOPPED, reason="quota_exhausted")
    (warning,) = (await checked(admin, {"id": filled["project_id"]}, wanted))["warnings"]
    assert "fallback openai/gpt-4o-mini: quota_exhausted" in warning["detail"]


@asynccontextmanager
async def answering(database: Database, **ending: Any) -> AsyncIterator[None]:
    """Dispatcher, workers and postprocessor in one: the first hidden job ends so."""

    async def hidden() -> Any:
        return await database["jobs"].find_one({"hidden": True})

    async def answer() -> None:
        job: dict[str, Any] = await eventually(hidden)
        if "state_reason" in ending:
            await database["jobs"].update_one({"_id": job["_id"]}, {"$set": {"state": "waiting", **ending}})
            return
        seqs = range(job["selection"]["from_seq"], job["selection"]["below_seq"])
        outcome = ending.pop("outcome", "labeled")
        made_up: list[AnnotationDocument] = [
            annotation(job | {"id": job["_id"]}, seq, outcome, **ending) for seq in seqs
        ]
        await AnnotationWriter(database).insert_first(made_up)

    task = asyncio.create_task(answer())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_probe_asks_about_the_first_record_and_is_seen_by_nobody_else(
    admin: httpx.AsyncClient, project: Any, filled: Any, priced: Any, database: Database
) -> None:
    await report(database)
    wanted = {"dataset_id": filled["id"], "agent_id": priced["id"]}
    async with answering(database, price={"amount": 0.002, "currency": "USD"}):
        found = await checked(admin, project, wanted, probe=True)
    assert (found["ok"], found["probe"]["state"], found["probe"]["usd"]) == (True, "answered", 0.002)
    (tried,) = found["probe"]["records"]
    assert (tried["record_id"], tried["outcome"], tried["raw"]) == ("t0", "labeled", "answer 0")
    assert tried["labels"][0]["confidence"] == 0.95
    job_id = found["probe"]["id"]
    assert (await admin.get(f"/projects/{project['id']}/jobs")).json()["items"] == []
    for path in ("", "/cost", "/annotations", "/annotations/0", "/export?format=csv", "/report"):
        assert (await admin.get(f"/jobs/{job_id}{path}")).status_code == 404, path
    for step in ("pause", "resume", "cancel"):
        assert (await admin.post(f"/jobs/{job_id}/{step}")).status_code == 404, step
    reader = JobReader(database)
    assert await reader.finished_since(utcnow() - timedelta(days=1)) == []
    assert await reader.with_label_schema(project["id"], "sentiment") == []
    assert await reader.list(None) == []
    document = await JobReader(database).get(job_id)
    assert document is not None
    assert (document["state"], document["hidden"], document["selection"]["size"]) == ("cancelled", True, 1)
    assert document["published"]["review_policy"] == {
        "threshold": 0.0,
        "review_without_confidence": False,
        "review_invalid": False,
        "review_failed": False,
        "tasks": {},
    }
    assert document["expires_at"] > document["created_at"]


async def test_nothing_can_be_made_of_a_try_out(
    admin: httpx.AsyncClient, filled: Any, priced: Any, job: Any, database: Database
) -> None:
    async with answering(database):
        tried = (await admin.post(f"/agents/{priced['id']}/try", json={"dataset_id": filled["id"]})).json()
    both = [job["id"], tried["id"]]
    assert (await admin.get("/comparisons", params={"job": both})).status_code == 404
    assert (await admin.get("/comparisons/differences", params={"job": both})).status_code == 404
    assert (await admin.post("/combinations", json={"jobs": both, "method": "vote"})).status_code == 404
    path = f"/label-schemas/{priced['label_schema_id']}/carry-over"
    assert (await admin.post(path, json={"from_job": tried["id"]})).status_code == 404
    drawn = {"by": "balanced", "job_ids": [tried["id"]]}
    body = agent_body({"id": priced["label_schema_id"]}, name="another", drawn_examples=drawn)
    answer = await admin.post(f"/projects/{job['project_id']}/agents", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "drawn_examples.job_ids[0]")


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ({"outcome": "failed", "reason": "bad_request", "detail": "no such model"}, ("problems", "no such model")),
        ({"outcome": "failed", "reason": "refusal", "detail": "the model refused"}, ("warnings", "refused")),
        ({"outcome": "invalid", "detail": "the answer is none of the labels"}, ("warnings", "none of the labels")),
        ({"state_reason": "Provider openai has no quota left."}, ("problems", "no quota left")),
    ],
)
async def test_what_a_probe_finds_is_told_among_the_rest(
    admin: httpx.AsyncClient, wanted: dict[str, Any], database: Database, ending: Any, told: tuple[str, str]
) -> None:
    await report(database)
    async with answering(database, **ending):
        found = await checked(admin, {"id": wanted.pop("project_id")}, wanted, probe=True)
    kind, word = told
    assert [word in each["detail"] for each in found[kind]] == [True]
    assert found["ok"] is (kind == "warnings")
    assert all(each["cure"] for each in found[kind])


async def test_a_job_is_not_made_when_its_probe_fails(
    admin: httpx.AsyncClient, wanted: dict[str, Any], database: Database
) -> None:
    path = f"/projects/{wanted.pop('project_id')}/jobs"
    async with answering(database, outcome="failed", reason="authentication", detail="the key was refused (401)"):
        answer = await admin.post(path, json=wanted, params={"probe": True})
    assert (answer.status_code, answer.json()["field"]) == (422, "agent_id")
    assert "the key was refused" in answer.json()["detail"]
    assert "valid key" in answer.json()["cure"]
    assert await database["jobs"].count_documents({"hidden": {"$ne": True}}) == 0


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    """Nobody answers in these tests unless it is at once."""
    return settings.model_copy(update={"tryout_seconds": 5.0})


@pytest.mark.parametrize("case", [(0, 1, "dispatcher"), (1, 0, "llm-worker"), (1, 1, "gave no answer")])
async def test_a_probe_that_nobody_answers_says_who_is_missing(
    services: Services, wanted: dict[str, Any], database: Database, case: tuple[int, int, str]
) -> None:
    epoch, workers, word = case
    if workers:
        await report(database)
    job = JobCreate.model_validate({key: value for key, value in wanted.items() if key != "project_id"})
    caller = Caller("key", None, "admin", Role.ADMIN, None, person_id="key", root_hash="h")

    async def take() -> bool:
        taken = await database["jobs"].update_many({"hidden": True}, {"$set": {"dispatch.asked_epoch": epoch}})
        return taken.matched_count > 0

    found, _ = await asyncio.gather(
        services[JobService].check(wanted["project_id"], job, caller, probe=True), eventually(take)
    )
    assert found.probe is not None
    assert found.probe.state == "unanswered"
    assert word in found.problems[0].detail
    assert found.problems[0].cure
    assert await database["jobs"].count_documents({"state": "cancelled"}) == 1


async def test_an_agent_is_tried_on_records_of_a_data_set_or_of_ones_own(
    admin: httpx.AsyncClient, filled: Any, priced: Any, database: Database
) -> None:
    path = f"/agents/{priced['id']}/try"
    async with answering(database):
        tried = (await admin.post(path, json={"dataset_id": filled["id"], "from_seq": 2, "limit": 3})).json()
    assert [each["record_id"] for each in tried["records"]] == ["t2", "t3", "t4"]
    await database["jobs"].delete_many({})
    async with answering(database):
        tried = (await admin.post(path, json={"records": [{"text": "what a day"}]})).json()
    assert (tried["state"], tried["records"][0]["outcome"]) == ("answered", "labeled")
    made_up = await database["records"].find_one({"dataset_id": f"tryout-{tried['id']}"})
    assert made_up is not None
    assert made_up["fields"] == {"text": "what a day"}
    assert made_up["expires_at"] is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"dataset_id": "none"}, 404),
        ({"dataset_id": "none", "records": [{"text": "a"}]}, 422),
        ({"records": [{"text": "a"}] * 4}, 422),
        ({"records": [{}]}, 422),
        ({"records": [{"text": "x" * 100_001}]}, 422),
    ],
)
async def test_a_try_out_without_sense_is_refused(
    admin: httpx.AsyncClient, priced: Any, database: Database, body: Any, status: int
) -> None:
    assert (await admin.post(f"/agents/{priced['id']}/try", json=body)).status_code == status
    assert await database["jobs"].count_documents({}) == 0

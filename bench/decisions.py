"""Decisions a second through the review API, on one core, over a real MongoDB.

    uv run python bench/decisions.py [--items 4000] [--people 32] [--together 1]

Starts MongoDB on this machine, fills a queue, and lets people take items and decide on them through the application,
without a network between. Each decision is a claim of the next item and the decision itself; ten items are claimed at
once. With `--together N`, N decisions go in one request, as from a client that was offline.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from tandem.events import (
    AgentSpec,
    LabelOption,
    LabelSchemaSpec,
    Outcome,
    ReviewPolicy,
    ReviewReason,
    SingleChoiceTask,
    TaskLabel,
)
from tandem.messaging import Connection, Producer
from tandem.people import hash_token
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.documents import first_dispatch
from tandem.store.review_items.documents import ReviewItem
from tandem.store.review_items.writer import ReviewItemWriter
from tandem_local.parts.mongod import Mongod
from tandem_verification_ui.app import make_app
from tandem_verification_ui.bootstrap import make_services
from tandem_verification_ui.review.publisher import DecisionPublisher

JOB = "job"
VALUES = ("positive", "neutral", "negative")


def application(database: Database) -> FastAPI:
    nowhere = Producer(Connection(KafkaSettings(bootstrap_servers="127.0.0.1:1", unavailable_limit_seconds=0.1)))
    services, authenticator = make_services(database, publisher=DecisionPublisher(nowhere), reservation_seconds=120)
    return make_app(authenticator=authenticator, services=services)


async def fill(database: Database, items: int, people: int) -> None:
    task = SingleChoiceTask(
        name="tone", question="Which tone?", options=tuple(LabelOption(value=value) for value in VALUES)
    )
    schema = LabelSchemaSpec(label_schema_id="s", version=1, name="tone", tasks=(task,))
    agent = AgentSpec(
        agent_id="a",
        version=1,
        name="a",
        provider="p",
        model="m",
        system_template="",
        user_template="",
        fingerprint="f",
    )
    now = utcnow()
    await database["jobs"].insert_one(
        {
            "_id": JOB,
            "project_id": "p",
            "dataset_id": "d",
            "name": JOB,
            "agent_id": "a",
            "label_schema_id": "s",
            "state": "completed",
            "state_reason": None,
            "revision": 1,
            "epoch": 1,
            "weight": 1.0,
            "selection": {"from_seq": 0, "below_seq": items, "size": items},
            "published": {
                "agent": agent.model_dump(mode="json"),
                "label_schema": schema.model_dump(mode="json"),
                "review_policy": ReviewPolicy().model_dump(mode="json"),
            },
            "dispatch": first_dispatch(0),
            "created_at": now,
            "created_by": "bench",
            "started_at": None,
            "finished_at": None,
        }
    )
    await database["api_keys"].insert_many(
        [
            {
                "_id": f"key {number}",
                "hash": hash_token(f"token {number}"),
                "kind": "key",
                "name": f"person {number}",
                "role": "annotator",
                "project_ids": None,
                "created_at": now,
                "expires_at": None,
                "revoked": False,
                "parent_id": None,
            }
            for number in range(people)
        ]
    )
    await database["records"].insert_many(
        [
            {
                "_id": f"d:{seq}",
                "dataset_id": "d",
                "seq": seq,
                "record_id": f"r{seq}",
                "fields": {"text": f"text of record {seq}"},
                "metadata": {},
                "content_hash": "h",
                "import_id": "i",
            }
            for seq in range(items)
        ]
    )
    label = TaskLabel(task="tone", value="neutral", confidence=0.4, confidence_method="token_probability", rule="exact")
    queue = [
        ReviewItem(
            job_id=JOB,
            project_id="p",
            dataset_id="d",
            seq=seq,
            record_id=f"r{seq}",
            attempt=1,
            outcome=Outcome.LABELED,
            reason=ReviewReason.LOW_CONFIDENCE,
            labels=(label,),
            priority=0.6,
            created_at=now,
        )
        for seq in range(items)
    ]
    await ReviewItemWriter(database).take(queue)


async def decide_all(app: FastAPI, person: int, together: int, seconds: list[float]) -> None:
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer token {person}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:
        while True:
            taken = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={"limit": 10})
            taken.raise_for_status()
            decisions = [decision(item) for item in taken.json()["items"]]
            if not decisions:
                return
            for start in range(0, len(decisions), together):
                began = time.perf_counter()
                await send(client, decisions[start : start + together])
                seconds.append(time.perf_counter() - began)


def decision(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "item_id": item["item_id"],
        "reservation": item["reservation"],
        "attempt": item["attempt"],
        "values": {"tone": VALUES[item["seq"] % 3]},
        "shown_values": {each["task"]: each["value"] for each in item["suggestions"]},
    }


async def send(client: httpx.AsyncClient, decisions: list[dict[str, Any]]) -> None:
    if len(decisions) > 1:
        answer = await client.post(f"/verification/v1/jobs/{JOB}/decisions", json={"decisions": decisions})
        answer.raise_for_status()
        refused = [each["problem"] for each in answer.json()["items"] if each["problem"]]
        assert not refused, refused
        return
    body = {name: value for name, value in decisions[0].items() if name != "item_id"}
    answer = await client.post(f"/verification/v1/items/{decisions[0]['item_id']}/decision", json=body)
    answer.raise_for_status()


async def run(mongo: MongoSettings, items: int, people: int, together: int) -> None:
    database = Database(mongo)
    await ensure_indexes(database)
    await fill(database, items, people)
    app = application(database)
    seconds: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(decide_all(app, person, together, seconds) for person in range(people)))
    took, used = time.perf_counter() - began, time.process_time() - cpu
    kept = await database["verifications"].count_documents({})
    assert kept == items, (kept, items)
    ordered = sorted(seconds)
    print(
        f"{items} decisions of {people} people: {items / took:.0f}/s, of this process {items / used:.0f}/s of CPU, "
        f"a request {1000 * ordered[len(ordered) // 2]:.0f} ms, p95 {1000 * ordered[int(len(ordered) * 0.95)]:.0f} ms"
    )
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument("--together", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as directory, Mongod(Path(directory)) as mongod:
        asyncio.run(run(MongoSettings.model_validate({"url": mongod.url}), asked.items, asked.people, asked.together))


if __name__ == "__main__":
    main()

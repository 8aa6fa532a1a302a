"""What reports and comparisons of large jobs cost the api: time, memory, and the longest pause of its event loop.

    uv run python bench/reports.py [--records 1000000]

Starts MongoDB on this machine and fills it with a data set and two jobs over it, as the postprocessor writes them: a
single choice and a text that is different for nearly every record, with gold values. Then asks for a report as the api
does: for the first time, with nothing changed, after one decision, and after the api was started anew; and compares
the jobs.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pymongo

from tandem.people import Caller, Role
from tandem.settings import MongoSettings
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.documents import JobDocument, first_dispatch, job_of
from tandem.web import Services
from tandem_api.analysis.comparisons.service import ComparisonService
from tandem_api.analysis.reports.service import ReportService
from tandem_api.bootstrap import make_services
from tandem_api.settings import ApiSettings
from tandem_local.parts.mongod import Mongod

LABELS = ("positive", "neutral", "negative")
TASKS: list[dict[str, Any]] = [
    {"kind": "single_choice", "name": "sentiment", "options": [{"value": label} for label in LABELS]},
    {"kind": "text", "name": "topic"},
]
BATCH = 5000
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
CALLER = Caller(
    key_id="k", parent_id=None, name="bench", role=Role.ADMIN, project_ids=None, person_id="k", root_hash=""
)


def job(job_id: str, size: int) -> JobDocument:
    agent = {
        "agent_id": "a",
        "version": 1,
        "name": job_id,
        "provider": "p",
        "model": "m",
        "system_template": "",
        "user_template": "",
        "fingerprint": "f",
    }
    found = {
        "_id": job_id,
        "project_id": "p",
        "dataset_id": "d",
        "name": job_id,
        "agent_id": "a",
        "label_schema_id": "s",
        "state": "completed",
        "state_reason": None,
        "revision": 1,
        "epoch": 1,
        "weight": 1.0,
        "selection": {"from_seq": 0, "below_seq": size, "size": size},
        "published": {
            "agent": agent,
            "label_schema": {"label_schema_id": "s", "version": 1, "name": "s", "tasks": TASKS},
            "review_policy": {},
        },
        "dispatch": {**first_dispatch(0), "cursor": size, "low": size},
        "created_at": STARTED,
        "created_by": "bench",
        "started_at": STARTED,
        "finished_at": STARTED + timedelta(seconds=size / 100),
    }
    return job_of(found)


def annotation(job_id: str, seq: int, draw: random.Random) -> dict[str, Any]:
    right = draw.random() < 0.8
    confidence = draw.uniform(0.6, 1) if right else draw.uniform(0.3, 0.9)
    invalid = draw.random() < 0.02
    labels = [
        {"task": "sentiment", "value": LABELS[(seq + (not right)) % 3], "confidence": confidence, "rule": "structured"},
        {"task": "topic", "value": f"topic {draw.randrange(10**9)}", "confidence": None, "rule": "structured"},
    ]
    return {
        "_id": f"{job_id}:{seq}",
        "job_id": job_id,
        "project_id": "p",
        "dataset_id": "d",
        "seq": seq,
        "record_id": str(seq),
        "attempt": 1,
        "outcome": "invalid" if invalid else "labeled",
        "reason": "no_label" if invalid else None,
        "labels": [] if invalid else labels,
        "needs_review": confidence < 0.7,
        "review_reason": "low_confidence" if confidence < 0.7 else None,
        "priority": 1 - confidence,
        "event_id": "e",
        "raw": f"I am not sure about {draw.randrange(10**6)}" if invalid else '{"sentiment": "positive"}',
        "seconds": draw.lognormvariate(-0.5, 0.5),
        "created_at": STARTED + timedelta(seconds=seq / 100),
    }


def fill(url: str, records: int) -> None:
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        database = client["tandem"]
        database["datasets"].insert_one({"_id": "d", "project_id": "p", "name": "d", "gold_tasks": ["sentiment"]})
        database["jobs"].insert_many([dict(job(name, records)) for name in ("one", "other")])
        draw = random.Random(1)  # noqa: S311 - draws the data
        for low in range(0, records, BATCH):
            seqs = range(low, min(low + BATCH, records))
            database["records"].insert_many(
                [
                    {
                        "_id": f"d:{seq}",
                        "dataset_id": "d",
                        "seq": seq,
                        "record_id": str(seq),
                        "fields": {"text": "t" * 200},
                        "gold": {"sentiment": LABELS[seq % 3]},
                        "import_id": "i",
                    }
                    for seq in seqs
                ],
                ordered=False,
            )
            for name in ("one", "other"):
                database["annotations"].insert_many([annotation(name, seq, draw) for seq in seqs], ordered=False)


async def measured(name: str, work: Callable[[], Awaitable[Any]]) -> Any:
    """Print how long the work took; the longest that the event loop's own thread computed without a break, and that it
    stood still for any reason, other programs included; and the process's peak of memory."""
    longest = busiest = 0.0
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal longest, busiest
        while not done.is_set():
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before - 0.001)
            busiest = max(busiest, time.thread_time() - used)

    watching = asyncio.create_task(watch())
    started, cpu = time.perf_counter(), time.process_time()
    result = await work()
    took, used = time.perf_counter() - started, time.process_time() - cpu
    done.set()
    await watching
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pauses = f"{1000 * busiest:.0f} ms | {1000 * longest:.0f} ms"
    print(f"| {name} | {took:.2f} s | {used:.2f} s | {pauses} | {peak:.0f} MiB |", flush=True)
    return result


async def whole(ask: Callable[[], Awaitable[Any]]) -> Any:
    while True:
        found = await ask()
        if found.share == 1:
            return found


async def run(url: str, records: int) -> None:
    settings = MongoSettings.model_validate({"url": url})
    database = Database(settings)
    await ensure_indexes(database)
    await asyncio.to_thread(fill, url, records)
    print(f"{records} records, two jobs\n\n| what | time | CPU | loop at work | loop still | peak memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")

    def fresh() -> Services:
        return make_services(ApiSettings(mongo=settings), database)[0]

    services = fresh()
    await measured("nothing yet", lambda: asyncio.sleep(1))
    report = await measured("report, first", lambda: whole(lambda: services[ReportService].report("one", CALLER)))
    await measured("report, kept", lambda: services[ReportService].report("one", CALLER))
    decision = AppliedDecision("one", 7, 1, {"sentiment": "neutral"}, 1, {}, False, "Ada", utcnow())
    await AnnotationWriter(database).apply_decisions([decision])
    after = await measured("report, after one decision", lambda: services[ReportService].report("one", CALLER))
    assert (report.verified, after.verified) == (0, 1)
    assert report.counts.labeled + report.counts.invalid == records
    jobs = ["one", "other"]
    await measured("comparison, first", lambda: whole(lambda: services[ComparisonService].compare(jobs, CALLER)))
    await measured("comparison, nothing changed", lambda: services[ComparisonService].compare(jobs, CALLER))
    anew = fresh()
    await measured("comparison, after a restart", lambda: whole(lambda: anew[ComparisonService].compare(jobs, CALLER)))
    topics = next(task for task in after.tasks if task.task == "topic").text
    assert topics is not None
    print(f"\n{topics.distinct} different texts estimated")
    stored = await database.raw.command("collStats", "summaries")
    print(f"summaries: {stored['count']} documents, {stored['size'] / 2**20:.1f} MiB, {stored['avgObjSize']} B each")
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as directory, Mongod(Path(directory)) as mongod:
        asyncio.run(run(mongod.url, chosen.records))


if __name__ == "__main__":
    main()

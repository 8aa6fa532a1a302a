"""What finding records of a large job takes: a page and a count by each filter, and a scan for a regular expression.

    uv run python bench/finding.py [--records 1000000]

Starts MongoDB on this machine, fills it with a data set and a job over it, and asks as the api does, each question
several times at different places. Prints the median and the 95th percentile in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pymongo
from reports import BATCH, CALLER, STARTED, annotation, job

from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.finding.orders import By, FindOrder, key_text
from tandem.store.indexes import ensure_indexes
from tandem_api.bootstrap import make_services
from tandem_api.paging import encode_cursor
from tandem_api.resources.find.schemas import Counting, Find, Measure
from tandem_api.resources.find.service import FindService
from tandem_api.settings import ApiSettings
from tandem_local.parts.mongod import Mongod

WHERE = (
    "label.sentiment = positive",
    "label.sentiment = positive and confidence < 0.7",
    "confidence < 0.31",
    "confidence < 0.8",
    "outcome = invalid",
    "reason = no_label",
    "rule = structured",
    "verified",
    "not verified",
    "needs_review",
    "id in (7, 77, 777)",
)
SCANS = ('text contains "word7 word8"', "text contains word7 and label.sentiment = negative")
ORDERS = ("confidence", "-confidence", "-decided", "label.sentiment", "-label.sentiment", "state")
"""As the heads of the table's columns give them."""
ORDERED = (None, "outcome exists", "label.sentiment = positive", "confidence < 0.8")


async def run(mongo: MongoSettings, records: int, times: int) -> None:
    database = Database(mongo)
    await ensure_indexes(database)
    url = str(mongo.url.get_secret_value())
    await asyncio.to_thread(fill, url, records)
    service = make_services(ApiSettings(mongo=mongo), database)[0][FindService]
    draw = random.Random(1)  # noqa: S311 - draws the data

    async def measure(what: str, where: str | None, order: str = "seq", count: Counting = Counting.NONE) -> None:
        took, page = [], None
        for _ in range(times):
            asked = Find(
                where=where,
                order=order,
                limit=0 if count is not Counting.NONE else 50,
                after=None if count is not Counting.NONE else somewhere(order, draw, records),
                count=count,
                metadata=True,
            )
            began = time.perf_counter()
            page = await service.in_job("one", asked, CALLER)
            took.append(1000 * (time.perf_counter() - began))
        took.sort()
        p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
        told = f"{len(page.items)} records" if page is not None and page.count is None else ""
        told = page.count.text if page is not None and page.count is not None else told
        print(f"{what:16} {where or 'all records':50} {took[len(took) // 2]:8.0f} {p95:8.0f}  {told}", flush=True)

    print(f"{'':16} {'':50} {'median':>8} {'p95':>8}  ms")
    for where in (None, *WHERE):
        await measure("page by seq", where)
    for order in ORDERS:
        for each in ORDERED:
            await measure(f"by {order}", each, order)
    for counted in (None, *WHERE):
        await measure("count", counted, count=Counting.QUICK)
    for counted in (None, "label.sentiment = positive"):
        began = time.perf_counter()
        await service.confidences("one", Measure(where=counted), CALLER)
        print(
            f"{'confidences':16} {counted or 'all records':50} {1000 * (time.perf_counter() - began):8.0f}", flush=True
        )
    for where in SCANS:
        await measure("page by seq", where)
    began = time.perf_counter()
    page = await service.in_job("one", Find(where='text matches "word7 word8 word9$"', limit=50), CALLER)
    seconds = time.perf_counter() - began
    print(f"regular expression: {page.scanned:,} records in {seconds:.1f} s, {page.scanned / seconds:,.0f} a second")
    database.close()


def somewhere(order: str, draw: random.Random, records: int) -> str:
    """Return a cursor at a random place of the order."""
    seq, by = draw.randrange(records), FindOrder.parse(order).by
    key: float | datetime | int | None = None
    match by:
        case By.CONFIDENCE:
            key = draw.uniform(0.3, 1)
        case By.DECIDED:
            key = STARTED
        case By.LABEL | By.STATE:
            key = draw.randrange(4)
        case By.SEQ:
            pass
    return encode_cursor(order, key_text(key), seq)


def fill(url: str, records: int) -> None:
    """Write records of about 15 words and their annotations, every fiftieth of them verified."""
    draw = random.Random(1)  # noqa: S311 - draws the data
    words = [f"word{n}" for n in range(2000)]
    model = {"provider": "p", "model": "m", "agent_id": "a", "agent_version": 1, "detail": None}
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        database = client["tandem"]
        database["datasets"].insert_one(
            {"_id": "d", "project_id": "p", "name": "d", "gold_tasks": [], "visible_below": records}
        )
        database["jobs"].insert_one(dict(job("one", records)))
        for low in range(0, records, BATCH):
            seqs = range(low, min(low + BATCH, records))
            database["records"].insert_many(
                [
                    {
                        "_id": f"d:{seq}",
                        "dataset_id": "d",
                        "seq": seq,
                        "record_id": str(seq),
                        "fields": {"text": " ".join(draw.choices(words, k=15))},
                        "metadata": {"country": "DE" if seq % 3 else "FR"},
                        "content_hash": str(seq),
                        "import_id": "i",
                    }
                    for seq in seqs
                ],
                ordered=False,
            )
            made = [annotation("one", seq, draw) | model | {"usage": None, "price": None} for seq in seqs]
            for each in made:
                if each["labels"]:
                    each["lowest_confidence"] = each["labels"][0]["confidence"]
                if each["seq"] % 50 == 0:
                    each["verification_revision"] = 1
                    each["verification"] = {
                        "values": {"sentiment": "neutral"},
                        "revision": 1,
                        "shown_attempt": 1,
                        "shown_values": {},
                        "confirmed": False,
                        "decided_by": "Ada",
                        "decided_at": STARTED,
                    }
            database["annotations"].insert_many(made, ordered=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder, Mongod(Path(folder)) as mongod:
        asyncio.run(run(MongoSettings.model_validate({"url": mongod.url}), given.records, given.times))


if __name__ == "__main__":
    main()

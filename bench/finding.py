"""What it takes to find records of a large job: a page and a count by each filter, and a scan with a regular expression.

    uv run python bench/finding.py [--records 1000000]

Starts MongoDB on this machine, fills it as `bench/reports.py` does, and asks as the api does, each question several
times at different places. Prints the median and the 95th percentile in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

import pymongo
from reports import CALLER, fill

from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem_api.bootstrap import make_services
from tandem_api.finding.finder import Order
from tandem_api.paging import encode_cursor
from tandem_api.resources.find.schemas import Counting, Find
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
    'text contains "{number}"',
)
ORDERED = ("outcome exists", "label.sentiment = positive", "confidence < 0.8")


async def run(mongo: MongoSettings, records: int, times: int) -> None:
    database = Database(mongo)
    await ensure_indexes(database)
    url = str(mongo.url.get_secret_value())
    await asyncio.to_thread(fill, url, records)
    await asyncio.to_thread(lowest_confidence, url)
    service = make_services(ApiSettings(mongo=mongo), database)[0][FindService]
    draw = random.Random(1)

    async def measure(what: str, where: str, order: Order = Order.SEQ, count: Counting = Counting.NONE) -> None:
        took, page = [], None
        for _ in range(times):
            seq = draw.randrange(records)
            start = ("seq", "", seq) if order is Order.SEQ else (order.value, repr(draw.uniform(0.3, 1)), seq)
            asked = Find(
                where=where.format(number=seq),
                order=order,
                limit=0 if count is not Counting.NONE else 50,
                after=None if count is not Counting.NONE else encode_cursor(*start),
                count=count,
            )
            began = time.perf_counter()
            page = await service.in_job("first", asked, CALLER)
            took.append(1000 * (time.perf_counter() - began))
        took.sort()
        p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
        told = f"{len(page.items)} records" if page is not None and page.count is None else ""
        told = page.count.text if page is not None and page.count is not None else told
        print(f"{what:16} {where:50} {took[len(took) // 2]:8.0f} {p95:8.0f}  {told}", flush=True)

    print(f"{'':16} {'':50} {'median':>8} {'p95':>8}  ms")
    for where in WHERE:
        await measure("page by seq", where)
    for order in (Order.CONFIDENCE, Order.CONFIDENCE_DOWN):
        for where in ORDERED:
            await measure(f"by {order.value}", where, order)
    for where in WHERE[:-1]:
        await measure("count", where, count=Counting.QUICK)
    began = time.perf_counter()
    page = await service.in_job("first", Find(where='text matches "[0-9]{3}no such text"', limit=50), CALLER)
    seconds = time.perf_counter() - began
    print(f"regular expression: {page.scanned:,} records in {seconds:.1f} s, {page.scanned / seconds:,.0f} a second")
    database.close()


def lowest_confidence(url: str) -> None:
    """Add what the postprocessor's writer adds to the annotations of `fill`."""
    with pymongo.MongoClient[dict[str, object]](url) as client:
        change = [{"$set": {"lowest_confidence": {"$min": "$labels.confidence"}}}]
        client["tandem"]["annotations"].update_many({"labels.confidence": {"$gte": 0}}, change)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder))
        mongod.start()
        try:
            mongo = MongoSettings.model_validate({"url": mongod.url})
            asyncio.run(run(mongo, given.records, given.times))
        finally:
            mongod.stop()


if __name__ == "__main__":
    main()

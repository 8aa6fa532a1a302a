"""What it takes to send the records on which two jobs differ to people: time, CPU and memory.

    uv run python bench/review_orders.py [--records 200000]

Starts MongoDB and the embedded broker on this machine, fills MongoDB as `bench/reports.py` does, and runs the walk
of one order, on the task with a few labels, and the postprocessor in one process, in a thread each.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reports import CALLER, fill

from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.observability.health import Health
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.bootstrap import make_services
from tandem_api.dispatch.campaigns import CampaignWalker
from tandem_api.resources.review_orders.schemas import ReviewOrder, ReviewOrderCreate
from tandem_api.resources.review_orders.service import ReviewOrderService
from tandem_api.settings import ApiSettings
from tandem_local.parts.mongod import Mongod
from tandem_local.parts.tansu import Tansu
from tandem_postprocessor.bootstrap import build
from tandem_postprocessor.settings import PostprocessorSettings


@contextmanager
def postprocessor(settings: PostprocessorSettings) -> Iterator[None]:
    """Run a postprocessor in a thread until the block ends."""
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        health = Health()
        async with build(settings, health) as app:
            tasks = [asyncio.ensure_future(work()) for work in app.run.values()]
            ready.set()
            await asyncio.to_thread(done.wait)
            for step in app.stop:
                await step()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


async def run(mongo: MongoSettings, kafka: KafkaSettings, records: int) -> None:
    database = Database(mongo)
    await ensure_indexes(database)
    await asyncio.to_thread(fill, str(mongo.url.get_secret_value()), records)
    connection = Connection(kafka)
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    orders = make_services(ApiSettings(mongo=mongo), database)[0][ReviewOrderService]
    async with Producer(connection) as producer:
        walker = CampaignWalker(
            writer=CampaignWriter(database),
            jobs=JobReader(database),
            candidates=CandidateReader(database),
            items=ReviewItemReader(database),
            producer=producer,
            holder="bench",
        )
        print("| what | records | differ | sent | clock | CPU of both | peak memory |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        walking = asyncio.create_task(walker.run())
        body = ReviewOrderCreate(jobs=["one", "other"], task="sentiment")
        for name in ("the first time", "again, nothing new"):
            started, used = time.perf_counter(), time.process_time()
            order = await orders.place(body, CALLER)
            while order.state != "done":
                await asyncio.sleep(0.2)
                order = await orders.get(order.id, CALLER)
            tell(name, records, order, time.perf_counter() - started, time.process_time() - used)
        await walker.stop()
        await walking
    database.close()


def tell(name: str, records: int, order: ReviewOrder, took: float, used: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"| {name} | {records} | {order.differing} | {order.queued} | {took:.1f} s | {used:.1f} s | {peak:.0f} MiB |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="tandem-bench-") as directory,
        Mongod(Path(directory)) as mongod,
        Tansu(log_file=Path(directory) / "tansu.log") as broker,
    ):
        mongo = MongoSettings.model_validate({"url": mongod.url})
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers, idempotent_producer=False)
        with postprocessor(PostprocessorSettings(mongo=mongo, kafka=kafka)):
            asyncio.run(run(mongo, kafka, chosen.records))


if __name__ == "__main__":
    main()

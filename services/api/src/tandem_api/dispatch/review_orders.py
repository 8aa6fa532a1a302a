"""Walk of orders of review: asks people to review the records on which jobs differ."""

from __future__ import annotations

import asyncio
import random

from tandem.events import LabelSchemaSpec
from tandem.events.schema import LabelTask
from tandem.jobs import Selection
from tandem.messaging import Producer
from tandem.observability.logs import get_logger
from tandem.quality.comparing import common_tasks
from tandem.store.annotations.ended import EndedReader
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.reader import JobReader
from tandem.store.review_orders.documents import ReviewOrderDocument
from tandem.store.review_orders.writer import ReviewOrderWriter
from tandem_api.resources.review_orders.picking import Picked, pick

BLOCK = 2000
"""Seqs compared at once."""
LOOK_SECONDS = 1.0
LEASE_SECONDS = 30.0
"""Seconds, longer than a block takes; after this, orders of a killed dispatcher go on."""
APPLIED_SECONDS = 20.0
"""Seconds after which a review that was asked for and is in no queue is asked for again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
LONGEST_PUT_OFF = 300.0
"""Seconds, at most, until a block that was not carried out is tried again: the postprocessor may be down for long."""

log = get_logger(__name__)


class ReviewOrderWalker:
    """Walks orders block by block, the one that waited longest first; every dispatcher has a walker.

    The cursor moves past a block when the annotations say that each of its differing records is in a queue or decided.
    So whatever is lost between here and the postprocessor is asked for again, by the next holder of the order.
    """

    def __init__(
        self,
        *,
        writer: ReviewOrderWriter,
        jobs: JobReader,
        annotations: EndedReader,
        producer: Producer,
        holder: str,
        block: int = BLOCK,
        look_seconds: float = LOOK_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        applied_seconds: float = APPLIED_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._writer = writer
        self._jobs = jobs
        self._annotations = annotations
        self._producer = producer
        self._holder = holder
        self._block = block
        self._look_seconds = look_seconds
        self._lease_seconds = lease_seconds
        self._applied_seconds = applied_seconds
        self._first_pause = first_pause
        self._stopping = asyncio.Event()

    async def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Walk orders until stopped; wait while MongoDB or Kafka is away."""
        while not self._stopping.is_set():
            pause = self._look_seconds
            try:
                while not self._stopping.is_set() and await self.step():
                    pass
            except StoreUnavailableError as error:
                log.warning("review_orders.store_unavailable", reason=str(error))
                pause = random.uniform(0.5, 2.0)  # noqa: S311 - jitter, not a secret
            await self._wait(pause)

    async def step(self) -> bool:
        """Walk one block of the order that waited longest. Returns False when none is free. Raises
        StoreUnavailableError, after which the next step takes up the same block: nothing of it is kept here."""
        order = await self._writer.claim(self._holder, seconds=self._lease_seconds)
        if order is None:
            return False
        await self._walk(order)
        return True

    async def _walk(self, order: ReviewOrderDocument) -> None:
        tasks = await self._tasks(order)
        high = min(order["cursor"] + self._block, order["below_seq"])
        picked = await self._picked(order, tasks, high)
        if picked.asks:
            await self._producer.send_all(picked.asks)
            picked = await self._applied(order, tasks, high)
        if picked.asks:
            log.warning("review_orders.not_applied", order_id=order["_id"], records=len(picked.asks))
            longest = min(2.0 ** min(order["stalled"], 10), LONGEST_PUT_OFF)
            await self._writer.put_off(order, seconds=random.uniform(longest / 2, longest))  # noqa: S311 - jitter
        elif await self._writer.advance(order, cursor=high, counts=picked.counts, queues=dict(picked.queues)):
            log.info("review_orders.walked", order_id=order["_id"], cursor=high, **picked.counts)

    async def _applied(self, order: ReviewOrderDocument, tasks: list[LabelTask], high: int) -> Picked:
        """Wait until nothing of the block is left to ask for; return the block then, or as it is when that takes too
        long."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self._applied_seconds, self._first_pause
        while True:
            await self._wait(pause)
            picked = await self._picked(order, tasks, high)
            if not picked.asks or loop.time() >= until or self._stopping.is_set():
                return picked
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _picked(self, order: ReviewOrderDocument, tasks: list[LabelTask], high: int) -> Picked:
        ended = await self._annotations.ended(order["jobs"], Selection.range(order["cursor"], high))
        return await asyncio.to_thread(pick, order, tasks, [ended[job_id] for job_id in order["jobs"]])

    async def _tasks(self, order: ReviewOrderDocument) -> list[LabelTask]:
        found = [await self._jobs.get(job_id) for job_id in order["jobs"]]
        schemas = [LabelSchemaSpec.model_validate(job["published"]["label_schema"]).tasks for job in found if job]
        tasks, _ = common_tasks(schemas)
        return [task for task in tasks if order["task"] in (None, task.name)]

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

"""Makes the queue equal to the annotations that need a person, whatever became of the events.

Counts first, then differing blocks of seq. `schedule` says when.
"""

from __future__ import annotations

from tandem.events import ReviewRequestedV1
from tandem.observability.logs import get_logger
from tandem.observability.metrics import REVIEW_QUEUE, SWEEP_REPAIRS
from tandem.observability.series import start_at_zero
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.review_requests import review_requested
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.documents import ItemState
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.review_items.writer import ReviewItemWriter
from tandem_verification_ui.queue.intake import QueueIntake

BLOCK = 5_000
"""Number of records in a block; a difference costs reading the ones of its block that need a person."""
CHUNK = 500

_log = get_logger(__name__)


class QueueSweep:
    """Sweeps jobs. `sweep_*` raise StoreUnavailableError when MongoDB is away; `run` waits and continues."""

    def __init__(
        self,
        *,
        annotations: AnnotationReader,
        items: ReviewItemReader,
        writer: ReviewItemWriter,
        jobs: JobReader,
        intake: QueueIntake,
    ) -> None:
        start_at_zero(SWEEP_REPAIRS, ["review_items"])
        self._annotations = annotations
        self._items = items
        self._writer = writer
        self._jobs = jobs
        self._intake = intake

    async def sweep_all(self) -> int:
        """Sweep every job that has annotations. Return how many items were corrected."""
        return sum([await self.sweep_job(job_id) for job_id in await self._annotations.jobs()])

    async def live_jobs(self) -> set[str]:
        return {job["_id"] for job in await self._jobs.live()}

    async def sweep_job(self, job_id: str) -> int:
        """Sweep one job. Return how many items were corrected.

        The queue is read before the annotations: an item has its annotation first, so one that enters meanwhile is not
        treated as superfluous.
        """
        held = await self._items.tally(job_id)
        if held == await self._annotations.tally_needing_review(job_id):
            return 0
        held = await self._items.tally(job_id, BLOCK)
        needed = await self._annotations.tally_needing_review(job_id, BLOCK)
        differing = sorted(block for block in held.keys() | needed.keys() if held.get(block) != needed.get(block))
        mended = sum([await self._mend(job_id, block * BLOCK, (block + 1) * BLOCK) for block in differing])
        if mended:
            SWEEP_REPAIRS.labels("review_items").inc(mended)
            _log.info("review.queue.mended", job_id=job_id, items=mended)
        return mended

    async def count_open(self) -> int:
        count = await self._items.count_open()
        REVIEW_QUEUE.set(count)
        return count

    async def _mend(self, job_id: str, from_seq: int, below_seq: int) -> int:
        known = await self._items.known(job_id, from_seq, below_seq)
        superfluous = {seq for seq, (_, state) in known.items() if state is ItemState.OPEN}
        missing: list[ReviewRequestedV1] = []
        mended = 0
        async for annotation in self._annotations.needing_review(job_id, from_seq, below_seq):
            superfluous.discard(annotation["seq"])
            attempt, _ = known.get(annotation["seq"], (0, None))
            if attempt < annotation["attempt"]:
                missing.append(review_requested(annotation))
            if len(missing) == CHUNK:
                mended += await self._take(missing)
                missing = []
        mended += await self._take(missing)
        if superfluous:
            mended += await self._writer.withdraw(job_id, superfluous)
        return mended

    async def _take(self, requests: list[ReviewRequestedV1]) -> int:
        taken = await self._intake.take(requests, source="sweep")
        return taken.inserted + taken.replaced

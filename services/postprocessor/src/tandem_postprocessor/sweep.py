"""Sweep that repairs annotations that missed a person's decision: the opinions are the truth, events only the
fast way."""

from __future__ import annotations

import asyncio
import random

from tandem.observability.logs import get_logger
from tandem.observability.metrics import SWEEP_REPAIRS
from tandem.observability.series import start_at_zero
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.documents import opinion_policy
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.documents import decided_event, settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem_postprocessor.decisions import decision_of

BLOCK = 1000
"""Seqs compared at once. Counts are compared first; only blocks whose counts differ are read."""
RETRY_SECONDS = (1.0, 3.0)
"""Seconds between a failed sweep and the next one, at least and at most."""

_log = get_logger(__name__)


class DecisionSweep:
    """Sweeps at the start, every `every_seconds`, and when `ask` reports that the broker lost messages."""

    def __init__(
        self,
        *,
        opinions: OpinionReader,
        jobs: JobReader,
        annotations: AnnotationReader,
        writer: AnnotationWriter,
        every_seconds: float,
        retry_seconds: tuple[float, float] = RETRY_SECONDS,
    ) -> None:
        start_at_zero(SWEEP_REPAIRS, ["decisions"])
        self._opinions = opinions
        self._jobs = jobs
        self._annotations = annotations
        self._writer = writer
        self._every_seconds = every_seconds
        self._retry_seconds = retry_seconds
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have a sweep run soon."""
        self._asked.set()

    async def ask_soon(self) -> None:
        """Have a sweep run soon, for callers that await."""
        self.ask()

    async def run(self) -> None:
        """Sweep until cancelled. A failed sweep is retried soon, so that no request for one is lost."""
        while True:
            self._asked.clear()  # before the sweep: what is asked for during it is another one
            pause = self._every_seconds
            try:
                await self.sweep()
            except StoreUnavailableError as error:
                _log.warning("sweep.put_off", error=str(error))
                pause = min(pause, random.uniform(*self._retry_seconds))  # noqa: S311 - jitter, not a secret
            try:
                await asyncio.wait_for(self._asked.wait(), pause)
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Compare every job that has decisions. Returns how many annotations were repaired.

        A decision whose annotation does not exist stays; it is compared again next time. Raises StoreUnavailableError.
        """
        mended = 0
        for job_id in await self._opinions.jobs():
            mended += await self._sweep_job(job_id)
        if mended:
            SWEEP_REPAIRS.labels("decisions").inc(mended)
            _log.info("sweep.mended", sweep="decisions", annotations=mended)
        return mended

    async def _sweep_job(self, job_id: str) -> int:
        made = await self._opinions.count_blocks(job_id, BLOCK)
        applied = await self._annotations.decided_blocks(job_id, BLOCK)
        mended = 0
        for block in sorted(block for block, decisions in made.items() if applied.get(block, 0) < decisions):
            mended += await self._sweep_block(job_id, block * BLOCK, (block + 1) * BLOCK)
        return mended

    async def _sweep_block(self, job_id: str, from_seq: int, below_seq: int) -> int:
        applied = await self._annotations.decided_revisions(job_id, from_seq, below_seq)
        policy = opinion_policy(await self._jobs.get(job_id))
        missed: list[AppliedDecision] = []
        async for opinions in self._opinions.stream_records(job_id, from_seq, below_seq):
            if opinions[-1].revision > applied.get(opinions[-1].seq, 0):
                event = decided_event(opinions, settlement_of(opinions, policy))
                missed.append(decision_of(event))
        mended, _absent = await self._writer.apply_decisions(missed)
        return mended

"""The jobs that answers belong to, with the labeler of each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from tandem.events import ConfidenceStrategy, JobPublishedV1
from tandem.labeling.labeler import Labeler
from tandem.store.jobs.documents import job_published
from tandem.store.jobs.reader import JobReader

_KEPT_LABELERS = 1000


class Jobs(Protocol):
    """The part of `tandem.messaging.JobTable` that this service uses."""

    def get(self, job_id: str) -> JobPublishedV1 | None: ...

    async def wait_for(self, job_id: str, timeout: float) -> JobPublishedV1 | None: ...  # noqa: ASYNC109 - as JobTable


class KnownJobs:
    """Finds jobs in the table, else in MongoDB, else waits for them to be published, but only once for each."""

    def __init__(self, table: Jobs, reader: JobReader, *, wait_seconds: float) -> None:
        self._table = table
        self._reader = reader
        self._wait_seconds = wait_seconds
        self._stored: dict[str, JobPublishedV1] = {}
        self._given_up: set[str] = set()
        self._labelers: dict[tuple[str, ConfidenceStrategy], Labeler] = {}

    async def find(self, job_ids: Iterable[str]) -> dict[str, JobPublishedV1]:
        """Return the jobs that are known by the end of the wait, by id. Raises StoreUnavailableError."""
        found: dict[str, JobPublishedV1] = {}
        missing: list[str] = []
        for job_id in set(job_ids):
            if (job := self._table.get(job_id) or self._stored.get(job_id)) is not None:
                found[job_id] = job
            else:
                missing.append(job_id)
        looked_up = await asyncio.gather(*map(self._look_up, missing))
        return found | {job.job_id: job for job in looked_up if job is not None}

    def labeler(self, job: JobPublishedV1) -> Labeler:
        """Return the labeler of the job's label schema and strategy, which are the same for all revisions of the
        job."""
        key = (job.label_schema.label_schema_id, job.agent.confidence_strategy)
        if (labeler := self._labelers.get(key)) is None:
            if len(self._labelers) >= _KEPT_LABELERS:
                self._labelers.clear()
            labeler = self._labelers[key] = Labeler(job.label_schema, job.agent.confidence_strategy)
        return labeler

    async def _look_up(self, job_id: str) -> JobPublishedV1 | None:
        if (document := await self._reader.get(job_id)) is not None:
            if len(self._stored) >= _KEPT_LABELERS:
                self._stored.clear()
            job = self._stored[job_id] = job_published(document)
            return job
        if job_id in self._given_up:
            return None
        found = await self._table.wait_for(job_id, self._wait_seconds)
        if found is None:
            self._given_up.add(job_id)
        return found

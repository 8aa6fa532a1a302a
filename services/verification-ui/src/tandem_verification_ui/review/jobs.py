"""Jobs as reviewing needs them. This part of a job never changes, so it is kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from tandem.events import LabelSchemaSpec
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.review import OpinionPolicy
from tandem.store.jobs.documents import job_published, opinion_policy, selected
from tandem.store.jobs.reader import JobReader
from tandem.web import not_found

_KEPT = 1000


@dataclass(frozen=True, slots=True)
class ReviewJob:
    job_id: str
    project_id: str
    dataset_id: str
    schema: LabelSchemaSpec
    policy: OpinionPolicy
    selection: Selection


class ReviewJobs:
    """The jobs by id, the most recently used ones from memory."""

    def __init__(self, jobs: JobReader) -> None:
        self._jobs = jobs
        self._known: OrderedDict[str, ReviewJob] = OrderedDict()

    async def get(self, caller: Caller, job_id: str) -> ReviewJob:
        """Return the job. Raises Problem 404 for one that does not exist or lies outside the caller's projects."""
        job = self._known.get(job_id) or await self._load(job_id)
        if job is None or not caller.reaches(job.project_id):
            raise not_found("job", job_id)
        self._known[job_id] = job
        self._known.move_to_end(job_id)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return job

    async def _load(self, job_id: str) -> ReviewJob | None:
        document = await self._jobs.get(job_id)
        if document is None or document["hidden"]:
            return None
        published = job_published(document)
        return ReviewJob(
            job_id,
            published.project_id,
            published.dataset_id,
            published.label_schema,
            opinion_policy(document),
            selected(document),
        )

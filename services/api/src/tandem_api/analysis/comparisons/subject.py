"""Subject of a comparison: whether its jobs can be compared, over which records, and on which tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from tandem.events import LabelSchemaSpec
from tandem.events.schema import LabelTask
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.quality.comparing import common_tasks
from tandem.store.jobs.documents import JobDocument, selected
from tandem.web import Problem
from tandem_api.resources.jobs.service import JobService

MOST_JOBS = 8


@dataclass(frozen=True, slots=True)
class ComparedJobs:
    """Jobs over the same records."""

    jobs: tuple[JobDocument, ...]
    selection: Selection
    """The records that all jobs run over."""
    tasks: tuple[LabelTask, ...]
    """The tasks, as the first job has them."""
    skipped: dict[str, str]
    """Task to why it cannot be compared."""

    @property
    def job_ids(self) -> tuple[str, ...]:
        return tuple(job["_id"] for job in self.jobs)

    @property
    def dataset_id(self) -> str:
        return self.jobs[0]["dataset_id"]

    def task(self, name: str | None) -> LabelTask:
        """Return the task of this name; the only one when none is named. Raises a Problem."""
        if name is None and len(self.tasks) == 1:
            return self.tasks[0]
        names = ", ".join(task.name for task in self.tasks)
        for task in self.tasks:
            if task.name == name:
                return task
        detail = "Say which task." if name is None else f"The jobs have no task {name!r} in common."
        raise Problem(422, "no-such-task", detail, field="task", cure=f"They have: {names}.")


async def subject_of(jobs: JobService, job_ids: Sequence[str], caller: Caller, *, field: str = "job") -> ComparedJobs:
    """Return the subject of the jobs. Raises a Problem that says why they cannot be compared; `field` is the request
    field that names them."""
    wanted = list(dict.fromkeys(job_ids))
    if not 2 <= len(wanted) <= MOST_JOBS:
        detail = f"Between 2 and {MOST_JOBS} different jobs can be compared, not {len(wanted)}."
        raise Problem(422, "not-comparable", detail, field=field, cure="Name each job once.")
    found = [await jobs.reachable(job_id, caller) for job_id in wanted]
    if len({job["dataset_id"] for job in found}) > 1:
        detail = "The jobs run over different data sets."
        raise Problem(422, "not-comparable", detail, field=field, cure="Compare jobs over one data set.")
    selection = reduce(and_, map(selected, found))
    if not selection:
        detail = "The jobs have no record in common."
        raise Problem(422, "not-comparable", detail, field=field, cure="Compare jobs whose selections overlap.")
    schemas = [LabelSchemaSpec.model_validate(job["published"]["label_schema"]).tasks for job in found]
    tasks, skipped = common_tasks(schemas)
    if not tasks:
        detail = "The jobs have no task in common. " + " ".join(f"{name}: {why}" for name, why in skipped.items())
        raise Problem(422, "not-comparable", detail, field=field, cure="Tasks are the same by name and kind.")
    return ComparedJobs(tuple(found), selection, tuple(tasks), skipped)

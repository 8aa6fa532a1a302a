"""A project at a glance, in a cell. Importing this needs the extra `notebook`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, assert_never

import traitlets
from pydantic import Field, TypeAdapter

from tandem_client.errors import TandemError
from tandem_client.models import Job, Project
from tandem_client.notebook.cell_widget import CellWidget
from tandem_client.notebook.dashboard_data import JobRows, agreement_of, jobs_of
from tandem_client.notebook.typed_commands import Command, TypedCommands

if TYPE_CHECKING:
    from tandem_client.resources.subsets import Subset


class Describe(Command):
    """Return the progress of the project's jobs."""

    name: Literal["describe"]


class Look(Command):
    """Return what a job gave: distribution, people, agreement, and its records as points."""

    name: Literal["look"]
    job_id: str
    task: str | None = None


class Select(Command):
    """Make these records of the job the dashboard's selection."""

    name: Literal["select"]
    job_id: str
    record_ids: list[str] = Field(max_length=100_000)


DashboardCommand = Annotated[Describe | Look | Select, Field(discriminator="name")]
_COMMANDS: TypeAdapter[DashboardCommand] = TypeAdapter(DashboardCommand)


class Dashboard(CellWidget):
    """Progress, distribution, who did what, agreement, and the records as points of which some can be selected.

    `selected` has the ids of the selected records; they are not saved into the notebook.
    """

    selected = traitlets.Tuple(default_value=())

    def __init__(self, project: Project, *, vectors: Mapping[str, Any] | None, limit: int, height: int) -> None:
        self._project = project
        self._vectors = vectors
        self._limit = limit
        self._job: Job | None = None
        self._typed = TypedCommands(_COMMANDS, self._carry_out)
        super().__init__(f"Dashboard of the project {project.name}", view="dashboard", height=height)

    def save(self, name: str) -> Subset:
        """Save the selected records as a subset of their data set. Raises TandemError where none is selected."""
        if self._job is None or not self.selected:
            raise TandemError(
                "Nothing is selected",
                type="nothing-selected",
                detail="No record of the dashboard is selected",
                cure="Drag over some points first.",
            )
        definition = {"kind": "records", "record_ids": list(self.selected)}
        return self._project.tandem.subsets.create(self._job.dataset_id, name=name, definition=definition)

    def _answer(self, content: Any) -> None:
        if (answer := self._typed.answer(content)) is not None:
            self.send(answer)

    def _carry_out(self, command: DashboardCommand) -> Any:
        match command:
            case Describe():
                return {"name": self._project.name, "jobs": jobs_of(self._project)}
            case Look():
                return self._looked(command)
            case Select():
                self._job = self._job_of(command.job_id)
                self.selected = tuple(command.record_ids)
                return None
            case _:
                assert_never(command)

    def _looked(self, command: Look) -> dict[str, Any]:
        jobs = self._project.jobs.list()
        job = self._job_of(command.job_id)
        schema = self._project.tandem.label_schemas.get(job.label_schema_id)
        tasks = [task.name for task in schema.tasks]
        task = command.task if command.task in tasks else tasks[0]
        rows = JobRows(job, limit=self._limit)
        return {
            "task": task,
            "tasks": tasks,
            "distribution": rows.distribution(task),
            "people": rows.people(),
            "agreement": agreement_of(job, jobs),
            "points": rows.points(task, self._vectors),
            "limit": self._limit,
            "by_words": self._vectors is None,
        }

    def _job_of(self, job_id: str) -> Job:
        """Return a job of the project. Raises TandemError for any other."""
        job = next((each for each in self._project.jobs.list() if each.id == job_id), None)
        if job is None:
            raise TandemError("No such job", type="not-found", status=404, detail="The project has no such job")
        return job

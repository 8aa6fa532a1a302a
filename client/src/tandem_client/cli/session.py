"""Parts that every command shares: the console, the connection, and names that people may use in place of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from tandem_client import config
from tandem_client.cli.terminal import err, out
from tandem_client.client import Tandem
from tandem_client.errors import TandemError
from tandem_client.models import Agent, Dataset, Job, LabelSchema, Project

__all__ = [
    "connected",
    "err",
    "jobs_of",
    "out",
    "the_agent",
    "the_dataset",
    "the_job",
    "the_label_schema",
    "the_project",
]
MOST_NAMED = 10
"""Names that are listed where one is not found."""


class Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


@contextmanager
def connected() -> Iterator[Tandem]:
    connection = config.load()
    with Tandem(connection.url, connection.token) as tandem:
        yield tandem


def the_project(tandem: Tandem, name: str) -> Project:
    return _found(tandem.projects.find(name), "project", name, tandem.projects.list)


def the_dataset(tandem: Tandem, project: Project, name: str) -> Dataset:
    return _found(tandem.datasets.find(project.id, name), "data set", name, lambda: tandem.datasets.list(project.id))


def the_label_schema(tandem: Tandem, project: Project, name: str, version: int | None = None) -> LabelSchema:
    there = tandem.label_schemas.find(project.id, name, version=version)
    if there is None and version is not None and (newest := tandem.label_schemas.find(project.id, name)):
        raise TandemError(
            "No such version",
            type="not-found",
            detail=f"The label schema {name!r} has no version {version}",
            cure=f"Its newest is version {newest.version}.",
        )
    return _found(there, "label schema", name, lambda: tandem.label_schemas.list(project.id))


def the_agent(tandem: Tandem, project: Project, name: str) -> Agent:
    return _found(tandem.agents.find(project.id, name), "agent", name, lambda: tandem.agents.list(project.id))


def the_job(tandem: Tandem, name: str, project: str | None = None, *, to_change: bool = False) -> Job:
    """Return the job of this id, or the newest of this name in the project, else in any.

    One that is to be changed is never guessed: of several with the name it is the only one that goes on, or an error.
    """
    try:
        return tandem.jobs.get(name)
    except TandemError as error:
        if error.status not in (404, 422):
            raise
    homes = tandem.projects.list() if project is None else [the_project(tandem, project)]
    newest_first = sorted(jobs_of(tandem, homes), key=lambda job: job.created_at, reverse=True)
    named = [job for job in newest_first if job.name == name]
    if to_change:
        named = [job for job in named if not job.is_over] or named
    if len(named) > 1:
        told = {home.id: home.name for home in homes}
        each = [f"{job.id} ({told[job.project_id]}, {job.state})" for job in named[:MOST_NAMED]]
        if to_change:
            raise TandemError(
                "More than one job",
                type="ambiguous",
                detail=f"{len(named)} jobs are named {name!r}: {', '.join(each)}",
                cure="Give the id of one.",
            )
        err.print(
            f"{len(named)} jobs are named {name!r}; this is the newest: {each[0]}. Others: {', '.join(each[1:])}",
            markup=False,
            soft_wrap=True,
        )
    return _found(named[0] if named else None, "job", name, lambda: newest_first)


def jobs_of(tandem: Tandem, projects: Sequence[Project]) -> list[Job]:
    return [job for project in projects for job in tandem.jobs.list(project.id)]


def _found(thing: N | None, kind: str, name: str, others: Callable[[], Sequence[Named]]) -> N:
    if thing is not None:
        return thing
    names = list(dict.fromkeys(other.name for other in others()))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    known = f"There is {', '.join(map(repr, names[:MOST_NAMED]))}{more}" if names else f"There is no {kind} yet"
    raise TandemError(f"No such {kind}", type="not-found", detail=f"There is no {kind} {name!r}", cure=f"{known}.")

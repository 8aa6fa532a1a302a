"""`tandem delete`: says what goes, asks, deletes."""

from __future__ import annotations

from typing import Annotated

import typer

from tandem_client.cli import people
from tandem_client.cli.session import connected, out, the_agent, the_dataset, the_job, the_label_schema, the_project
from tandem_client.client import Tandem
from tandem_client.resources.deletions import Kind

app = typer.Typer(help="Delete things with all that belongs to them, after asking.", no_args_is_help=True)
ProjectOption = Annotated[str, typer.Option(help="Name of the project.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
_WORDS: dict[Kind, str] = {"dataset": "data set", "label_schema": "label schema"}


@app.command()
def record(
    record_id: Annotated[str, typer.Argument(help="The record's own id.")],
    project: ProjectOption,
    dataset: Annotated[str, typer.Option(help="Name of the data set.")],
    yes: Yes = False,
) -> None:
    """Delete a record, and what all jobs and people said about it."""
    with connected() as tandem:
        home = the_dataset(tandem, the_project(tandem, project), dataset)
        _delete(tandem, "record", record_id, yes=yes, dataset_id=home.id)


@app.command()
def dataset(name: str, project: ProjectOption, yes: Yes = False) -> None:
    """Delete a data set with its records, its jobs, and all that they gave."""
    with connected() as tandem:
        _delete(tandem, "dataset", the_dataset(tandem, the_project(tandem, project), name).id, yes=yes)


@app.command()
def job(
    name: str,
    project: Annotated[str | None, typer.Option(help="The job's project, where several jobs have the name.")] = None,
    yes: Yes = False,
) -> None:
    """Delete a job with its labels, reviews and reports. The records stay."""
    with connected() as tandem:
        _delete(tandem, "job", the_job(tandem, name, project, to_change=True).id, yes=yes)


@app.command()
def agent(name: str, project: ProjectOption, yes: Yes = False) -> None:
    """Delete the newest version of an agent, if no job was made with it."""
    with connected() as tandem:
        _delete(tandem, "agent", the_agent(tandem, the_project(tandem, project), name).id, yes=yes)


@app.command()
def schema(name: str, project: ProjectOption, yes: Yes = False) -> None:
    """Delete the newest version of a label schema, if no agent or job was made with it."""
    with connected() as tandem:
        _delete(tandem, "label_schema", the_label_schema(tandem, the_project(tandem, project), name).id, yes=yes)


@app.command()
def project(name: str, yes: Yes = False) -> None:
    """Delete a project with everything in it."""
    with connected() as tandem:
        _delete(tandem, "project", the_project(tandem, name).id, yes=yes)


@app.command()
def person(name: Annotated[str, typer.Argument(help="Id, or a name that one person has.")], yes: Yes = False) -> None:
    """Delete a person's keys, sessions, name and comments. What the person decided stays, without the name."""
    with connected() as tandem:
        _delete(tandem, "person", people.the_person(tandem, name).id, yes=yes)


def _delete(tandem: Tandem, kind: Kind, thing: str, *, yes: bool, dataset_id: str | None = None) -> None:
    plan = tandem.deletions.plan(kind, thing, dataset_id=dataset_id)
    for collection, count in plan.counts.items():
        out.print(f"  {collection.replace('_', ' ')}: {count:,}", markup=False)
    for line in plan.stays:
        out.print(f"  {line}", markup=False, soft_wrap=True)
    if not yes:
        typer.confirm(f"Delete the {_WORDS.get(kind, kind)} {plan.name!r} and all of this, for good?", abort=True)
    done = tandem.deletions.carry_out(kind, thing, confirm=plan.confirm or "", dataset_id=dataset_id)
    state = "deleted" if done.done else "is being deleted; the server goes on with it"
    out.print(f"The {_WORDS.get(kind, kind)} {plan.name!r} {'was ' if done.done else ''}{state}.", markup=False)

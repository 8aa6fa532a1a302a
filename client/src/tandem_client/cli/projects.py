"""`tandem project` and `tandem dataset`: what there is, and away with what is empty."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from tandem_client.cli.session import connected, out, the_dataset, the_project

projects = typer.Typer(help="Projects: what everything else is in.", no_args_is_help=True)
datasets = typer.Typer(help="Data sets: what `tandem import` fills.", no_args_is_help=True)
ProjectOption = Annotated[str, typer.Option(help="Name of the project.")]


@projects.command("list")
def list_projects() -> None:
    """List the projects that there are."""
    with connected() as tandem:
        found = tandem.projects.list()
    table = Table("project", "made", Column("id", no_wrap=True), box=None)
    for project in found:
        table.add_row(escape(project.name), f"{project.created_at:%Y-%m-%d %H:%M}", project.id)
    out.print(table)


@projects.command("delete")
def delete_project(name: Annotated[str, typer.Argument(help="Name of the project.")]) -> None:
    """Delete a project that has nothing in it."""
    with connected() as tandem:
        project = the_project(tandem, name)
        tandem.projects.delete(project.id)
    out.print(f"Project {project.name} deleted.", markup=False, soft_wrap=True)


@datasets.command("list")
def list_datasets(project: ProjectOption) -> None:
    """List the data sets of a project."""
    with connected() as tandem:
        found = tandem.datasets.list(the_project(tandem, project).id)
    table = Table("data set", Column("records", justify="right"), "fields", Column("id", no_wrap=True), box=None)
    for dataset in found:
        table.add_row(escape(dataset.name), f"{dataset.record_count:,}", escape(", ".join(dataset.fields)), dataset.id)
    out.print(table)


@datasets.command("delete")
def delete_dataset(name: Annotated[str, typer.Argument(help="Name of the data set.")], project: ProjectOption) -> None:
    """Delete a data set that has no records."""
    with connected() as tandem:
        dataset = the_dataset(tandem, the_project(tandem, project), name)
        tandem.datasets.delete(dataset.id)
    out.print(f"Data set {dataset.name} deleted.", markup=False, soft_wrap=True)

"""All commands. Each is a few calls of the SDK; what goes wrong is one sentence with its cure and exit status 1."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer
from rich.markup import escape

from tandem_client import config
from tandem_client.cli import (
    again,
    agents,
    campaigns,
    certificates,
    data,
    deciding,
    deleting,
    exporting,
    finding,
    jobs,
    opinions,
    people,
    previewing,
    projects,
    quality,
    running,
    schemas,
    showing,
    subsets,
)
from tandem_client.cli.session import connected, err, out
from tandem_client.client import Tandem
from tandem_client.errors import TandemError, with_cure


class Role(StrEnum):
    ADMIN = "admin"
    ANNOTATOR = "annotator"
    VIEWER = "viewer"


app = typer.Typer(
    help="Label data with people and language models together.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command("import")(data.import_file)
app.add_typer(deleting.app, name="delete")
app.add_typer(projects.projects, name="project")
projects.datasets.command("preview")(previewing.preview)
projects.datasets.command("export")(exporting.export_dataset)
app.add_typer(projects.datasets, name="dataset")
app.add_typer(subsets.app, name="subset")
app.add_typer(people.app, name="people")
app.add_typer(schemas.app, name="schema")
app.add_typer(agents.app, name="agent")
app.add_typer(certificates.app, name="certificate")
app.command()(jobs.run)
app.command()(jobs.estimate)
app.command()(jobs.status)
app.add_typer(campaigns.app, name="campaign")
app.command()(quality.report)
app.command()(quality.compare)
app.command()(quality.combine)
app.command()(finding.find)
app.command()(showing.show)
app.command("opinions")(opinions.opinions)
app.command("decide")(deciding.decide)
app.command()(exporting.export)
app.add_typer(running.app, name="job")
app.command()(jobs.pause)
app.command()(jobs.resume)
app.command()(jobs.cancel)
app.command("run-again")(again.run_again)


@app.callback(invoke_without_command=True)
def main_options(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if show_version:
        out.print(f"tandem {version('tandem-client')}")
        raise typer.Exit


@app.command()
def login(
    url: Annotated[str, typer.Argument(help="Address of the API, e.g. http://127.0.0.1:8000")],
    token: Annotated[
        str | None, typer.Option(envvar="TANDEM_TOKEN", help="API key; asked for when left out.", show_envvar=True)
    ] = None,
) -> None:
    """Keep the address and the API key for later commands."""
    connection = config.Connection(url.rstrip("/"), token or typer.prompt("API key", hide_input=True))
    with Tandem(connection.url, connection.token, patience=0) as tandem:
        projects = tandem.projects.list()
    file = config.save(connection)
    out.print(f"Logged in to {connection.url} ({len(projects)} projects). Kept in {file}.", soft_wrap=True)


@app.command()
def login_link(
    name: Annotated[str | None, typer.Argument(help="Who it is for: a new person of this name.")] = None,
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.ANNOTATOR,
    page: Annotated[str | None, typer.Option(help="Address of the review page; that of the API when left out.")] = None,
    hours: Annotated[float, typer.Option(min=0.1, help="How long the link can be used.")] = 24,
    me: Annotated[
        bool, typer.Option("--me", help="For a browser of your own: it shares history and undo with your key.")
    ] = False,
    person: Annotated[
        str | None, typer.Option(help="Who it is for: the id of a person, or a name that only one has.")
    ] = None,
    new_person: Annotated[
        bool, typer.Option("--new-person", help="It is somebody else than whoever is called NAME already.")
    ] = False,
) -> None:
    """Make a link that opens the review page logged in, once. Needs the role admin.

    Give a NAME for somebody new, --person for somebody who was here before, or --me.
    """
    if (name is None) == (person is None) and not (me and person is None):
        raise typer.BadParameter("give a NAME for somebody new, --person for somebody who was here before, or --me")
    with connected() as tandem:
        link = tandem.access.login_link(
            role=role.value,
            name=name,
            person_id=None if person is None else people.the_person(tandem, person).id,
            ttl_seconds=int(hours * 3600),
            as_caller=me,
            new_person=new_person,
        )
        out.print(link.address(page or tandem.url), soft_wrap=True, markup=False)


def main() -> None:
    """Run the program `tandem`. Exit status: 0 done, 1 an error, 2 wrong usage, 130 interrupted."""
    for extension in entry_points(group="tandem.commands"):
        extension.load()(app)
    try:
        app()
    except TandemError as error:
        err.print(f"[bold red]Error:[/] {escape(error.sentence)}", soft_wrap=True)
        _explain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _explain(error: TandemError) -> None:
    """Print each fault of the problem with its field, where it lists several: the first is in the sentence above."""
    faults = error.extras.get("errors")
    if not isinstance(faults, list) or len(faults) < 2:
        return
    for fault in faults[:50]:
        err.print(f"  - {escape(_sentence(fault))}", soft_wrap=True)


def _sentence(fault: Any) -> str:
    if not isinstance(fault, dict):
        return str(fault)
    where = f"{fault['field']}: " if fault.get("field") else ""
    return where + with_cure(str(fault.get("detail")), fault.get("cure"))

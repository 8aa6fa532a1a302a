"""`tandem login, login-link`: who is at this terminal, and who may open the review page."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tandem_client import config
from tandem_client.cli import people
from tandem_client.cli.session import connected, out
from tandem_client.client import Tandem


class Role(StrEnum):
    ADMIN = "admin"
    ANNOTATOR = "annotator"
    VIEWER = "viewer"


def login(
    url: Annotated[str, typer.Argument(help="Address of the API, e.g. http://127.0.0.1:8000")],
    token: Annotated[
        str | None,
        typer.Option(envvar="TANDEM_TOKEN", help="API key; left out: asked for.", show_envvar=True),
    ] = None,
) -> None:
    """Keep the address and the API key for later commands."""
    connection = config.Connection(url.rstrip("/"), token or typer.prompt("API key", hide_input=True))
    with Tandem(connection.url, connection.token, patience=0) as tandem:
        projects = tandem.projects.list()
    file = config.save(connection)
    out.print(f"Logged in to {connection.url} ({len(projects)} projects). Kept in {file}.", soft_wrap=True)


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
        bool, typer.Option("--new-person", help="Make a new person, even if NAME is the name of somebody already.")
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

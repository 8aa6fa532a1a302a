"""`tandem key`: API keys of people and programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from tandem_client.cli.access import Role
from tandem_client.cli.people import the_person
from tandem_client.cli.session import connected, out, the_project
from tandem_client.errors import TandemError

app = typer.Typer(help="API keys: what programs and terminals log in with.", no_args_is_help=True)


@app.command("list")
def list_keys() -> None:
    """List the API keys that are good. Needs the role admin."""
    with connected() as tandem:
        keys = tandem.access.keys()
        names = {home.id: home.name for home in tandem.projects.list()}
    table = Table("key", "person", "role", "projects", "made", "until", Column("id", no_wrap=True), box=None)
    for key in keys:
        reach = "all" if key.project_ids is None else ", ".join(names.get(each, each) for each in key.project_ids)
        until = "" if key.expires_at is None else f"{key.expires_at:%Y-%m-%d %H:%M}"
        made = f"{key.created_at:%Y-%m-%d %H:%M}"
        table.add_row(escape(key.name), escape(key.person or ""), key.role, escape(reach), made, until, key.id)
    out.print(table)


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[Role, typer.Option(help="What its holder may do.")],
    person: Annotated[
        str | None, typer.Option(help="Whose it is: id or name; a new person of the key's name when left out.")
    ] = None,
    project: Annotated[
        list[str] | None, typer.Option(help="Name of a project that it reaches; repeatable. All when left out.")
    ] = None,
    days: Annotated[float | None, typer.Option(min=0.01, help="How long it is good; for ever when left out.")] = None,
) -> None:
    """Make an API key and print its token, this once. Needs the role admin."""
    with connected() as tandem:
        made = tandem.access.create_key(
            name,
            role=role.value,
            person_id=None if person is None else the_person(tandem, person).id,
            project_ids=[the_project(tandem, each).id for each in project] if project else None,
            expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
        )
    out.print(made.token, markup=False, soft_wrap=True)


@app.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="Id of the key, or a name that only one key has.")]) -> None:
    """Revoke an API key; sessions and login links made with it end. Needs the role admin."""
    with connected() as tandem:
        keys = tandem.access.keys()
        meant = [each for each in keys if key in (each.id, each.name)]
        if len(meant) != 1:
            detail = f"{len(meant)} keys are named {key!r}" if meant else f"There is no key {key!r}"
            raise TandemError("No such key", type="not-found", detail=detail, cure="`tandem key list` shows the ids.")
        tandem.access.revoke_key(meant[0].id)
    out.print(f"Key {meant[0].name} revoked.", markup=False, soft_wrap=True)

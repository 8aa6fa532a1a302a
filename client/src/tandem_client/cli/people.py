"""`tandem people`: to whom keys, login links and sessions belong."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from tandem_client.cli.session import MOST_NAMED, connected, out
from tandem_client.client import Tandem
from tandem_client.errors import TandemError
from tandem_client.people import Person

app = typer.Typer(help="People: to whom API keys, login links and sessions belong.", no_args_is_help=True)
Who = Annotated[str, typer.Argument(help="Id of the person, or their name where nobody else has it.")]


@app.command("list")
def list_people(
    names_only: Annotated[
        bool, typer.Option("--names-only", help="Those instead whom an older version kept as a name alone.")
    ] = False,
) -> None:
    """List the people that there are."""
    with connected() as tandem:
        found = tandem.people.list(names_only=names_only)
    table = Table("person", "since", "disabled", Column("id", no_wrap=True), box=None)
    for person in found:
        disabled = f"{person.disabled_at:%Y-%m-%d %H:%M}" if person.disabled_at else ""
        table.add_row(escape(person.name), f"{person.created_at:%Y-%m-%d %H:%M}", disabled, person.id)
    out.print(table)


@app.command("create")
def create_person(name: Annotated[str, typer.Argument(help="What the person is called.")]) -> None:
    """Make a person, who is nobody else, even where somebody has that name. Prints the id."""
    with connected() as tandem:
        out.print(tandem.people.create(name).id, markup=False)


@app.command("rename")
def rename_person(who: Who, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Change a person's name, beside what the person did before too."""
    with connected() as tandem:
        person = the_person(tandem, who)
        tandem.people.rename(person.id, name)
    out.print(f"{person.name} is now called {name}.", markup=False, soft_wrap=True)


@app.command("disable")
def disable_person(who: Who) -> None:
    """End a person's keys, login links and sessions at once. What the person did stays."""
    with connected() as tandem:
        person = the_person(tandem, who)
        tandem.people.disable(person.id)
    out.print(f"{person.name} is disabled; all keys, links and sessions are over.", markup=False, soft_wrap=True)


@app.command("enable")
def enable_person(who: Who) -> None:
    """Let a disabled person be given keys and login links again."""
    with connected() as tandem:
        person = the_person(tandem, who)
        tandem.people.enable(person.id)
    out.print(f"{person.name} may be given keys and login links again.", markup=False, soft_wrap=True)


def the_person(tandem: Tandem, who: str) -> Person:
    """Return the person of this id, or the only one of this name. Raises TandemError."""
    people = tandem.people.list()
    found = [person for person in people if person.id == who] or [person for person in people if person.name == who]
    if len(found) == 1:
        return found[0]
    if not found:
        raise TandemError(
            "No such person",
            type="not-found",
            detail=f"There is no person {who!r}",
            cure="List them with: tandem people list.",
        )
    each = ", ".join(f"{person.id} (since {person.created_at:%Y-%m-%d})" for person in found[:MOST_NAMED])
    raise TandemError(
        "More than one person",
        type="ambiguous",
        detail=f"{len(found)} people are called {who!r}: {each}",
        cure="Give the id of one.",
    )

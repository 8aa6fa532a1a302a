"""`tandem dead-letters`: messages that no consumer could handle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.markup import escape
from rich.table import Table

from tandem_client.cli.session import connected, out
from tandem_client.client import Tandem
from tandem_client.resources.dead_letters import DeadLetter, State

app = typer.Typer(help="Messages that no consumer could handle: look, change, replay, discard.", no_args_is_help=True)
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids from `tandem dead-letters list`.")]
All = Annotated[bool, typer.Option("--all", help="All open ones that --topic and --reason leave.")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="Only those of this topic.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only those with this reason.")]
MOST = 1000
"""Letters that one command lists or decides on."""


@app.command("list")
def list_letters(
    state: Annotated[str, typer.Option(help="open, replaying, replayed or discarded.")] = "open",
    topic: TopicOption = None,
    reason: Reason = None,
) -> None:
    """List dead letters, newest first."""
    if state not in get_args(State):
        raise typer.BadParameter(f"{state!r} is not {', '.join(get_args(State))}", param_hint="--state")
    with connected() as tandem:
        letters = _first(tandem, cast("State", state), topic, reason)
    if not letters:
        out.print(f"There are no {state} dead letters.")
        return
    table = Table("id", "written", "topic", "reason", "job", "record", "detail", box=None)
    for each in letters:
        written, about = f"{each.written_at:%Y-%m-%d %H:%M}", each.result or each.detail
        row = (each.id, written, each.topic, each.reason, each.job_id or "", each.record_id or "", about)
        table.add_row(*map(escape, row))
    out.print(table)


@app.command()
def show(letter: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Print everything about a dead letter, its content last."""
    with connected() as tandem:
        found = tandem.dead_letters.get(letter)
    for name, value in found.model_dump(exclude={"value", "fixed"}, exclude_none=True).items():
        out.print(f"{name.replace('_', ' ')}: {value}", markup=False, soft_wrap=True)
    out.print(found.fixed if found.fixed is not None else found.value, markup=False, soft_wrap=True)


@app.command()
def fix(
    letter: Annotated[str, typer.Argument(metavar="ID")],
    file: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The whole content, as JSON.")],
) -> None:
    """Change the content that a replay uses."""
    with connected() as tandem:
        _print(tandem.dead_letters.fix(letter, file.read_text(encoding="utf-8")))


@app.command()
def replay(letters: Ids = None, all_of_them: All = False, topic: TopicOption = None, reason: Reason = None) -> None:
    """Have dead letters handled again. A request asks the model anew; any other event goes to the group that failed."""
    with connected() as tandem:
        for letter in _meant(tandem, letters, topic, reason, everything=all_of_them):
            _print(tandem.dead_letters.replay(letter))


@app.command()
def discard(letters: Ids = None, all_of_them: All = False, topic: TopicOption = None, reason: Reason = None) -> None:
    """Drop the content of dead letters for good."""
    with connected() as tandem:
        for letter in _meant(tandem, letters, topic, reason, everything=all_of_them):
            _print(tandem.dead_letters.discard(letter))


def _meant(
    tandem: Tandem, letters: list[str] | None, topic: str | None, reason: str | None, *, everything: bool
) -> list[str]:
    if bool(letters) == everything:
        raise typer.BadParameter("give ids, or --all")
    return letters or [each.id for each in _first(tandem, "open", topic, reason)]


def _first(tandem: Tandem, state: State, topic: str | None, reason: str | None) -> list[DeadLetter]:
    letters = tandem.dead_letters.list(state, topic=topic, reason=reason)
    return [letter for letter, _ in zip(letters, range(MOST), strict=False)]


def _print(letter: DeadLetter) -> None:
    said = f" {letter.result}" if letter.result else ""
    out.print(f"{letter.id}: {letter.state}.{said}", markup=False, soft_wrap=True)

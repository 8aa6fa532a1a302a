"""The program `tandem`. Commands are a few calls of the SDK; what goes wrong is one sentence with its cure and exit
status 1."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.markup import escape

from tandem_client.cli.lazy import LazyGroup
from tandem_client.cli.parts import PARTS
from tandem_client.cli.terminal import err, out
from tandem_client.errors import TandemError, with_cure


class Commands(LazyGroup):
    parts = PARTS


app = typer.Typer(
    cls=Commands,
    help="Label data with people and language models together.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback(invoke_without_command=True)
def main_options(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if show_version:
        from importlib.metadata import version  # noqa: PLC0415 - 0.04 s that other commands need not wait

        out.print(f"tandem {version('tandem-client')}")
        raise typer.Exit


def main() -> None:
    """Run the program `tandem`. Exit status: 0 done, 1 an error, 2 wrong usage, 130 interrupted."""
    if sys.argv[1:2] == [] or sys.argv[1] not in PARTS:  # finding out what is installed takes 0.07 s
        _add_extensions()
    try:
        app()
    except TandemError as error:
        err.print(f"[bold red]Error:[/] {escape(error.sentence)}", soft_wrap=True)
        _explain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _add_extensions() -> None:
    """Add the commands of other packages that are installed, such as `tandem up`."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - 0.04 s that other commands need not wait

    for extension in entry_points(group="tandem.commands"):
        extension.load()(app)


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

"""Commands that are imported when they are run, so that `tandem --help` and each command start fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group_from_info
from typer.models import TyperInfo


@dataclass(frozen=True, slots=True)
class Part:
    """A command or a group of commands: the module and the name in it, and the line that the help shows."""

    module: str
    name: str
    help: str


class LazyGroup(TyperGroup):
    """A group whose `parts` are imported when one of them is run. Before that the help shows their lines."""

    parts: ClassVar[Mapping[str, Part]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        others = dict(self.commands)
        self.commands.clear()
        for name, part in self.parts.items():
            self.commands[name] = TyperCommand(name, help=part.help)
        self.commands.update(others)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command that is named, then resolve as usual."""
        if args and (part := self.parts.get(args[0])) is not None:
            self.commands[args[0]] = imported(args[0], part)
        return super().resolve_command(ctx, args)


def imported(name: str, part: Part) -> Any:
    """Return the command or group itself."""
    found = getattr(import_module(part.module), part.name)
    if isinstance(found, typer.Typer):
        info = TyperInfo(found, name=name)
        return get_group_from_info(info, pretty_exceptions_short=False, rich_markup_mode="rich", suggest_commands=True)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    alone.command(name)(found)
    return get_command(alone)

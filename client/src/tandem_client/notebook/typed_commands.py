"""Commands that a widget's browser side gives by name, and their answers.

The browser says what it wants; it knows no address, no path and no key. What is no command of the widget is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tandem_client.errors import TandemError
from tandem_client.notebook.commands import problem

C = TypeVar("C")


class Command(BaseModel):
    """A command; each kind has a `name` of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TypedCommands(Generic[C]):
    """Reads messages as commands of one kind of widget and answers them."""

    def __init__(self, commands: TypeAdapter[C], carry_out: Callable[[C], Any]) -> None:
        self._commands = commands
        self._carry_out = carry_out

    def answer(self, content: Any) -> dict[str, Any] | None:
        """Carry out the command of a message; return the answer, or None where the message is no command."""
        if not isinstance(content, dict) or content.get("kind") != "command":
            return None
        message = {"kind": "answer", "id": content.get("id")}
        try:
            command = self._commands.validate_python(content.get("command"))
        except ValidationError as error:
            told = "; ".join(each["msg"] for each in error.errors())
            return message | {"status": 422, "body": problem(422, "No such command", told)}
        try:
            return message | {"status": 200, "body": self._carry_out(command)}
        except TandemError as error:
            status = error.status or 503
            return message | {"status": status, "body": problem(status, error.title, error.detail, error.cure)}

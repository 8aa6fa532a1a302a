"""The commands of a table in a cell, all about the table's own job, and what the kernel's client does for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, TypeAdapter

from tandem_client.errors import TandemError
from tandem_client.expressions import Condition, field
from tandem_client.models import Job
from tandem_client.notebook.typed_commands import Command, TypedCommands

ROWS = 50
MOST_AT_ONCE = 50
"""Records of one confirmation: the browser sends more of them one after the other, and shows how far it is."""


class Describe(Command):
    """Return the job's name, its tasks, and the condition that the table is limited to."""

    name: Literal["describe"]


class Rows(Command):
    """Return a page of records that match both the table's condition and this one."""

    name: Literal["rows"]
    where: str = Field(default="", max_length=10_000)
    order: str = "confidence"
    after: str | None = None


class Confirm(Command):
    """Confirm the model's labels of these records."""

    name: Literal["confirm"]
    record_ids: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Decide(Command):
    """Give these records a value of one task."""

    name: Literal["decide"]
    record_ids: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)
    task: str
    value: Any


class Select(Command):
    """Make these records the table's selection."""

    name: Literal["select"]
    record_ids: list[str] = Field(max_length=100_000)


TableCommand = Annotated[Describe | Rows | Confirm | Decide | Select, Field(discriminator="name")]
_COMMANDS: TypeAdapter[TableCommand] = TypeAdapter(TableCommand)


class TableCommands:
    """Answers the commands of one job's table."""

    def __init__(
        self,
        job: Job,
        *,
        where: Condition | str | None,
        page: str | None,
        on_select: Callable[[Sequence[str]], None],
    ) -> None:
        self._job = job
        self._page = page
        self._on_select = on_select
        self._typed = TypedCommands(_COMMANDS, self._carry_out)
        self.where = str(where if where is not None else field("outcome").exists())

    def answer(self, content: Any) -> dict[str, Any] | None:
        """Carry out the command of a message; return the answer, or None where the message is no command."""
        return self._typed.answer(content)

    def _carry_out(self, command: TableCommand) -> Any:
        match command:
            case Describe():
                schema = self._job.tandem.transport.get(f"/label-schemas/{self._job.label_schema_id}")
                return {"name": self._job.name, "tasks": schema["tasks"], "where": self.where, "at_once": MOST_AT_ONCE}
            case Rows():
                where = f"({self.where}) and ({command.where})" if command.where.strip() else self.where
                found = self._job.where(where, order=command.order)
                count = "quick" if command.after is None else "none"
                return found.page(after=command.after, limit=ROWS, count=count).model_dump(mode="json")
            case Confirm():
                return self._job.confirm(command.record_ids, page=self._page).model_dump(mode="json")
            case Decide():
                return self._decided(command)
            case Select():
                self._on_select(command.record_ids)
                return None
            case _:
                assert_never(command)

    def _decided(self, command: Decide) -> dict[str, Any]:
        confirmed: list[str] = []
        refused: dict[str, str] = {}
        for record_id in command.record_ids:
            try:
                self._job.decide(record_id, page=self._page, **{command.task: command.value})
                confirmed.append(record_id)
            except TandemError as error:
                if error.status in (0, 401, 403):
                    raise
                refused[record_id] = error.sentence
        return {"confirmed": confirmed, "refused": refused}

"""A job's records as a table in a cell. Importing this needs the extra `notebook`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from tandem_client.models import Job
from tandem_client.notebook.cell_widget import CellWidget
from tandem_client.notebook.table_commands import TableCommands

if TYPE_CHECKING:
    from tandem_client.expressions import Condition
    from tandem_client.resources.subsets import Subset


class TableWidget(CellWidget):
    """Records of a job: sort by confidence either way, filter, select, confirm or correct what is selected.

    `selected` has the ids of the selected records, as texts; `table.observe(function, "selected")` follows it. The
    selection is not saved into the notebook.
    """

    selected = traitlets.Tuple(default_value=())

    def __init__(self, job: Job, *, where: Condition | str | None, page: str | None, height: int) -> None:
        self._commands = TableCommands(job, where=where, page=page, on_select=self._on_select)
        job.where(self._commands.where).page(limit=0)  # a condition that is none is refused here, not in the cell
        self._job = job
        super().__init__(f"Records of the job {job.name}", view="table", height=height, job_id=job.id)

    def save(self, name: str) -> Subset:
        """Save the selected records as a subset of the data set."""
        definition = {"kind": "records", "record_ids": list(self.selected)}
        return self._job.tandem.subsets.create(self._job.dataset_id, name=name, definition=definition)

    def _on_message(self, widget: Any, content: Any, buffers: Any) -> None:
        if isinstance(content, dict) and _is_selection(content.get("command")):
            self._answer(content)  # in the order in which they come
        else:
            super()._on_message(widget, content, buffers)

    def _answer(self, content: Any) -> None:
        if (answer := self._commands.answer(content)) is not None:
            self.send(answer)

    def _on_select(self, record_ids: Sequence[str]) -> None:
        self.selected = tuple(record_ids)


def _is_selection(command: Any) -> bool:
    return isinstance(command, dict) and command.get("name") == "select"

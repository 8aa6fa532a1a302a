"""The review card as a widget. Importing this needs the extra `notebook`."""

from __future__ import annotations

from typing import Any

from tandem_client.models import Job
from tandem_client.notebook.cell_widget import CellWidget
from tandem_client.notebook.commands import Ask, ReviewCommands


class ReviewWidget(CellWidget):
    """The review card of one job."""

    def __init__(self, job: Job, *, page: str | None, height: int) -> None:
        transport = job.tandem.transport
        self._commands = ReviewCommands(
            transport, page=page or transport.url, job_id=job.id, label_schema_id=job.label_schema_id
        )
        self._commands.check()
        super().__init__(f"Review of the job {job.name}", view="review", height=height, job_id=job.id)

    def _answer(self, content: Any) -> None:
        if (ask := Ask.of(content)) is not None:
            self.send(self._commands.answer(ask))

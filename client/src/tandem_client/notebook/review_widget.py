"""The review card as a widget. Importing this needs the extra `notebook`."""

from __future__ import annotations

import html
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from tandem_client.errors import TandemError
from tandem_client.models import Job
from tandem_client.notebook.commands import Ask, ReviewCommands

_STATIC = Path(__file__).parent / "static"
_ANSWERING = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tandem-widget")
"""Requests are made beside the kernel's own thread, which runs cells."""


class ReviewWidget(anywidget.AnyWidget):
    """The review card of one job. Nothing of the records and no credential is in the widget's state."""

    job_id = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int().tag(sync=True)

    def __init__(self, job: Job, *, page: str | None, height: int) -> None:
        transport = job.tandem.transport
        self._job = job
        self._commands = ReviewCommands(
            transport, page=page or transport.url, job_id=job.id, label_schema_id=job.label_schema_id
        )
        self._commands.check()
        super().__init__(job_id=job.id, height=height)
        self.on_msg(self._on_message)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if (ask := Ask.of(content)) is not None:
            _ANSWERING.submit(self._answer, ask)

    def _answer(self, ask: Ask) -> None:
        self.send(self._commands.answer(ask))

    def _repr_mimebundle_(self, **more: Any) -> Any:
        """Show the widget; a notebook that is read without a kernel shows a sentence in its place."""
        bundle = super()._repr_mimebundle_(**more)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            told = f"Review of the job {self._job.name}. Run the cell to go on."
            data |= {"text/plain": told, "text/html": f"<p>{html.escape(told)}</p>"}
        return bundle


def _read(name: str) -> str:
    file = _STATIC / name
    if not file.is_file():
        raise TandemError(
            "The widget is not built",
            type="widget-not-built",
            detail=f"{file} is missing",
            cure="Run `make web` in the source tree, or install the distribution from the package index.",
        )
    return file.read_text(encoding="utf-8")


ReviewWidget._esm = _read("review.js")  # noqa: SLF001 - where anywidget looks for it
ReviewWidget._css = _read("review.css")  # noqa: SLF001 - anywidget reads it there

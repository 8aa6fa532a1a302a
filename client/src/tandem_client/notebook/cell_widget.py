"""What widgets have in common. Importing this needs the extra `notebook`."""

from __future__ import annotations

import html
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from tandem_client.errors import TandemError

_STATIC = Path(__file__).parent / "static"
_ANSWERING = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tandem-widget")
"""Requests are made beside the kernel's own thread, which runs cells."""


class CellWidget(anywidget.AnyWidget):
    """A view in a cell. Nothing of the records and no credential is in the widget's state."""

    view = traitlets.Unicode().tag(sync=True)
    job_id = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int().tag(sync=True)

    def __init__(self, title: str, *, view: str, height: int, job_id: str = "") -> None:
        """`title` stands in a notebook that is read without a kernel, e.g. "Review of the job monday"."""
        self._told = f"{title}. Run the cell to go on."
        super().__init__(view=view, job_id=job_id, height=height)
        self.on_msg(self._on_message)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        _ANSWERING.submit(self._answer, content)

    def _answer(self, content: Any) -> None:
        """Answer a message of the browser, if it is one of this widget's."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **more: Any) -> Any:
        """Show the widget; a notebook that is read without a kernel shows a sentence in its place."""
        bundle = super()._repr_mimebundle_(**more)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data |= {"text/plain": self._told, "text/html": f"<p>{html.escape(self._told)}</p>"}
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


CellWidget._esm = _read("cell.js")  # noqa: SLF001 - where anywidget looks for it
CellWidget._css = _read("cell.css")  # noqa: SLF001 - anywidget reads it there

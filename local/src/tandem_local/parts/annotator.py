"""The offline annotator as a child process."""

from __future__ import annotations

import sys
from pathlib import Path

from tandem.runtime.processes import LOOPBACK, Process, free_port, listens


class Annotator(Process):
    """The model for machines without one; see `tandem_local.annotator`."""

    def __init__(self, *, log_file: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "tandem_local.annotator", "--port", str(self.port)]
        super().__init__("annotator", command, log_file=log_file)

    @property
    def base_url(self) -> str:
        """Return the base URL for clients of OpenAI's API."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    def is_ready(self) -> bool:
        return listens(self.port)

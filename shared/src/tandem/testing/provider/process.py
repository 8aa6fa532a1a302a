"""The simulated provider in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from tandem.runtime.processes import LOOPBACK, Process, free_port, listens


class ProviderProcess(Process):
    """Provider in a child process, for tests that kill it and for benchmarks. Control it over HTTP at `control_url`."""

    def __init__(self, *, log_file: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "tandem.testing.provider", "--port", str(self.port)]
        super().__init__("provider", command, log_file=log_file)

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/v1"

    @property
    def control_url(self) -> str:
        """Return the base URL of /score, /reset and /behaviour."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        return listens(self.port)

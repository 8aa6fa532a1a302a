"""The simulated provider in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from tandem.runtime.processes import LOOPBACK, Process, free_port, listens


class ProviderProcess(Process):
    """For tests that kill things and for benchmarks. Steer it over HTTP at `control_url`."""

    def __init__(self, *, log_file: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "tandem.testing.provider", "--port", str(self.port)]
        super().__init__("provider", command, log_file=log_file)

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/v1"

    @property
    def control_url(self) -> str:
        """Where /score, /reset and /behaviour are."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        return listens(self.port)

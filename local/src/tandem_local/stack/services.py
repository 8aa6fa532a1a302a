"""Tandem's services as child processes: how each is started, and when it is ready."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tandem.runtime.processes import LOOPBACK, Process

READY_SECONDS = 60.0
DRAIN_SECONDS = 10.0
"""Seconds for which calls under way may continue after Ctrl-C."""


class Service(Process):
    """One of our services: beside its work it serves /readyz, /livez and /metrics on `ops_port`."""

    def __init__(self, name: str, module: str, *, ops_port: int, log_file: Path, env: Mapping[str, str | None]) -> None:
        self.ops_port = ops_port
        super().__init__(
            name,
            [sys.executable, "-u", "-m", module],
            log_file=log_file,
            env={**env, "TANDEM_OBSERVABILITY__OPS_PORT": str(ops_port)},
        )

    @property
    def ops_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ops_port}"

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.ops_url}/readyz", timeout=1.0, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

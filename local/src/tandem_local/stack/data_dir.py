"""The directory where a local stack keeps what survives it: MongoDB's files, logs, ports, the admin key."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tandem.runtime.processes import LOOPBACK, free_port

LEAST_KEY_CHARACTERS = 32
"""Shortest bootstrap key that the api accepts."""


class InUseError(RuntimeError):
    """Another stack runs on this data directory."""


class DataDir:
    """Paths and small files of one data directory. Files with secrets are readable by their owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._given_ports: set[int] = set()

    @property
    def mongod(self) -> Path:
        return self.path / "mongod"

    @property
    def state_file(self) -> Path:
        """Return the path of the file with addresses, process ids and the admin key of the running stack, as JSON."""
        return self.path / "stack.json"

    def log_file(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the directory; the kernel releases it when the process ends, however it ends.

        Raises InUseError when another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise InUseError(
                    f"A stack is running on {self.path} already (process {holder}). "
                    "Stop it, or choose another directory with --data-dir."
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def admin_key(self) -> str:
        """Return the stack's own API key; make it if there is none, or one too short for the api to accept."""
        try:
            key = self._admin_key_file.read_text().strip()
        except FileNotFoundError:
            key = ""
        return key if len(key) >= LEAST_KEY_CHARACTERS else self.new_admin_key()

    def new_admin_key(self) -> str:
        """Make another API key for the stack in place of the one before, and return it."""
        key = f"tdm_{secrets.token_urlsafe(32)}"
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(self._admin_key_file, key + "\n")
        return key

    @property
    def _admin_key_file(self) -> Path:
        return self.path / "admin.key"

    def state(self) -> dict[str, Any]:
        """Return what the last stack on this directory wrote; empty when there was none."""
        try:
            found: dict[str, Any] = json.loads(self.state_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def write_state(self, state: dict[str, Any]) -> None:
        _write_private(self.state_file, json.dumps(state, indent=2) + "\n")

    def port(self, name: str) -> int:
        """Return the port that this part had last time if it is free, else any free one."""
        port = self.state().get("ports", {}).get(name)
        if not isinstance(port, int) or not _is_free(port):
            port = free_port()
        while port in self._given_ports:
            port = free_port()
        self._given_ports.add(port)
        return port


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _write_private(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
        sink.write(text)
    part.replace(file)

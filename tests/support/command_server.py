"""Runs the program `tandem` in a process of its own for each command, without importing it anew each time.

Half a second of each command is imports, and the tests of the command line run a hundred of them. `python
command_server.py` imports the program once and forks for each command that it reads from its input; `CommandServer` is
its client. A command has arguments, an environment, standard streams and a status of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any


class CommandServer:
    """Runs commands, one at a time. Use it as a context manager."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment`: of the server, in which the program is imported; each command has one of its own."""
        self._environment = dict(environment)

    def __enter__(self) -> CommandServer:
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate(timeout=30)

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], answer: str) -> tuple[int, str, str]:
        """Run one command to its end, with `answer` as its input. Return its status, output and error output."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
            files[0].write_text(answer)
            order = {"arguments": list(arguments), "environment": dict(environment), "files": list(map(str, files))}
            self._server.stdin.write(json.dumps(order) + "\n")
            self._server.stdin.flush()
            status = self._server.stdout.readline()
            assert status, "the server of commands ended"
            return int(status), files[1].read_text(), files[2].read_text()


def serve() -> None:
    """Fork for each order on standard input; write the status of each child to standard output."""
    from tandem_client.cli.app import main  # noqa: PLC0415 - once, before the first fork
    from tandem_client.cli.parts import PARTS  # noqa: PLC0415 - as above

    for part in PARTS.values():
        import_module(part.module)

    for extension in entry_points(group="tandem.commands"):
        extension.load()
    orders = os.fdopen(os.dup(0), "rb", buffering=0)  # unbuffered, so that no child holds a part of the next order
    while line := orders.readline():
        order = json.loads(line)
        if (child := os.fork()) == 0:
            become(order)
            main()
            return
        _, status = os.waitpid(child, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def become(order: dict[str, Any]) -> None:
    """Take over the arguments, the environment and the standard streams of a command."""
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["tandem", *order["arguments"]]
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (name, flag) in enumerate(zip(order["files"], flags, strict=True)):
        opened = os.open(name, flag, 0o600)
        os.dup2(opened, number)
        os.close(opened)


if __name__ == "__main__":
    serve()

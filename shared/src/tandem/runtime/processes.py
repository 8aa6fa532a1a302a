"""Child processes that do not outlive their parent: servers that the local stack and the tests start and stop.

A `Process` is described first (command, log file, address), then started, awaited until it is ready, stopped or
killed, and may be started again. Methods block; callers inside an event loop run the waiting ones with
`asyncio.to_thread`, but call `spawn` in the main thread: Linux ties the life of a child to the *thread* that started
it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

LOOPBACK = "127.0.0.1"

# Runs between fork and exec, as a program of its own because Python code in a forked child of a threaded parent
# can deadlock. It asks the kernel for a signal at the parent's death (prctl 1 is PR_SET_PDEATHSIG), then becomes the
# server; the check of the parent closes the gap of a parent that died before the request.
_LAUNCHER = """
import ctypes, os, sys
parent, death_signal, *command = sys.argv[1:]
ctypes.CDLL(None, use_errno=True).prctl(1, int(death_signal), 0, 0, 0)
if os.getppid() != int(parent):
    sys.exit(1)
os.execvp(command[0], command)
"""


def listens(port: int) -> bool:
    """Say whether a server accepts connections on the loopback `port`."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


class ProcessFailed(RuntimeError):  # noqa: N818 - says what happened, and callers read it as a sentence
    """A child process ended, or was not ready in time; the message carries the end of its log."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now.

    The port is free when this returns, not reserved: a server should bind it at once.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


_PATIENCE = 5
"""How many times its timeout a process may take to start while it makes progress."""
_PROGRESS = 0.02
"""CPU seconds for each second of waiting that count as progress; a process that only polls uses less."""


class Process:
    """Server as a child process, with its output in a log file.

    Subclasses say when the server is ready by overriding `is_ready`; without that a running process counts as ready.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        log_file: Path,
        env: Mapping[str, str | None] | None = None,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Describe the process; nothing runs yet.

        `env` is laid over the parent's environment; None takes a variable away. `death_signal` is what the child gets
        when the parent dies (Linux only; elsewhere an orphan stays and has to be stopped by its pid).
        """
        self.name = name
        self.command = [os.fspath(part) for part in command]
        self.log_file = log_file
        self.env = dict(env or {})
        self.death_signal = death_signal
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        """Size of the log file when the process was started: what stands before is of earlier runs."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The child's process id; `ProcessFailed` when it was never started."""
        if self._child is None:
            raise ProcessFailed(f"{self.name} was not started")
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        """The exit status (negative: ended by that signal), or None while the process runs or before it was started."""
        return None if self._child is None else self._child.poll()

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def is_ready(self) -> bool:
        """Say whether the server can be used. Must neither block longer than a second nor raise while it comes up."""
        return True

    def spawn(self) -> None:
        """Start the program and return at once. Call it in the main thread."""
        if self.running:
            raise ProcessFailed(f"{self.name} is running already (pid {self.pid})")
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"start {self.name} in the main thread: its life is tied to the thread that starts it")
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(  # noqa: S603 - the callers are ours; no shell, no outside input
                self._launch_command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={name: value for name, value in {**os.environ, **self.env}.items() if value is not None},
                start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone, which stops things in order
            )

    def _launch_command(self) -> list[str]:
        if sys.platform != "linux":
            return self.command
        return [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _LAUNCHER,
            str(os.getpid()),
            str(int(self.death_signal)),
            *self.command,
        ]

    def wait_ready(self, timeout: float = 30.0) -> None:
        """Wait until `is_ready`, at most `timeout` seconds, or five times as long while the process makes progress: on
        a busy machine imports alone may take a minute.

        Raises:
            ProcessFailed: the process ended, or time ran out (it is killed then).
        """
        began = time.monotonic()
        deadline = began + timeout
        used = self._cpu_seconds()
        while True:
            if not self.running:
                raise ProcessFailed(f"{self.name} ended with status {self.returncode}.\n{self.log_tail()}")
            if self.is_ready():
                return
            now = time.monotonic()
            if deadline < now < began + _PATIENCE * timeout and self._cpu_seconds() - used >= _PROGRESS * timeout:
                deadline, used = now + timeout / 2, self._cpu_seconds()
            if now > deadline:
                self.kill()
                raise ProcessFailed(f"{self.name} was not ready after {now - began:.0f} s.\n{self.log_tail()}")
            time.sleep(0.02)

    def _cpu_seconds(self) -> float:
        """Return the CPU time that the process has used; 0 where the system does not tell it."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ProcessFailed):
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def start(self, timeout: float = 30.0) -> None:
        """`spawn`, then `wait_ready`."""
        self.spawn()
        self.wait_ready(timeout)

    def stop(self, timeout: float = 15.0) -> int | None:
        """Ask the process to end (SIGTERM), kill it after `timeout` seconds; return its exit status.

        Harmless when it is not running.
        """
        if self._child is None:
            return None
        if self._child.poll() is None:
            self._child.terminate()
            self.resume()  # a suspended process would not act on the signal
            try:
                self._child.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._child.returncode

    def kill(self) -> None:
        """End the process with SIGKILL and wait until it is gone. Harmless when not running."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def suspend(self) -> None:
        """Stop the process from running (SIGSTOP) until `resume`; its connections stay open. Harmless when it ended."""
        if self.running:
            os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended process run on (SIGCONT). Harmless when it was not suspended."""
        if self.running:
            os.kill(self.pid, signal.SIGCONT)

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines that this run of the process wrote, under a line that names the file."""
        try:
            with self.log_file.open("rb") as log:
                log.seek(self._log_start)
                text = log.read().decode(errors="replace")
        except FileNotFoundError:
            text = ""
        return "\n".join([f"The end of {self.log_file}:", *text.splitlines()[-lines:]])

"""Runs a local stack in the foreground: start, do some work beside it, supervise, stop on Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tandem.observability.ports import PortNotOpenedError, opening
from tandem.runtime.processes import LOOPBACK, ProcessFailed
from tandem_client import Tandem, TandemError
from tandem_client.cli.terminal import SafeConsole
from tandem_local.parts.binaries import ProgramNotFound
from tandem_local.settings import LocalSettings
from tandem_local.stack import DataDir, InUseError, Stack, StackModel, Supervisor

TICK_SECONDS = 0.1
console = SafeConsole(stderr=True, highlight=False)


def say(sentence: str) -> None:
    console.print(sentence, soft_wrap=True, markup=False)


class _Stopped(Exception):  # noqa: N818 - no error: the stack is going down and the work beside it ends
    pass


@contextmanager
def serving(data_dir: Path, *, ui_port: int | None) -> Iterator[RunningStack]:
    """Start a stack and yield it when it is ready; stop all of it on the way out, however that comes.

    Raises TandemError, as one sentence, when it cannot be started. SIGTERM and SIGHUP act like Ctrl-C.
    """
    _interrupt_on(signal.SIGTERM, signal.SIGHUP)
    settings = LocalSettings()
    directory = DataDir(data_dir)
    try:
        with directory.locked():
            stack = Stack(
                directory,
                model=StackModel.chosen(settings),
                kafka=settings.kafka,
                mongo=settings.mongo,
                ui_port=ui_port,
                say=say,
            )
            try:
                if ui_port is not None:
                    with opening(LOOPBACK, ui_port, setting="--ui-port"):
                        socket.create_server((LOOPBACK, ui_port)).close()
                with console.status("Starting MongoDB, the broker and the services …"):
                    stack.start()
                yield RunningStack(stack)
            finally:
                _stop(stack)
    except InUseError as error:
        raise TandemError("In use", type="in-use", detail=str(error)) from error
    except PortNotOpenedError as error:
        raise TandemError("A port is taken", type="port-taken", detail=str(error)) from error
    except ProgramNotFound as error:
        raise TandemError("A program is missing", type="no-program", detail=str(error)) from error
    except ProcessFailed as error:
        raise TandemError("A part did not start", type="not-started", detail=str(error)) from error


class RunningStack:
    """A stack that is up, with its supervisor."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._supervisor = Supervisor(stack.processes, say=say, on_restart=stack.write_state)
        self._stopping = threading.Event()

    def client(self) -> Tandem:
        """Return a client with the stack's admin key. It is patient: a service that was killed is started again."""
        return Tandem(self.stack.api_url, self.stack.admin_key, patience=60.0, sleep=self._sleep)

    def login_link(self, tandem: Tandem) -> str:
        """Return an address that opens the review page logged in, once, as the one person whose machine this is."""
        link = tandem.access.login_link(role="admin", ttl_seconds=24 * 3600, as_caller=True)
        return link.address(self.stack.ui_url)

    def supervise_while(self, work: Callable[[], None]) -> None:
        """Do `work` in a thread and keep the processes running meanwhile; raise what it raised."""
        failures: list[BaseException] = []

        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                failures.append(error)

        thread = threading.Thread(target=guarded, name="work", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                self._supervisor.tick()
                thread.join(TICK_SECONDS)
        finally:
            self._stopping.set()
        if failures:
            raise failures[0]

    def supervise_forever(self) -> None:
        """Keep the processes running until Ctrl-C or SIGTERM."""
        try:
            while True:
                self._supervisor.tick()
                time.sleep(TICK_SECONDS)
        except KeyboardInterrupt:
            return

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise _Stopped


def _stop(stack: Stack) -> None:
    def at_once(_signal: int, _frame: FrameType | None) -> None:
        stack.kill()

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, at_once)
    with console.status("Stopping; Ctrl-C again to stop at once …"):
        stack.stop()


def _interrupt_on(*signals: signal.Signals) -> None:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in signals:
        signal.signal(name, interrupt)

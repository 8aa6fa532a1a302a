"""The frame that every service's process runs in: logs, traces, health, signals, and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from tandem.observability.health import Health, OpsServer
from tandem.observability.logs import configure_logs, get_logger
from tandem.observability.ports import PortNotOpenedError
from tandem.observability.tracing import Tracing
from tandem.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)

STOP_STEP_SECONDS = 60.0
"""The longest that one stop step may take; longer than any consumer's drain and the commit after it."""
YOUNG_OBJECTS = 20_000
"""Made and not given back, at which the garbage collector looks for cycles among them."""

_log = get_logger(__name__)


@dataclass(frozen=True)
class App:
    """Work of a service between start and stop.

    `run`: named coroutine functions, run side by side. One that ends or raises before the stop ends the process with
    status 1. `stop`: steps taken in order once the process is to end (stop fetching and drain, close servers); what
    still runs after them is cancelled. What `build` opened is closed after that, by leaving its context.
    """

    run: Mapping[str, Callable[[], Awaitable[None]]]
    stop: Sequence[Callable[[], Awaitable[None]]] = ()
    ports: Mapping[str, Callable[[], int]] = field(default_factory=dict)
    """Named ports to tell in the `service.ready` log line, e.g. {"http_port": server.port}."""


Build = Callable[[S, Health], AbstractAsyncContextManager[App]]


def run(service_name: str, settings: S, build: Build[S]) -> NoReturn:
    """Run a service until SIGTERM or SIGINT, then exit 0; exit 1 when a part of it failed.

    A second signal exits at once.
    `build(settings, health)` is an async context manager that constructs everything, yields the App, and closes what it
    opened in reverse order.
    """
    configure_logs(settings.observability, service=service_name)
    tracing = Tracing(settings.observability, service=service_name)
    try:
        status = asyncio.run(_run(service_name, settings, build))
    except PortNotOpenedError as error:
        _log.error("service.not_started", service=service_name, error=str(error))
        status = 1
    finally:
        tracing.shutdown()  # last, so that the spans of the very end are sent too
    sys.exit(status)


async def _run(service_name: str, settings: S, build: Build[S]) -> int:
    health = Health()
    ops = OpsServer(settings.observability.ops_host, settings.observability.ops_port, health)
    ops.start()
    beating = asyncio.create_task(health.keep_beating())
    stopping = asyncio.Event()
    _install_signal_handlers(stopping)
    _log.info("service.starting", service=service_name, ops_port=ops.port)
    try:
        return await _until_stopped(settings, build, health, stopping, ops.port)
    except PortNotOpenedError:
        raise
    except Exception:  # noqa: BLE001 - said once, then the process ends with status 1
        _log.exception("service.crashed")
        return 1
    finally:
        beating.cancel()
        ops.stop()
        _log.info("service.stopped")


async def _until_stopped(settings: S, build: Build[S], health: Health, stopping: asyncio.Event, ops_port: int) -> int:
    built = asyncio.Event()

    async def live() -> int:
        async with build(settings, health) as app:
            built.set()
            return await _live(app, stopping, ops_port)

    living = asyncio.create_task(live())
    told = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((living, told), return_when=asyncio.FIRST_COMPLETED)
        if not built.is_set() and not living.done():
            living.cancel()  # told to stop while still waiting for a dependency
            await asyncio.gather(living, return_exceptions=True)
            return 0
        return await living
    finally:
        told.cancel()


def _collect_garbage_less_often() -> None:
    """Raise the thresholds of the garbage collector. Calls and batches of events are many small objects that live
    together for a moment, and few cycles. At the default threshold of 700 they were gone through several times over,
    which took longer than reading them."""
    gc.collect()
    gc.freeze()  # modules and what was built live as long as the process
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


async def _live(app: App, stopping: asyncio.Event, ops_port: int) -> int:
    _collect_garbage_less_often()
    tasks = {asyncio.create_task(_as_coroutine(work), name=name) for name, work in app.run.items()}
    told = asyncio.create_task(stopping.wait())
    _log.info("service.ready", ops_port=ops_port, **{name: port() for name, port in app.ports.items()})
    try:
        await asyncio.wait((*tasks, told), return_when=asyncio.FIRST_COMPLETED)
        ended = [] if stopping.is_set() else [task for task in tasks if task.done()]
        for task in ended:
            _log.error("service.component.ended", component=task.get_name(), exc_info=task.exception())
        await _stop(app)
    finally:
        told.cancel()
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [result for result in results if isinstance(result, Exception)]
    if not ended:
        for error in failed:
            _log.error("service.component.failed", exc_info=error)
    return 1 if ended or failed else 0


async def _as_coroutine(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _stop(app: App) -> None:
    for step in app.stop:
        try:
            async with asyncio.timeout(STOP_STEP_SECONDS):
                await step()
        except Exception:  # noqa: BLE001 - the other steps must be taken too
            _log.exception("service.stop_step.failed", step=getattr(step, "__qualname__", repr(step)))


def _install_signal_handlers(stopping: asyncio.Event) -> None:
    def on_signal(number: signal.Signals) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        _log.info("service.stopping", signal=number.name)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)

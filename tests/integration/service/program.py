"""A small service for the tests of the frame. The argument says how it behaves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from tandem.observability.health import Health
from tandem.observability.logs import get_logger
from tandem.runtime.service import App, run
from tandem.runtime.serving import HttpServer
from tandem.settings import HttpSettings, ServiceSettings

_log = get_logger("program")
BEHAVIOUR = sys.argv[1]


class Settings(ServiceSettings):
    http: HttpSettings = HttpSettings(port=0)


async def for_ever() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        _log.info("component.cancelled")


async def crash() -> None:
    raise RuntimeError("this part is broken")


async def end() -> None:
    return


def step(name: str) -> Callable[[], Awaitable[None]]:
    async def take() -> None:
        _log.info("stop.step", step=name)
        if BEHAVIOUR == "slow-stop":
            await asyncio.Event().wait()
        if BEHAVIOUR == "bad-stop":
            raise RuntimeError("this step is broken")

    return take


@asynccontextmanager
async def build(settings: Settings, health: Health) -> AsyncIterator[App]:
    if BEHAVIOUR == "broken-build":
        raise RuntimeError("cannot be built")
    health.expect("dependency")
    if BEHAVIOUR == "waiting-build":
        _log.info("build.waits")
        await asyncio.Event().wait()
    health.set("dependency", None)
    app = FastAPI()

    @app.get("/hello")
    async def hello() -> dict[str, str]:
        return {"hello": "you"}

    server = HttpServer(app, settings.http)
    parts: dict[str, Callable[[], Awaitable[None]]] = {"http": server.run, "work": for_ever}
    if BEHAVIOUR in {"crash", "end"}:
        parts["part"] = crash if BEHAVIOUR == "crash" else end
    try:
        yield App(
            run=parts, stop=[step("first"), server.stop, step("second")], ports={"http_port": lambda: server.port}
        )
    finally:
        _log.info("build.left")


run("program", Settings(), build)

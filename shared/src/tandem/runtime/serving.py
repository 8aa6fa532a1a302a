"""Serves an ASGI app inside a process that has its own signal handlers and its own logs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from tandem.settings import HttpSettings

GRACE_SECONDS = 10


class HttpServer:
    """A uvicorn server as a component: `run` serves until `stop`; `port` is known before that.

    Port 0 in the settings takes a free one.
    """

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        """Binds the port. Raises OSError when it is taken."""
        config = uvicorn.Config(
            cast("Any", app), log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=GRACE_SECONDS
        )
        self._server = _Server(config)
        self._ended: asyncio.Event | None = None
        self._socket = socket.create_server((settings.host, settings.port), backlog=2048)

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    async def run(self) -> None:
        self._ended = asyncio.Event()
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Take no new connections and let open requests end, for GRACE_SECONDS; returns when `run` did."""
        self._server.should_exit = True
        if self._ended is not None:
            await self._ended.wait()


def serve_http(app: ASGIApp, settings: HttpSettings) -> HttpServer:
    return HttpServer(app, settings)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the process's own handlers stay

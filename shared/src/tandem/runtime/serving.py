"""Serves an ASGI app inside a process that has its own signal handlers and its own logs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from tandem.observability.ports import opening
from tandem.settings import HttpSettings

GRACE_SECONDS = 10


class HttpServer:
    """A uvicorn server as a component: `run` serves until `stop`; `port` is known before that.

    Port 0 in the settings takes a free one.
    """

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        """Binds the port. Raises PortNotOpenedError when it is taken."""
        config = uvicorn.Config(
            cast("Any", app),
            http=_bounded_by(settings.header_seconds),
            log_config=None,
            access_log=False,
            lifespan="on",
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = _Server(config)
        self._ended: asyncio.Event | None = None
        with opening(settings.host, settings.port, setting="TANDEM_HTTP__PORT"):
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


def _bounded_by(seconds: float) -> type[H11Protocol]:
    """Return the protocol of connections that are closed when the headers of a request take longer than `seconds`."""

    class BoundedHeaders(H11Protocol):
        _late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            super().connection_made(transport)
            self._late = self.loop.call_later(seconds, self._close_if_late)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:  # headers are complete
                self._forget()
            elif self._late is None:  # the first bytes of another request on the connection
                self._late = self.loop.call_later(seconds, self._close_if_late)

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def _close_if_late(self) -> None:
            self._late = None
            if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
                self.transport.close()

        def _forget(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

    return BoundedHeaders


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the process's own handlers stay

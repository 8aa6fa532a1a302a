"""Liveness and readiness, and the server on each service's own port that shows them beside the metrics.

Liveness is the event loop's own heartbeat and never a dependency: a process whose loop turns is alive even when MongoDB
and Kafka are away. Dependencies decide readiness. The server runs in threads of its own, so that it can tell when the
loop is stuck.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from tandem.observability.ports import opening

BEAT_SECONDS = 1.0
STUCK_AFTER_SECONDS = 15.0


@dataclass
class Health:
    """Known health of a process. `set` may be called from any task; the server reads it from threads."""

    _checks: dict[str, str | None] = field(default_factory=dict)
    _last_beat: float = field(default_factory=time.monotonic)

    def expect(self, name: str) -> None:
        """Declare a dependency; the process is not ready until it is reported well."""
        self._checks.setdefault(name, "not connected yet")

    def set(self, name: str, problem: str | None) -> None:
        """Report a dependency: None for well, else one sentence that says what is wrong."""
        self._checks[name] = problem

    def problem(self, name: str) -> str | None:
        return self._checks.get(name)

    @property
    def problems(self) -> dict[str, str]:
        return {name: problem for name, problem in self._checks.items() if problem is not None}

    @property
    def ready(self) -> bool:
        return not self.problems

    @property
    def alive(self) -> bool:
        return time.monotonic() - self._last_beat < STUCK_AFTER_SECONDS

    def beat(self) -> None:
        self._last_beat = time.monotonic()

    async def keep_beating(self) -> None:
        """Record the loop's heartbeat again and again; run it as a task for as long as the service lives."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT_SECONDS)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        pass


class OpsServer:
    """Serves /metrics, /livez and /readyz. `port` tells where once started."""

    def __init__(self, host: str, port: int, health: Health) -> None:
        """Binds the port. Raises PortNotOpenedError when it is taken."""
        self._health = health
        self._metrics = make_wsgi_app()
        with opening(host, port, setting="TANDEM_OBSERVABILITY__OPS_PORT"):
            self._server = make_server(host, port, self._answer, server_class=_Server, handler_class=_QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="ops-server", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(environ, start_response)
            return answer
        if path == "/livez":
            well, body = self._health.alive, {}
        elif path == "/readyz":
            well, body = self._health.ready, self._health.problems
        else:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"try /metrics, /livez or /readyz\n"]
        start_response("200 OK" if well else "503 Service Unavailable", [("Content-Type", "application/json")])
        return [json.dumps({"ok": well, "problems": body}).encode()]

"""Middleware around every request: its span, its duration, bounds on its body, headers that keep answers private."""

from __future__ import annotations

import asyncio
import re
import time

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tandem.observability.logs import get_logger
from tandem.observability.metrics import HTTP_SECONDS
from tandem.observability.tracing import tracer
from tandem.web.problems import Problem
from tandem.web.strange_requests import check_well_formed, known_method

MAX_JSON_BYTES = 1024 * 1024
BODY_SECONDS = 60.0
"""The longest that a body of at most MAX_JSON_BYTES may take to arrive."""
STREAMED_PATHS = r"^/api/v1/(datasets/[^/]+/imports|import-preview)$"
"""Paths of the api whose bodies are streams; they bound them on their own."""
CLIENT_WENT_AWAY = 499
"""The status by which metrics and spans know a request whose client did not wait for the answer."""

OWN_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""Settings for FastAPI(telemetry=...): its spans and exporters stay off, the ones here are declared with all others."""

_log = get_logger(__name__)


class RequestMiddleware:
    """A server span and a duration for each request, bounds on bodies, and headers that keep answers private.

    Bodies above `max_bytes` are refused, before they are read where they say their length, and those that take longer
    than `body_seconds`. Paths that match `streamed` take any: their endpoints bound what they read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int = MAX_JSON_BYTES,
        body_seconds: float = BODY_SECONDS,
        streamed: str = r"(?!)",
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._body_seconds = body_seconds
        self._streamed = re.compile(streamed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, headers = known_method(scope["method"]), Headers(scope=scope)
        context = extract({name: headers[name] for name in ("traceparent", "tracestate") if name in headers})
        started, status = time.perf_counter(), 500
        answered = False

        async def send_marked(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], True
                answer = MutableHeaders(scope=message)
                answer.setdefault("Cache-Control", "no-store")
                answer.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        with tracer().start_as_current_span(
            method, context=context, kind=SpanKind.SERVER, attributes={"http.request.method": method}
        ) as span:
            try:
                await self._bounded(scope, headers, receive, send_marked)
            except ClientDisconnect:
                status = CLIENT_WENT_AWAY
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                if answered:
                    raise  # too late for another answer; the server cuts the connection, so that the client notices
                _log.exception("http.request_failed", method=method, path=scope["path"])
                await _unexpected(span).response()(scope, receive, send_marked)
            finally:
                route = _route_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                HTTP_SECONDS.labels(method, route, str(status)).observe(time.perf_counter() - started)

    async def _bounded(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        try:
            check_well_formed(scope, headers)
            streamed = self._streamed.search(scope["path"])
            if not streamed and int(headers.get("content-length", "0")) > self._max_bytes:
                raise self._too_large()
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        if streamed:
            await self._app(scope, receive, send)
            return
        taken, more, until = 0, True, asyncio.get_running_loop().time() + self._body_seconds

        async def receive_bounded() -> Message:
            nonlocal taken, more
            try:
                async with asyncio.timeout_at(until if more else None):
                    message = await receive()
            except TimeoutError as error:
                raise self._too_slow() from error
            more = message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > self._max_bytes:
                raise self._too_large()
            return message

        await self._app(scope, receive_bounded, send)

    def _too_large(self) -> Problem:
        return Problem(
            413,
            "body-too-large",
            f"The body of this request is larger than {self._max_bytes:,} bytes.",
            cure="Send less at once; records are imported as a stream.",
        )

    def _too_slow(self) -> Problem:
        return Problem(
            408,
            "body-too-slow",
            f"The body of this request was not complete after {self._body_seconds:g} seconds.",
            cure="Send it again; if the connection is slow, send less at once.",
            headers={"Connection": "close"},
        )


def _unexpected(span: trace.Span) -> Problem:
    context = span.get_span_context()
    return Problem(
        500,
        "internal-error",
        "Something went wrong here that should not have; the logs of this service say what.",
        trace_id=trace.format_trace_id(context.trace_id) if context.is_valid else None,
    )


def _route_of(scope: Scope) -> str:
    """Return the route's template, so that ids make no metric of their own."""
    path = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None)
    return str(path) if path else "unmatched"

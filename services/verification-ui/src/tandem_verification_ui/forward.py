"""Forwards /api to the api, so that the page has one origin. Nothing is buffered, in either direction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import httpx
from opentelemetry.propagate import inject
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tandem.observability.logs import get_logger
from tandem.runtime.http_clients import stateless
from tandem.web import Problem

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 300.0
"""Longest silence of the api: an import answers when it committed."""
CONNECTIONS = 200

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_REPLACED = frozenset({b"host", b"traceparent", b"tracestate", b"x-forwarded-for", b"x-forwarded-host"})

_log = get_logger(__name__)


class Forwarder:
    """An ASGI app that sends each request on and streams the answer back. Cookies and credentials pass untouched.

    Everybody's requests go through one client, so it keeps neither cookies nor credentials, and takes none from the
    environment or from the address of the api.
    """

    def __init__(self, api_url: str) -> None:
        self._api = httpx.URL(api_url)
        if self._api.userinfo:  # would go out as everybody's Authorization header
            raise ValueError("the address of the api must not hold a user name or a password")
        self._client = stateless(
            httpx.AsyncClient,
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=20),
            follow_redirects=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._forward(Request(scope, receive))
        await response(scope, receive, send)

    async def _forward(self, request: Request) -> Response:
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        upstream = self._client.build_request(
            request.method,
            self._api.copy_with(raw_path=_target(request.scope)),
            headers=_request_headers(request),
            content=request.stream() if has_body else None,
        )
        try:
            answer = await self._client.send(upstream, stream=True)
        except httpx.TimeoutException as error:
            _log.warning("forward.timeout", error=type(error).__name__, path=request.url.path)
            return _no_answer(504, "api-timeout", "The api did not answer in time.").response()
        except httpx.TransportError as error:
            _log.warning("forward.failed", error=type(error).__name__, path=request.url.path)
            return _no_answer(502, "api-unavailable", "The api cannot be reached at the moment.").response()
        response = StreamingResponse(_body(answer), status_code=answer.status_code)
        response.raw_headers = list(_end_to_end(answer.headers.raw))
        return response


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the bytes as they came, compressed or not. An answer that breaks off breaks off here too."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


def _target(scope: Scope) -> bytes:
    """Return path and query exactly as the client sent them."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


def _request_headers(request: Request) -> list[tuple[bytes, bytes]]:
    headers = [(name, value) for name, value in _end_to_end(request.headers.raw) if name.lower() not in _REPLACED]
    context: dict[str, str] = {}
    inject(context)
    if request.client is not None:
        context["x-forwarded-for"] = request.client.host
    if host := request.headers.get("host"):
        context["x-forwarded-host"] = host
    if "x-forwarded-proto" not in request.headers:
        context["x-forwarded-proto"] = request.url.scheme
    return headers + [(name.encode(), value.encode("latin-1")) for name, value in context.items()]


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    """Return the headers without those of one connection: the known ones, and those that `Connection` names."""
    headers = list(headers)
    named = {
        option.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for option in value.split(b",")
    }
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP | named]


def _no_answer(status: int, code: str, detail: str) -> Problem:
    return Problem(status, code, detail, cure="Try again in a few seconds. If it persists, start the api service.")

"""Forwards /api to the api, so that the page has one origin. Uploads and answers are streamed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack

import httpx
from opentelemetry.propagate import inject
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tandem.observability.logs import get_logger
from tandem.runtime.http_clients import stateless
from tandem.web import STREAMED_PATHS, Problem
from tandem_verification_ui.per_client import PerClient

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 300.0
"""Longest silence of the api: an import answers when it committed."""
CONNECTIONS = 200
REQUESTS_PER_CLIENT = 100
UPLOADS_PER_CLIENT = 8
UPLOADS = 100
"""Uploads hold a connection for as long as they take; the rest of the connections is kept for all else."""
UPLOAD_IDLE_SECONDS = 90.0
"""An upload that sends nothing for so long ends; longer than the api itself waits, which has more to say."""

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
_REPLACED = frozenset(
    {b"host", b"traceparent", b"tracestate", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"}
)

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
        self._streamed = re.compile(STREAMED_PATHS)
        self._uploads = PerClient("uploads", each=UPLOADS_PER_CLIENT, together=UPLOADS)
        self._requests = PerClient("requests", each=REQUESTS_PER_CLIENT, together=10 * CONNECTIONS)

    async def close(self) -> None:
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        client = request.client.host if request.client else ""
        content: bytes | AsyncIterator[bytes] | None = None
        with ExitStack() as under_way:
            if "content-length" in request.headers or "transfer-encoding" in request.headers:
                if self._streamed.search(scope["path"]):
                    under_way.enter_context(self._uploads.one(client))
                    content = _upload(request)
                else:  # complete before it takes a connection to the api: a body that comes slowly is in nobody's way
                    content = await request.body()
            under_way.enter_context(self._requests.one(client))
            response = await self._forward(request, content)
            await response(scope, receive, send)

    async def _forward(self, request: Request, content: bytes | AsyncIterator[bytes] | None) -> Response:
        upstream = self._client.build_request(
            request.method,
            self._api.copy_with(raw_path=_target(request.scope)),
            headers=_request_headers(request),
            content=content,
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


async def _upload(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises a Problem when nothing comes for UPLOAD_IDLE_SECONDS."""
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(UPLOAD_IDLE_SECONDS):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise Problem(
                408,
                "upload-idle",
                f"The upload sent nothing for {UPLOAD_IDLE_SECONDS:g} seconds.",
                cure="Send it again.",
                headers={"Connection": "close"},
            ) from error
        if chunk is None:
            return
        yield chunk


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
    context["x-forwarded-proto"] = request.url.scheme  # what a trusted proxy said, see HttpSettings.trusted_proxies
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

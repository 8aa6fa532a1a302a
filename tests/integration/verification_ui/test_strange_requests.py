"""Requests that no client of ours sends, byte by byte to the port that the page is served from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import cast

import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from served import served
from tandem.runtime.serving import HttpServer
from tandem.settings import HttpSettings
from tandem.testing.waiting import eventually
from tandem.web import Problem, RequestMiddleware
from tandem_api.app import make_app as make_api
from tandem_verification_ui.app import make_app
from tandem_verification_ui.forward import UPLOADS_PER_CLIENT, Forwarder

TWO_LENGTHS = b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"
JSON = b"Content-Type: application/json\r\n"
IMPORTS = b"/api/v1/datasets/d/imports"


class Port:
    """Where bytes are sent to."""

    def __init__(self, url: str) -> None:
        self.host, port = url.removeprefix("http://").split(":")
        self.port = int(port)

    async def open(self, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(sent)
        await writer.drain()
        return reader, writer

    async def ask(self, sent: bytes) -> bytes:
        """Send a request. Return everything that comes back until the other side closes."""
        reader, writer = await self.open(sent)
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        return answer

    async def status(self, line: bytes, headers: bytes = b"", body: bytes = b"") -> int:
        answer = await self.ask(line + b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n" + headers + b"\r\n" + body)
        return int(answer.split(b" ", 2)[1])


@pytest.fixture
def seen() -> list[str]:
    """Paths that came through to the api."""
    return []


@pytest.fixture
async def port(seen: list[str], tmp_path: Path) -> AsyncIterator[Port]:
    """The review application in front of an api that reads what it gets."""

    async def echo(request: Request) -> Response:
        seen.append(request.scope["raw_path"].decode())
        return JSONResponse({"bytes": len(await request.body())})

    (tmp_path / "index.html").write_text("<!doctype html><title>Tandem</title>")
    async with served(Starlette(routes=[Route("/{rest:path}", echo, methods=["GET", "POST", "PUT"])])) as api_url:
        forwarder = Forwarder(api_url)
        async with served(make_app(forwarder=forwarder, static=tmp_path)) as url:
            yield Port(url)
        await forwarder.close()


@pytest.mark.parametrize(
    ("line", "headers", "body"),
    [
        (b"GET /api/v1/projects#a", b"", b""),
        (b"GET http://elsewhere.example/api/v1/projects", b"", b""),
        (b"GET //elsewhere.example/api/v1", b"", b""),
        (
            b"POST /api/v1/projects",
            JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            b"2\r\n{}\r\n0\r\n\r\n",
        ),
        (b"POST /api/v1/projects", JSON + b"Content-Length: " + b"9" * 20 + b"\r\n", b""),
        (b"POST /api/v1/projects", JSON + b"Content-Length: " + b"9" * 4400 + b"\r\n", b""),
        (b"POST /api/v1/projects", JSON + b"Content-Length: 5000000\r\n", b""),
        (b"GET /api/v1/%ff%00", b"Cookie: \xff\r\n", b""),
        (b"FETCH /api/v1/projects", b"", b""),
    ],
)
async def test_no_request_makes_a_fault_of_the_server(port: Port, line: bytes, headers: bytes, body: bytes) -> None:
    assert await port.status(line, headers, body) < 500


def series(name: str = "tandem_http_request_seconds_count") -> set[tuple[str, ...]]:
    return {
        tuple(sample.labels.values())
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == name
    }


async def test_invented_methods_and_paths_make_no_series_of_their_own(port: Port) -> None:
    await port.status(b"INVENTED /api/v1/x")
    await port.status(b"INVENTED /y")
    before = series()
    for number in range(20):
        await port.status(f"INVENTED{number} /api/v1/x{number}".encode())
        await port.status(f"INVENTED{number} /y{number}".encode())
    assert series() == before


async def test_a_slash_at_the_end_leads_nowhere_else() -> None:
    async with served(make_api(None, None)) as url:
        answer = await Port(url).ask(
            b"GET /api/v1/projects/ HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n"
        )
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"elsewhere" not in answer
    assert b"without the slash at the end" in answer


async def test_thousands_of_unknown_parameters_are_counted_and_not_told_one_by_one() -> None:
    query = b"&".join(f"prameter{number}=".encode() for number in range(4000))
    async with served(make_api(None, None)) as url:
        answer = await Port(url).ask(
            b"GET /api/v1/projects?" + query + b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
        )
    assert answer.startswith(b"HTTP/1.1 422")
    assert len(answer) < 10_000
    assert b"4,000" in answer


async def test_a_client_that_goes_away_in_its_upload_is_no_fault(port: Port) -> None:
    def ended() -> dict[tuple[str, ...], float]:
        return {labels: 1.0 for labels in series() if labels[0] == "POST" and labels[2].startswith("5")}

    before = ended()
    for path in (IMPORTS, b"/api/v1/projects", b"/verification/v1/items/i/skip"):
        _, writer = await port.open(
            b"POST " + path + b" HTTP/1.1\r\nHost: t\r\n" + JSON + b"Content-Length: 1000\r\n\r\n{"
        )
        writer.close()
    await eventually(lambda: any(labels[2] == "499" for labels in series()))
    assert await port.status(b"GET /api/v1/projects") == 200
    assert ended() == before


def half_an_upload(path: bytes) -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\nHost: t\r\n" + JSON + b"Content-Length: 1000\r\n\r\n{"


async def closed(connections: Iterable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
    for _, writer in connections:
        writer.close()


async def test_slow_bodies_of_one_client_leave_the_way_to_the_api_free(port: Port, seen: list[str]) -> None:
    slow = [await port.open(half_an_upload(b"/api/v1/projects")) for _ in range(250)]
    assert await port.status(b"GET /api/v1/projects") == 200
    uploads = [await port.open(half_an_upload(IMPORTS)) for _ in range(UPLOADS_PER_CLIENT)]
    await eventually(lambda: seen.count(IMPORTS.decode()) == UPLOADS_PER_CLIENT)
    assert await port.status(b"POST " + IMPORTS, JSON + b"Content-Length: 2\r\n", b"{}") == 429
    assert await port.status(b"GET /api/v1/projects") == 200
    await closed(uploads)

    async def taken_again() -> bool:
        return await port.status(b"POST " + IMPORTS, JSON + b"Content-Length: 2\r\n", b"{}") == 200

    await eventually(taken_again)
    await closed(slow)


async def test_headers_that_never_end_are_not_waited_for() -> None:
    async def nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    server = HttpServer(Starlette(routes=[Mount("/", app=nothing)]), HttpSettings(port=0, header_seconds=0.2))
    running = asyncio.create_task(server.run())
    port = Port(f"http://127.0.0.1:{server.port}")
    half = [await port.open(b"GET / HTTP/1.1\r\nHost: t\r\nX-") for _ in range(50)]
    silent = [await port.open(b"") for _ in range(50)]
    reader, writer = await port.open(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    writer.write(b"GET / HTTP/1.1\r\nHost: t\r\nX-")  # the second request of a connection
    async with asyncio.timeout(20):
        for waiting, _ in [*half, *silent, (reader, writer)]:
            assert await waiting.read() == b""
    await closed([*half, *silent, (reader, writer)])
    await server.stop()
    await running


async def test_a_body_that_takes_too_long_is_answered_and_ends() -> None:
    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(await Request(scope, receive).body())(scope, receive, send)

    inner = Starlette(routes=[Mount("/", app=reads)])
    inner.add_exception_handler(HTTPException, lambda _request, error: cast("Problem", error).response())
    async with served(RequestMiddleware(inner, body_seconds=0.2)) as url:
        assert await Port(url).status(b"POST /x", b"Content-Length: 10\r\n", b"1") == 408


@pytest.mark.parametrize(("trusted", "scheme"), [(("127.0.0.1",), "https"), (("10.0.0.0/8",), "http")])
async def test_what_a_proxy_says_holds_if_it_is_trusted(trusted: tuple[str, ...], scheme: str) -> None:
    async def says(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(scope["scheme"])(scope, receive, send)

    server = HttpServer(Starlette(routes=[Mount("/", app=says)]), HttpSettings(port=0, trusted_proxies=trusted))
    running = asyncio.create_task(server.run())
    answer = await Port(f"http://127.0.0.1:{server.port}").ask(
        b"GET / HTTP/1.1\r\nHost: t\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    )
    assert answer.endswith(b"\r\n\r\n" + scheme.encode())
    await server.stop()
    await running

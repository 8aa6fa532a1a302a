"""/api is forwarded to a real server, streamed both ways; the page is served beside it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from served import served
from tandem.testing.waiting import eventually
from tandem_verification_ui.app import make_app
from tandem_verification_ui.forward import Forwarder
from tandem_verification_ui.settings import VerificationUiSettings

MEGABYTE = 1024 * 1024


class Upstream:
    """A small server in the api's place that says what it saw."""

    def __init__(self) -> None:
        self.received = 0
        self.chunks_sent = 0
        self.go_on = asyncio.Event()
        self.app = Starlette(
            routes=[
                Route("/api/v1/echo/{rest:path}", self.echo, methods=["GET", "POST", "DELETE"]),
                Route("/api/v1/datasets/d/imports", self.upload, methods=["POST"]),
                Route("/api/v1/export", self.export),
                Route("/api/v1/packed", self.packed),
                Route("/api/v1/broken", self.broken),
            ]
        )

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        answer = JSONResponse(
            {
                "method": request.method,
                "path": request.scope["raw_path"].decode(),
                "query": request.url.query,
                "headers": dict(request.headers),
                "body": body.decode(),
            },
            status_code=207,
            headers={"x-own": "1", "cache-control": "private", "content-security-policy": "sandbox"},
        )
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    async def upload(self, request: Request) -> Response:
        async for chunk in request.stream():
            self.received += len(chunk)
        return JSONResponse({"received": self.received})

    async def export(self, _request: Request) -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first\n"
            await self.go_on.wait()
            yield b"second\n"

        return StreamingResponse(chunks())

    async def packed(self, _request: Request) -> Response:
        return Response(gzip.compress(b"x" * 1000), headers={"content-encoding": "gzip"})

    async def broken(self, _request: Request) -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first\n"
            raise ConnectionResetError

        return StreamingResponse(chunks())


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def static(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Tandem</title>")
    (tmp_path / "theme.js").write_text("0")
    (tmp_path / "assets" / "app-1a2b.js").write_text("1")
    return tmp_path


@pytest.fixture
async def client(upstream: Upstream, static: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The review application on a port of its own, in front of the upstream."""
    async with served(upstream.app) as upstream_url:
        forwarder = Forwarder(upstream_url)
        async with (
            served(make_app(forwarder=forwarder, static=static)) as url,
            httpx.AsyncClient(base_url=url, timeout=20) as client,
        ):
            yield client
        await forwarder.close()


async def test_a_request_arrives_as_it_was_sent_and_the_answer_comes_back_whole(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/echo/a%2Fb?x=1&x=%202",
        content=b"hello",
        headers={
            "authorization": "Bearer t",
            "cookie": "tandem_session=s",
            "x-tandem-request": "1",
            "connection": "keep-alive, x-hop",
            "x-hop": "1",
            "te": "trailers",
        },
    )
    assert answer.status_code == 207
    seen = answer.json()
    assert (seen["method"], seen["path"], seen["query"], seen["body"]) == (
        "POST",
        "/api/v1/echo/a%2Fb",
        "x=1&x=%202",
        "hello",
    )
    assert seen["headers"]["authorization"] == "Bearer t"
    assert seen["headers"]["cookie"] == "tandem_session=s"
    assert seen["headers"]["x-tandem-request"] == "1"
    assert seen["headers"]["x-forwarded-host"] == f"{client.base_url.host}:{client.base_url.port}"
    assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert not {"x-hop", "te", "transfer-encoding"} & seen["headers"].keys()
    assert answer.headers["x-own"] == "1"
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["content-security-policy"] == "sandbox", "the api's own headers stay"
    assert len(answer.headers.get_list("set-cookie")) == 2


async def test_a_request_without_a_body_stays_without_one(client: httpx.AsyncClient) -> None:
    seen = (await client.get("/api/v1/echo/x")).json()
    assert not {"content-length", "transfer-encoding"} & seen["headers"].keys()
    assert (await client.delete("/api/v1/echo/x")).json()["method"] == "DELETE"


async def test_an_upload_flows_through_while_it_is_sent(client: httpx.AsyncClient, upstream: Upstream) -> None:
    """The client sends its second half only when the upstream has all of the first."""

    async def body() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * MEGABYTE
        await eventually(lambda: upstream.received == 8 * MEGABYTE)
        for _ in range(8):
            yield b"x" * MEGABYTE

    answer = await client.post("/api/v1/datasets/d/imports", content=body())
    assert answer.json() == {"received": 16 * MEGABYTE}


async def test_an_export_flows_through_while_it_is_made(client: httpx.AsyncClient, upstream: Upstream) -> None:
    async with client.stream("GET", "/api/v1/export") as answer:
        chunks = answer.aiter_bytes()
        assert await anext(chunks) == b"first\n"
        upstream.go_on.set()
        assert await anext(chunks) == b"second\n"


async def test_a_compressed_answer_stays_compressed(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/api/v1/packed") as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert gzip.decompress(raw) == b"x" * 1000


async def test_an_answer_that_breaks_off_is_not_taken_for_whole(client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/api/v1/broken")


async def test_an_api_that_is_away_is_told_as_a_problem(static: Path) -> None:
    forwarder = Forwarder("http://127.0.0.1:1")
    async with (
        served(make_app(forwarder=forwarder, static=static)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.post("/api/v1/projects", json={})
    await forwarder.close()
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/api-unavailable"
    assert answer.json()["cure"]


async def test_metrics_know_forwarded_requests_by_one_name(client: httpx.AsyncClient) -> None:
    def count() -> float:
        labels = {"method": "GET", "route": "/api/{path}", "status": "207"}
        return REGISTRY.get_sample_value("tandem_http_request_seconds_count", labels) or 0.0

    before = count()
    await client.get("/api/v1/echo/1")
    await client.get("/api/v1/echo/2")
    assert count() == before + 2


# --- the page


@pytest.mark.parametrize("path", ["/", "/index.html", "/jobs/1/review", "/login?token=tdm_x"])
async def test_the_page_answers_at_every_address_it_routes(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.text.startswith("<!doctype html>")
    assert answer.headers["cache-control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever_and_others_are_asked_for_again(client: httpx.AsyncClient) -> None:
    assert "immutable" in (await client.get("/assets/app-1a2b.js")).headers["cache-control"]
    theme = await client.get("/theme.js")
    assert theme.headers["cache-control"] == "no-cache"
    unchanged = await client.get("/theme.js", headers={"if-none-match": theme.headers["etag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize("path", ["/assets/gone-1.js", "/missing.png", "/verification/v1/nowhere", "/verification"])
async def test_what_is_not_there_is_not_the_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_no_path_leads_out_of_the_folder(client: httpx.AsyncClient, static: Path) -> None:
    (static.parent / "secret.txt").write_text("secret")
    for path in ("/..%2Fsecret.txt", "/assets/..%2F..%2Fsecret.txt", "/%2e%2e/secret.txt"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.text != "secret"


async def test_browsers_are_told_what_the_page_may_do(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/")).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in headers


async def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    app: FastAPI = make_app(static=tmp_path / "none", https=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://tandem") as client:
        answer = await client.get("/jobs")
        assert answer.status_code == 503
        assert "make web" in answer.text
        assert answer.headers["strict-transport-security"]
        assert (await client.get("/assets/x.js")).status_code == 404


def test_an_address_of_the_api_with_a_password_is_refused() -> None:
    """The HTTP library would send it in place of each person's own credential."""
    with pytest.raises(ValueError, match="user name"):
        Forwarder("http://root:secret@127.0.0.1:1")
    with pytest.raises(ValueError, match="each request brings its own credential"):
        VerificationUiSettings(api_url="http://root:secret@127.0.0.1:1")

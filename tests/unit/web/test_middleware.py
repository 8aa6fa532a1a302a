"""What stands around every request: its span, its duration, its bound, its error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from tandem.web import OWN_TELEMETRY, RequestMiddleware, install_problems, middleware


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(middleware, "tracer", lambda: provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI(telemetry=OWN_TELEMETRY)

    @app.get("/things/{thing_id}")
    async def thing(thing_id: str) -> dict[str, str]:
        if thing_id == "broken":
            raise RuntimeError("a secret of the inside")
        return {"id": thing_id}

    @app.post("/files")
    async def files(body: dict[str, Any]) -> int:
        return len(body)

    install_problems(app)
    app.add_middleware(RequestMiddleware, max_bytes=1000, streamed="^/streamed$")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_a_request_is_a_span_below_the_callers_named_by_its_route(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    trace_id, parent_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    await client.get("/things/7", headers={"traceparent": f"00-{trace_id}-{parent_id}-01"})
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /things/{thing_id}"
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 200
    assert span.context is not None
    assert span.parent is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (trace_id, parent_id)


async def test_a_request_is_timed_under_its_route_so_that_ids_make_no_metric(client: httpx.AsyncClient) -> None:
    def count(route: str, status: str) -> float:
        labels = {"method": "GET", "route": route, "status": status}
        return REGISTRY.get_sample_value("tandem_http_request_seconds_count", labels) or 0

    before, lost = count("/things/{thing_id}", "200"), count("unmatched", "404")
    for path in ("/things/1", "/things/2", "/nowhere"):
        await client.get(path)
    assert count("/things/{thing_id}", "200") == before + 2
    assert count("unmatched", "404") == lost + 1


async def test_what_nobody_expected_is_a_problem_that_tells_no_inside(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    answer = await client.get("/things/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["type"] == "/problems/internal-error"
    assert "secret" not in answer.text
    (span,) = spans.get_finished_spans()
    assert span.context is not None
    assert answer.json()["trace_id"] == f"{span.context.trace_id:032x}"
    assert not span.status.is_ok


async def test_a_body_is_bounded_whether_or_not_it_says_its_length(client: httpx.AsyncClient) -> None:
    async def pieces() -> Any:
        for _ in range(20):
            yield b" " * 100

    assert (await client.post("/files", json={"a": "x" * 800})).status_code == 200
    assert (await client.post("/files", json={"a": "x" * 1000})).status_code == 413
    unsaid = await client.post("/files", content=pieces(), headers={"Content-Type": "application/json"})
    assert unsaid.status_code == 413
    assert (await client.post("/streamed", content=b"x" * 2000)).status_code == 404

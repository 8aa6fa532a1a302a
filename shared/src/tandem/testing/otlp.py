"""A receiver of traces: OTLP over HTTP on loopback, keeping every span that any process sends, for tests to ask
about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tandem.runtime.processes import LOOPBACK

_KINDS = {
    WireSpan.SPAN_KIND_INTERNAL: "internal",
    WireSpan.SPAN_KIND_SERVER: "server",
    WireSpan.SPAN_KIND_CLIENT: "client",
    WireSpan.SPAN_KIND_PRODUCER: "producer",
    WireSpan.SPAN_KIND_CONSUMER: "consumer",
}


@dataclass(frozen=True)
class TraceSpan:
    """A finished span. Ids are in hexadecimal, times in nanoseconds since 1970; `links` are (trace id, span id)."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str | None
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    failed: bool = False


class TraceReceiver:
    """The server. `spans` grows in the order of arrival, which is not the order in which things happened."""

    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self.spans: list[TraceSpan] = []
        self._runner: web.AppRunner | None = None

    @property
    def endpoint(self) -> str:
        """Return the endpoint for exporters; they add /v1/traces."""
        return f"http://{LOOPBACK}:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/traces", self._receive)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port)
        await site.start()
        self.port = site.port
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def clear(self) -> None:
        self.spans.clear()

    def trace(self, trace_id: str) -> list[TraceSpan]:
        """Return the spans of one trace, earliest start first."""
        return sorted((s for s in self.spans if s.trace_id == trace_id), key=lambda span: span.start_ns)

    def edges(self, trace_id: str) -> set[tuple[str, str]]:
        """Return the parent-and-child pairs of one trace, each as (service/name of the parent, service/name of the
        child)."""
        by_id = {span.span_id: span for span in self.trace(trace_id)}
        pairs = ((by_id.get(span.parent_id or ""), span) for span in by_id.values())
        return {(f"{p.service}/{p.name}", f"{c.service}/{c.name}") for p, c in pairs if p is not None}

    async def _receive(self, http: web.Request) -> web.Response:
        try:
            request = ExportTraceServiceRequest.FromString(await http.read())
        except DecodeError:
            return web.Response(status=400)
        for resource_spans in request.resource_spans:
            service = str(_attributes(resource_spans.resource.attributes).get("service.name", ""))
            for scope_spans in resource_spans.scope_spans:
                self.spans += [_read(span, service) for span in scope_spans.spans]
        body = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=body, content_type="application/x-protobuf")


def _read(span: WireSpan, service: str) -> TraceSpan:
    return TraceSpan(
        service=service,
        name=span.name,
        kind=_KINDS.get(span.kind, "unspecified"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=_attributes(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs if isinstance(pair, KeyValue)}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return getattr(value, kind)

"""Traces: W3C context through Kafka headers, record spans sampled, batch writes linked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from tandem.settings import ObservabilitySettings

TRACE_HEADERS = ("traceparent", "tracestate")
"""As W3C Trace Context names them."""


class Tracing:
    """The process's tracer provider; `shutdown` flushes what is left and comes last."""

    def __init__(self, settings: ObservabilitySettings, *, service: str) -> None:
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": service, "service.version": version("tandem")}),
            sampler=ParentBased(TraceIdRatioBased(settings.trace_sample_ratio)),
        )
        if settings.otlp_endpoint:
            exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
            self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
            trace.set_tracer_provider(self._provider)

    def shutdown(self) -> None:
        self._provider.shutdown()


def tracer() -> trace.Tracer:
    return trace.get_tracer("tandem")


def makes_spans() -> bool:
    """Return whether this process exports spans; where it does not, making one costs time and brings nothing."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def inject_headers(context: Context | None = None) -> list[tuple[str, bytes]]:
    """Return the given (or current) span's context as Kafka headers; empty where nothing is traced."""
    if context is None and trace.get_current_span() is trace.INVALID_SPAN:
        return []
    carrier: dict[str, str] = {}
    inject(carrier, context=context)
    return [(name, value.encode()) for name, value in carrier.items()]


def extract_context(headers: Iterable[tuple[str, bytes]]) -> Context | None:
    """Extract the sender's span context from Kafka headers; None where there is none."""
    carrier: Mapping[str, str] = {
        name: value.decode("ascii", "replace") for name, value in headers if name in TRACE_HEADERS
    }
    return extract(carrier) if carrier else None


def is_sampled(headers: Iterable[tuple[str, bytes]]) -> bool:
    """Return whether the sender's span is recorded; far cheaper than extracting the context to find out."""
    for name, value in headers:
        if name == "traceparent":
            return value[-1:] in b"13579bdf" and len(value) >= 55
    return False


def link_of(headers: Iterable[tuple[str, bytes]]) -> trace.Link | None:
    """Return a link to the sender's span, for a span that stands for a whole batch; None where there is no valid
    context."""
    context = extract_context(headers)
    if context is None:
        return None
    span_context = trace.get_current_span(context).get_span_context()
    return trace.Link(span_context) if span_context.is_valid else None

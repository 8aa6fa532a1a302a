from __future__ import annotations

import asyncio

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link

from tandem.testing.otlp import TraceReceiver


def send_two_spans(endpoint: str) -> str:
    """Send a parent and its child, which has a link and an attribute; return the trace id in hexadecimal."""
    tracers = TracerProvider(resource=Resource.create({"service.name": "shop"}), shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    tracer = tracers.get_tracer("test")
    other = tracer.start_span("other")
    links = [Link(other.get_span_context())]
    with (
        tracer.start_as_current_span("parent") as parent,
        tracer.start_as_current_span("child", links=links) as child,
    ):
        child.set_attribute("sizes", [1, 2])
    tracers.shutdown()
    return format(parent.get_span_context().trace_id, "032x")


async def test_spans_arrive_with_their_parents_links_and_attributes() -> None:
    async with TraceReceiver() as receiver:
        trace_id = await asyncio.to_thread(send_two_spans, receiver.endpoint)
        parent, child = receiver.trace(trace_id)
        assert (parent.name, parent.parent_id, child.parent_id) == ("parent", None, parent.span_id)
        assert receiver.edges(trace_id) == {("shop/parent", "shop/child")}
        assert child.attributes == {"sizes": [1, 2]}
        assert len(child.links) == 1

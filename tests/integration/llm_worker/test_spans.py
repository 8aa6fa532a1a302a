"""What a trace shows of a call."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from llm_worker_desk import MakeDesk
from llm_worker_line import published, request
from tandem.testing.provider import SimulatedProvider
from tandem_llm_worker.calling import model as models


def tracer_into(exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> Tracer:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    monkeypatch.setattr(models, "tracer", lambda: tracer)
    return tracer


async def test_each_call_is_a_client_span_under_the_processing_span_without_any_content(
    make_desk: MakeDesk, provider: SimulatedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    tracer = tracer_into(exporter, monkeypatch)
    provider.change(first_calls=["server_error"])
    desk = make_desk(provider.base_url)
    desk.jobs.apply(published())

    with tracer.start_as_current_span("annotation.requests process") as processing:
        await desk.answer(request(1))

    failed, good, _ = exporter.get_finished_spans()
    for span in (failed, good):
        assert span.name == "chat simulated"
        assert span.kind is SpanKind.CLIENT
        assert span.parent
        assert span.parent.span_id == processing.get_span_context().span_id
        assert "text number" not in str(span.to_json())
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes
    assert failed.attributes["error.type"] == "server_error"
    assert good.attributes
    assert good.attributes["gen_ai.usage.output_tokens"]


async def test_no_span_is_made_where_the_record_is_not_sampled(
    make_desk: MakeDesk, provider: SimulatedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    tracer_into(exporter, monkeypatch)
    desk = make_desk(provider.base_url)
    desk.jobs.apply(published())

    with TracerProvider(sampler=ALWAYS_OFF).get_tracer("test").start_as_current_span("annotation.requests process"):
        await desk.answer(request(1))

    assert not exporter.get_finished_spans()

"""One trace crosses the bus: publish → process → what the handler published → process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contract.messaging.bus import JOIN_SECONDS, Recorder, request
from tandem.events import AnnotationRespondedV1, Outcome, ReviewReason, ReviewRequestedV1
from tandem.events.catalog import LOW_CONFIDENCE, RESPONSES
from tandem.messaging import Outgoing, Producer, Received, handling
from tandem.messaging import producer as producing
from tandem.testing.waiting import eventually


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What is traced; a provider of the test's own, because the process can have only one."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for module in (handling, producing):
        monkeypatch.setattr(module, "tracer", lambda: provider.get_tracer("test"))
        monkeypatch.setattr(module, "makes_spans", lambda: True)
    return exporter


async def test_a_record_s_spans_are_parent_and_child_through_single_and_batch_consumers(
    producer: Producer, consumers: Any, spans: InMemorySpanExporter
) -> None:
    async def work(messages: Sequence[Received[Any]]) -> list[Outgoing]:
        """As a worker does: one message, the current span is its own."""
        event = messages[0].event
        return [
            Outgoing(
                AnnotationRespondedV1(
                    job_id="job", project_id="project", seq=event.seq, record_id=event.record_id, epoch=1
                )
            )
        ]

    async def postprocess(messages: Sequence[Received[Any]]) -> list[Outgoing]:
        """As the postprocessor does: a batch, each event caused by its own message."""
        return [
            Outgoing.caused_by(
                message,
                ReviewRequestedV1(
                    job_id="job",
                    project_id="project",
                    dataset_id="dataset",
                    seq=message.event.seq,
                    record_id=message.event.record_id,
                    outcome=Outcome.LABELED,
                    reason=ReviewReason.LOW_CONFIDENCE,
                ),
            )
            for message in messages
        ]

    queue = Recorder()
    consumers.start(work)
    consumers.start(postprocess, service="postprocessor", topic=RESPONSES, max_batch=50, concurrency=1)
    consumers.start(queue, service="verification-ui", topic=LOW_CONFIDENCE, max_batch=50, concurrency=1)
    await producer.send_all([request(seq) for seq in range(5)])
    await queue.saw(*range(5))
    await eventually(lambda: len(of(spans, "annotation.low-confidence process")) == 5, timeout=JOIN_SECONDS)

    published = of(spans, "annotation.requests publish")
    assert len(published) == 5
    for root in published:
        assert root.parent is None
        worked = child_of(spans, root, "annotation.requests process")
        postprocessed = child_of(spans, worked, "annotation.responses process")
        child_of(spans, postprocessed, "annotation.low-confidence process")
    batches = of(spans, "annotation.responses process batch")
    assert sum(len(batch.links) for batch in batches) == 5


def of(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def child_of(spans: InMemorySpanExporter, parent: ReadableSpan, name: str) -> ReadableSpan:
    assert parent.context is not None
    [child] = [s for s in of(spans, name) if s.parent is not None and s.parent.span_id == parent.context.span_id]
    assert child.context is not None
    assert child.context.trace_id == parent.context.trace_id
    return child

"""An event on its way out, with the trace context of what caused it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tandem.events import Event
from tandem.messaging.received import Headers, Received
from tandem.observability.tracing import TRACE_HEADERS, inject_headers


def _current_trace() -> Headers:
    return tuple(inject_headers())


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event to publish. The headers default to the span that is current where this is made."""

    event: Event
    headers: Headers = field(default_factory=_current_trace)
    encoded: bytes | None = None
    """The event's JSON, where that was made already."""

    @classmethod
    def caused_by(cls, received: Received[Any], event: Event) -> Outgoing:
        """The event as a consequence of one received message, whatever span is current: for handlers of batches."""
        if received.span_context is None:
            return cls(event, tuple(header for header in received.headers if header[0] in TRACE_HEADERS))
        return cls(event, tuple(inject_headers(received.span_context)))

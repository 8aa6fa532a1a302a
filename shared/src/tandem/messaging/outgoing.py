"""Outgoing events, with the trace context of what caused them; and the handlers that make them of received ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.events import Event
from tandem.messaging.received import E, Headers, Received
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
        """Return the event as a consequence of one received message, whatever span is current. For batch handlers."""
        if received.span_context is None:
            return cls(event, tuple(header for header in received.headers if header[0] in TRACE_HEADERS))
        return cls(event, tuple(inject_headers(received.span_context)))


Handler = Callable[[Sequence[Received[E]]], Awaitable[Sequence[Outgoing]]]
"""A function of events: it brings its effect about and returns the events that follow from it.

It may be called again with the same messages (delivery is at least once), so its effect must be idempotent. It may
raise `Poison` (dead letter), `NotNow` (again later), one of the bus's `dependency_errors` (again once the
dependency is back), or anything else: a batch is then tried message by message, a single message a few times, then it
is a dead letter.
"""

"""A message as a handler gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from opentelemetry.context import Context

from tandem.events import Event
from tandem.observability.tracing import extract_context

E = TypeVar("E", bound=Event)

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """Decoded message and its origin."""

    event: E
    topic: str
    """Name of the topic on the broker, prefix included."""
    partition: int
    offset: int
    headers: Headers = ()
    raw: bytes = b""
    """The bytes the event was decoded from."""
    span_context: Context | None = None
    """The context of the span that processes this message, where there is one."""

    @property
    def context(self) -> Context | None:
        """Return the trace context to work under: the processing span's, else the sender's.

        None if nothing is traced.
        """
        return self.span_context if self.span_context is not None else extract_context(self.headers)

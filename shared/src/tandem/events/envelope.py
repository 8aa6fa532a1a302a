"""Envelope of every event: its type, an id, the time it happened and what caused it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field


def _new_event_id() -> str:
    return uuid4().hex


def _now() -> datetime:
    return datetime.now(UTC)


class EventPart(BaseModel):
    """A frozen piece of an event; unknown fields of a newer writer are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(EventPart):
    """Base of all events.

    The envelope travels in the JSON beside the payload; the W3C trace context travels in the Kafka headers
    (`traceparent`, `tracestate`). `type` is the class name and names the version.
    """

    EVENT_TYPE: ClassVar[str]

    type: str = ""
    event_id: str = Field(default_factory=_new_event_id, description="Unique per emission; not for deduplication.")
    occurred_at: datetime = Field(default_factory=_now, description="UTC.")
    causation_id: str | None = Field(default=None, description="event_id of the event that caused this one.")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.EVENT_TYPE = cls.__name__

    def model_post_init(self, _context: Any, /) -> None:
        if not self.type:
            object.__setattr__(self, "type", self.EVENT_TYPE)
            self.__pydantic_fields_set__.add("type")
        elif self.type != self.EVENT_TYPE:
            raise ValueError(f"this is a {self.type}, not a {self.EVENT_TYPE}")

    @property
    def key(self) -> str:
        """Return the Kafka key: events of one key keep their order."""
        raise NotImplementedError

    def to_json(self) -> bytes:
        """Nulls are spelled out: left out, an undone decision or an unset temperature would be read as a default."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parse an event from its JSON. Raises pydantic.ValidationError, which names the field."""
        return cls.model_validate_json(data)

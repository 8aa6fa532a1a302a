"""Dead letters: messages that cannot be handled, as they were, with headers that say where from and why."""

from __future__ import annotations

from aiokafka import ConsumerRecord

from tandem.events.catalog import DEAD_LETTER
from tandem.messaging.connection import Connection
from tandem.messaging.errors import TooManyDeadLettersError
from tandem.messaging.producer import Producer, RawMessage
from tandem.observability.logs import get_logger
from tandem.observability.metrics import DEAD_LETTERS
from tandem.observability.series import start_at_zero

MOST_IN_A_ROW = 100
DETAIL_CHARACTERS = 500
REASONS = ("bad_json", "wrong_type", "bad_schema", "outgoing_too_large", "handler_failed")
"""Reasons that every consumer has; handlers may have more (`Poison`)."""

_log = get_logger(__name__)


class DeadLetters:
    """Writes the dead letters of one consumer. A write that fails raises, and nothing is committed: never dropped."""

    def __init__(self, connection: Connection, producer: Producer, *, topic_name: str, group: str) -> None:
        """Take the parts. `topic_name` is the catalogue's name, for metrics."""
        self._destination = connection.topic(DEAD_LETTER)
        self._producer = producer
        self._topic_name = topic_name
        self._group = group
        self._in_a_row = 0
        start_at_zero(DEAD_LETTERS, [topic_name], REASONS)

    def handled(self) -> None:
        """Record that a message was handled: the run of consecutive dead letters, if any, is over."""
        self._in_a_row = 0

    async def write(self, record: ConsumerRecord[bytes, bytes], reason: str, detail: str = "") -> None:
        """Write a dead letter; return once the broker has it.

        Raises TooManyDeadLettersError at the hundredth in a row.
        """
        headers = (
            *record.headers,
            ("tandem-dead-letter-topic", record.topic.encode()),
            ("tandem-dead-letter-partition", str(record.partition).encode()),
            ("tandem-dead-letter-offset", str(record.offset).encode()),
            ("tandem-dead-letter-group", self._group.encode()),
            ("tandem-dead-letter-reason", reason.encode()),
            ("tandem-dead-letter-detail", detail[:DETAIL_CHARACTERS].encode("utf-8", "replace")),
        )
        await self._producer.send_raw(
            [RawMessage(self._destination, DEAD_LETTER.name, record.key, record.value, headers)]
        )
        DEAD_LETTERS.labels(self._topic_name, reason).inc()
        _log.warning(
            "messaging.dead_letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
        )
        self._in_a_row += 1
        if self._in_a_row >= MOST_IN_A_ROW:
            raise TooManyDeadLettersError(
                f"{self._in_a_row} messages in a row on {record.topic} became dead letters, the last for: {reason}"
            )

"""Handling of messages: decoded, handled, the events that follow published, or written to the dead letter."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from typing import Generic, TypeAlias, TypeVar

from aiokafka import ConsumerRecord
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import ValidationError

from tandem.events import Event, Topic
from tandem.messaging.bus import Bus
from tandem.messaging.dead_letter import DeadLetters
from tandem.messaging.dead_letter_log import meant_for_another
from tandem.messaging.errors import EventTooLargeError, LetGo, MessagingError, NotNow, Poison
from tandem.messaging.outgoing import Handler
from tandem.messaging.received import Received
from tandem.observability.logs import get_logger
from tandem.observability.metrics import BATCH_SIZE, HANDLE_SECONDS, HANDLER_RETRIES, SKIPPED
from tandem.observability.series import start_at_zero
from tandem.observability.tracing import extract_context, is_sampled, link_of, makes_spans, tracer

E = TypeVar("E", bound=Event)
Record: TypeAlias = ConsumerRecord[bytes, bytes]

TRIES = 3
"""Limit of calls for a single message whose handler fails for a reason that the bus does not know."""
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0

_log = get_logger(__name__)


class Handling(Generic[E]):
    """Policy around one handler. `handle` returns when each message has been handled or dead-lettered."""

    def __init__(
        self,
        bus: Bus,
        topic: Topic,
        handler: Handler[E],
        *,
        dead_letters: DeadLetters,
        group: str,
        single: bool,
    ) -> None:
        """Take the parts. `single`: the handler gets one message at a time, and its span is the message's own."""
        if topic.event is None:
            raise ValueError(f"{topic.name} carries no events")
        self._event_type: type[E] = topic.event  # type: ignore[assignment]  # the caller pairs handler and topic
        self._producer = bus.producer
        self._dead_letters = dead_letters
        self._topic = topic
        self._group = group
        self._handler = handler
        self._single = single
        self._dependency_errors = bus.dependency_errors
        self._health = bus.health
        self._waiting = 0
        start_at_zero(HANDLER_RETRIES, [topic.name], ("batch", "error", "dependency", "not_now"))
        start_at_zero(SKIPPED, [topic.name], ["tombstone"])
        self._batch_size = BATCH_SIZE.labels(topic.name)
        self._seconds = HANDLE_SECONDS.labels(topic.name, group)

    @property
    def dependency_away(self) -> bool:
        """Return whether some call waits for a dependency; then starting others is useless."""
        return self._waiting > 0

    async def handle(self, records: Sequence[Record]) -> None:
        """Handle messages to their end.

        Raises MessagingError when the process should end; then nothing is known of these messages. Raises LetGo when a
        message is another member's to handle.
        """
        received: list[tuple[Record, Received[E]]] = []
        for record in records:
            if (decoded := await self._decode(record)) is not None:
                received.append((record, decoded))  # noqa: PERF401 - reads better than a comprehension that awaits
        if not received:
            return
        if len(received) == 1:
            await self._handle_one(*received[0])
            return
        try:
            await self._until_available([message for _, message in received])
        except MessagingError as error:
            if not isinstance(error, EventTooLargeError):
                raise
            self._retry_singly(error, len(received))
        except Exception as error:  # noqa: BLE001 - whatever it is, one message of the batch may be to blame
            self._retry_singly(error, len(received))
        else:
            self._dead_letters.handled()
            return
        for record, message in received:
            await self._handle_one(record, message)

    def _retry_singly(self, error: Exception, count: int) -> None:
        HANDLER_RETRIES.labels(self._topic.name, "batch").inc()
        _log.warning("messaging.batch.failed", topic=self._topic.name, messages=count, error=_brief(error))

    async def _decode(self, record: Record) -> Received[E] | None:
        """Decode a message. Return None if the message ended here, in the dead letter or skipped."""
        if record.value is None:
            SKIPPED.labels(self._topic.name, "tombstone").inc()
            return None
        if record.headers and meant_for_another(record.headers, self._group):
            SKIPPED.labels(self._topic.name, "replayed_for_another_group").inc()
            return None
        try:
            event = self._event_type.from_json(record.value)
        except ValidationError as error:
            await self._dead_letters.write(record, *undecodable(error, record.value, self._event_type))
            return None
        return Received(event, record.topic, record.partition, record.offset, tuple(record.headers), record.value)

    async def _handle_one(self, record: Record, message: Received[E]) -> None:
        for failures in range(TRIES):
            try:
                await self._until_available([message])
            except Poison as poison:
                await self._dead_letters.write(record, poison.reason, poison.detail)
                return
            except EventTooLargeError as error:
                await self._dead_letters.write(record, "outgoing_too_large", str(error))
                return
            except (MessagingError, LetGo):
                raise
            except Exception as error:  # noqa: BLE001 - tried again, then kept in the dead letter with this reason
                _log.warning("messaging.handler.failed", topic=self._topic.name, tries=failures + 1, exc_info=True)
                if failures + 1 == TRIES:
                    await self._dead_letters.write(record, "handler_failed", _brief(error))
                    return
                HANDLER_RETRIES.labels(self._topic.name, "error").inc()
                await asyncio.sleep(_wait(failures))
            else:
                self._dead_letters.handled()
                return

    async def _until_available(self, messages: Sequence[Received[E]]) -> None:
        """Call the handler and publish; repeat while it raises `NotNow` or a dependency is away."""
        failures = 0
        waiting = False
        try:
            while True:
                try:
                    await self._call(messages)
                except NotNow as later:
                    HANDLER_RETRIES.labels(self._topic.name, later.reason).inc()
                    await asyncio.sleep(later.retry_after)
                except self._dependency_errors as error:
                    if not waiting:
                        waiting = True
                        self._waiting += 1
                        _log.warning("messaging.dependency.away", topic=self._topic.name, error=_brief(error))
                    self._report(f"waits for a dependency: {_brief(error)}")
                    HANDLER_RETRIES.labels(self._topic.name, "dependency").inc()
                    await asyncio.sleep(_wait(failures))
                    failures += 1
                else:
                    return
        finally:
            if waiting:
                self._waiting -= 1
                self._report(None)

    async def _call(self, messages: Sequence[Received[E]]) -> None:
        self._batch_size.observe(len(messages))
        started = time.perf_counter()
        try:
            if self._single and not messages[0].headers and not makes_spans():
                await self._producer.send_all(await self._handler(messages))
            elif self._single:
                await self._call_in_own_span(messages[0])
            else:
                await self._call_in_batch_span(messages)
        except LetGo as let_go:
            await self._producer.send_all(let_go.outgoing)
            raise
        finally:
            self._seconds.observe(time.perf_counter() - started)

    async def _call_in_own_span(self, message: Received[E]) -> None:
        with tracer().start_as_current_span(
            f"{self._topic.name} process",
            context=extract_context(message.headers),
            kind=SpanKind.CONSUMER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                outgoing = await self._handler([_within(message, span)])
                await self._producer.send_all(outgoing)
            except LetGo:
                raise
            except Exception as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    async def _call_in_batch_span(self, messages: Sequence[Received[E]]) -> None:
        """Call the handler in one span, with links; each sampled message gets its own span, a child of the sender's."""
        name = f"{self._topic.name} process"
        links: list[trace.Link] = []
        own: list[trace.Span] = []
        within: list[Received[E]] = []
        for message in messages:
            if is_sampled(message.headers) and (link := link_of(message.headers)) is not None:
                links.append(link)
                context = extract_context(message.headers)
                own.append(tracer().start_span(name, context=context, kind=SpanKind.CONSUMER))
                within.append(_within(message, own[-1]))
            else:
                within.append(message)
        with tracer().start_as_current_span(
            f"{self._topic.name} process batch",
            links=links,
            attributes={"messaging.batch.message_count": len(within)},
        ):
            try:
                outgoing = await self._handler(within)
                await self._producer.send_all(outgoing)
            except Exception as error:
                for span in own:
                    span.set_status(StatusCode.ERROR, type(error).__name__)
                raise
            finally:
                for span in own:
                    span.end()

    def _report(self, problem: str | None) -> None:
        if self._health is not None:
            self._health.set(f"handler {self._topic.name}", problem)


def undecodable(error: ValidationError, value: bytes, wanted: type[Event]) -> tuple[str, str]:
    """Return reason and detail for the dead letter; they name fields and never repeat the input."""
    try:
        content = json.loads(value)
    except ValueError as invalid:
        return "bad_json", type(invalid).__name__
    if isinstance(content, dict) and content.get("type", wanted.EVENT_TYPE) != wanted.EVENT_TYPE:
        return "wrong_type", f"this is not a {wanted.EVENT_TYPE}"
    return "bad_schema", "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'message'}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False, include_context=False)[:5]
    )


def _within(message: Received[E], span: trace.Span) -> Received[E]:
    return Received(
        message.event,
        message.topic,
        message.partition,
        message.offset,
        message.headers,
        message.raw,
        trace.set_span_in_context(span),
    )


def _wait(failures: int) -> float:
    longest: float = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**failures)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]

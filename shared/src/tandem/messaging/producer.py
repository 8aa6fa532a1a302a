"""Publishes events and returns when the broker has them."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownError,
)
from opentelemetry import trace
from opentelemetry.context import Context
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from tandem.events import Event, Topic, topic_of
from tandem.events.annotations import RecordEvent
from tandem.events.catalog import CATALOG
from tandem.messaging.careful import check_topics_after_reconnecting
from tandem.messaging.connection import Connection
from tandem.messaging.errors import BrokerUnavailableError, EventTooLargeError, MessagingError
from tandem.messaging.outgoing import Outgoing
from tandem.messaging.received import Headers
from tandem.observability.health import Health
from tandem.observability.logs import get_logger
from tandem.observability.metrics import EVENTS_PRODUCED, LOG_RESETS, PRODUCE_FAILURES
from tandem.observability.series import start_at_zero
from tandem.observability.tracing import inject_headers, makes_spans, tracer

LINGER_MS = 5
"""Time that the first message waits for others to go with; whoever awaits an acknowledgement waits for it too."""
BATCH_BYTES = 256 * 1024
MAX_MESSAGE_BYTES = 1_000_000
"""Limit of an event's JSON. Below the brokers' default of 1 MiB, so that the limit is met here and not there."""
HEADROOM_BYTES = 40_000
"""Room for the key, the headers and the framing around the JSON."""
REQUEST_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.1
SLOW_SECONDS = 5.0
"""Seconds of outstanding acknowledgements after which the process is not ready."""
RENEW_SECONDS = 60.0
"""Seconds of outstanding acknowledgements after which the client is replaced, in case it is stuck itself."""
CHUNK = 5_000
"""Events in the client's buffers at once; bounds memory however long the list given to `send_all` is."""
HEALTH = "kafka producer"

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RawMessage:
    """Bytes of a message as they go to the broker."""

    topic: str
    name: str
    """The topic without the installation's prefix, for metrics."""
    key: bytes | None
    value: bytes | None
    headers: Headers


class _NotTakenError(Exception):
    """Some messages were not acknowledged; they may be sent again."""


class Producer:
    """The process's one producer. Safe for any number of concurrent callers."""

    def __init__(
        self,
        connection: Connection,
        *,
        health: Health | None = None,
        linger_ms: int = LINGER_MS,
        renew_seconds: float = RENEW_SECONDS,
    ) -> None:
        names = [topic.name for topic in CATALOG]
        for counter in (EVENTS_PRODUCED, PRODUCE_FAILURES, LOG_RESETS):
            start_at_zero(counter, names)
        self._connection = connection
        self._renew_seconds = renew_seconds
        self._health = health
        self._linger_ms = linger_ms
        self._client: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._last_offsets: dict[str, dict[int, int]] = {}
        self._topics: dict[type[Event], tuple[Topic, str]] = {}
        self.on_log_reset: list[Callable[[str], None]] = []
        """Called with a topic's name (without prefix) when an offset is acknowledged that was acknowledged before, or a
        lower one: the broker forgot the topic. Once a reset and topic."""

    def last_offset(self, topic: Topic, *, partition: int = 0) -> int | None:
        """Return the offset acknowledged last on this partition; None if nothing was sent to it yet."""
        return self._last_offsets.get(topic.name, {}).get(partition)

    def expect_above(self, topic: Topic, offset: int, *, partition: int = 0) -> None:
        """Expect offsets above the one that an earlier process saw acknowledged.

        Any other counts as a log that began anew.
        """
        offsets = self._last_offsets.setdefault(topic.name, {})
        offsets[partition] = max(offset, offsets.get(partition, -1))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Connect; wait for a broker that is away. Raises BrokerUnavailableError past the settings' limit, if any."""
        settings = self._connection.settings
        limit = settings.unavailable_limit_seconds
        try:
            async with asyncio.timeout(limit):
                await self._until_taken(self._connected)
        except TimeoutError as error:
            await self.stop()
            where = settings.bootstrap_servers
            raise BrokerUnavailableError(f"the broker at {where} accepted nothing for {limit:g} s") from error

    async def stop(self) -> None:
        """Flush and close."""
        client, self._client = self._client, None
        if client is not None:
            await _close(client)

    async def send(self, event: Event, *, context: Context | None = None) -> None:
        """Publish one event; returns when the broker acknowledged it. The trace context is `context`, else the current.

        Raises EventTooLargeError.
        """
        await self.send_all([event if context is None else Outgoing(event, tuple(inject_headers(context)))])

    async def send_all(self, events: Sequence[Outgoing | Event]) -> None:
        """Publish all; returns when each is acknowledged. Events of one key keep their order unless the broker fails.

        While the broker is away this waits and tries again, for as long as it takes; the process is not ready then. An
        event may then be there twice. Raises EventTooLargeError (checked before anything is sent).
        """
        await self.send_raw([self._encode(event) for event in events])

    async def send_raw(self, messages: Sequence[RawMessage]) -> None:
        """Publish bytes as `send_all` does events: for the dead letter."""
        for start in range(0, len(messages), CHUNK):
            left = list(messages[start : start + CHUNK])
            await self._until_taken(partial(self._send_left, left))

    def _encode(self, item: Outgoing | Event) -> RawMessage:
        value: bytes | None = None
        if isinstance(item, Outgoing):
            event, headers, value = item.event, item.headers, item.encoded
        else:
            event, headers = item, tuple(inject_headers())
        kind = type(event)
        if kind not in self._topics:
            topic = topic_of(kind)
            self._topics[kind] = (topic, self._connection.topic(topic))
        topic, name = self._topics[kind]
        if not headers and isinstance(event, RecordEvent) and makes_spans():
            headers = _root_span(topic)
        if value is None:
            value = event.to_json()
        if len(value) > MAX_MESSAGE_BYTES:
            raise EventTooLargeError(f"{kind.__name__} of {len(value)} bytes; a message holds {MAX_MESSAGE_BYTES}")
        return RawMessage(name, topic.name, event.key.encode(), value, headers)

    async def _until_taken(self, send: Callable[[], Awaitable[object]]) -> None:
        try:
            await send()  # the usual case without the machinery, which costs more than the sending
        except _NotTakenError:
            await asyncio.sleep(random.uniform(0.0, FIRST_WAIT_SECONDS))  # noqa: S311 - jitter
            await self._again_until_taken(send)
        self._report(None)

    async def _again_until_taken(self, send: Callable[[], Awaitable[object]]) -> None:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(_NotTakenError),
            wait=wait_random_exponential(FIRST_WAIT_SECONDS, max=2),
            reraise=True,
        ):
            with attempt:
                await send()

    async def _send_left(self, left: list[RawMessage]) -> None:
        """Send and wait for the acknowledgements; keeps in `left` what was not accepted, then raises _NotTakenError."""
        client = await self._connected()
        futures: list[tuple[RawMessage, asyncio.Future[Any]]] = []
        refused: list[tuple[RawMessage, KafkaError]] = []
        for message in left:
            try:
                future = await client.send(
                    message.topic, value=message.value, key=message.key, headers=list(message.headers)
                )
            except KafkaError as error:
                refused.append((message, error))
            else:
                future.add_done_callback(partial(self._acknowledged, message.name))
                futures.append((message, future))
        pending = await self._wait([future for _, future in futures])
        refused += [(message, why) for message, future in futures if (why := _failure(future)) is not None]
        left[:] = [message for message, _ in refused] + [message for message, future in futures if future in pending]
        if pending:
            _log.warning("messaging.producer.renewed", error=f"{len(pending)} events are not acknowledged")
            await self._discard(client)
        if refused:
            await self._refused(client, refused)
        if pending:
            raise _NotTakenError(f"{len(pending)} events are not acknowledged after {self._renew_seconds:g} s")

    async def _wait(self, futures: Sequence[asyncio.Future[Any]]) -> set[asyncio.Future[Any]]:
        """Wait for the acknowledgements; return what is still outstanding when the client is to be replaced."""
        pending: set[asyncio.Future[Any]] = set(futures)
        waited = 0.0
        while pending and waited < self._renew_seconds:
            seconds = min(SLOW_SECONDS, self._renew_seconds - waited)
            _, pending = await asyncio.wait(pending, timeout=seconds)
            waited += seconds
            if pending:
                self._report(f"{len(pending)} events are not acknowledged after {waited:g} s")
        return pending

    async def _refused(self, client: AIOKafkaProducer, refused: Sequence[tuple[RawMessage, Any]]) -> None:
        for name, count in Counter(message.name for message, _ in refused).items():
            PRODUCE_FAILURES.labels(name).inc(count)
        message, error = next(((m, e) for m, e in refused if not e.retriable), refused[0])
        if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
            raise EventTooLargeError(f"the broker refused an event on {message.topic}: {error}") from error
        if isinstance(error, TopicAuthorizationFailedError):
            raise MessagingError(f"no permission to write to {message.topic}") from error
        self._report(f"the broker does not accept events ({type(error).__name__})")
        if not error.retriable:
            _log.warning("messaging.producer.renewed", error=repr(error))
            await self._discard(client)  # its inner state is beyond repair; a new one starts clean
        raise _NotTakenError(repr(error)) from error

    def _acknowledged(self, name: str, future: asyncio.Future[Any]) -> None:
        """Record one acknowledgement; called in the order of a partition's acknowledgements."""
        if future.cancelled() or future.exception() is not None:
            return
        metadata = future.result()
        EVENTS_PRODUCED.labels(name).inc()
        offset: int = metadata.offset
        if offset < 0:
            return
        offsets = self._last_offsets.setdefault(name, {})
        if offset <= offsets.get(metadata.partition, -1):
            offsets.clear()  # so that the topic's other partitions do not report the same reset again
            LOG_RESETS.labels(name).inc()
            _log.warning("messaging.log.reset", topic=name, partition=metadata.partition, offset=offset)
            for callback in self.on_log_reset:
                callback(name)
        offsets[metadata.partition] = offset

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._client is None:
                self._client = await self._connect()
            return self._client

    async def _connect(self) -> AIOKafkaProducer:
        idempotent = self._connection.settings.idempotent_producer
        client = AIOKafkaProducer(
            **self._connection.options,
            acks="all",
            enable_idempotence=idempotent,
            linger_ms=self._linger_ms,
            max_batch_size=BATCH_BYTES,
            max_request_size=MAX_MESSAGE_BYTES + HEADROOM_BYTES,
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
        )
        check_topics_after_reconnecting(client.client)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await client.start()
        except UnknownError as error:
            await _close(client)
            cure = "; for a broker without idempotent producers set TANDEM_KAFKA__IDEMPOTENT_PRODUCER=false"
            raise MessagingError(f"the broker refused the producer{cure if idempotent else ''}") from error
        except (KafkaError, OSError, TimeoutError) as error:
            await _close(client)
            self._report(f"the broker cannot be reached ({type(error).__name__})")
            raise _NotTakenError(repr(error)) from error
        except BaseException:
            await _close(client)
            raise
        return client

    async def _discard(self, client: AIOKafkaProducer) -> None:
        if self._client is client:
            self._client = None
            await _close(client)

    def _report(self, problem: str | None) -> None:
        if self._health is not None and self._health.problem(HEALTH) != problem:
            self._health.set(HEALTH, problem)


def _root_span(topic: Topic) -> Headers:
    """Return the headers of a new trace: a record's trace begins where its first event is published."""
    span = tracer().start_span(f"{topic.name} publish", kind=trace.SpanKind.PRODUCER)
    span.end()
    return tuple(inject_headers(trace.set_span_in_context(span)))


def _failure(future: asyncio.Future[Any]) -> Any:
    """Return why a message was not accepted; None if it was, or if nothing is known yet."""
    if not future.done():
        return None
    return KafkaError("the client was closed") if future.cancelled() else future.exception()


async def _close(client: AIOKafkaProducer) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(REQUEST_SECONDS):
            await client.stop()

"""Copies dead letters into the database, where people see them, and publishes those that they replay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from tandem.events import AnnotationRequestedV1, JobState, Topic
from tandem.events.catalog import CATALOG, DAY_MS, DEAD_LETTER, REQUESTS
from tandem.messaging import Connection, Producer
from tandem.messaging.dead_letter_log import REPLAY_HEADER, DeadLetter, DeadLetterLog
from tandem.messaging.producer import RawMessage
from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError, utcnow
from tandem.store.dead_letters.documents import DeadLetterDocument, DeadLetterState
from tandem.store.dead_letters.reader import DeadLetterReader
from tandem.store.dead_letters.writer import DeadLetterWriter
from tandem.store.jobs.reader import JobReader

KEPT = timedelta(milliseconds=DEAD_LETTER.retention_ms or 30 * DAY_MS)
MOST_KEPT = 20_000
"""With so many in the database, further ones wait in their topic."""
LOOK_SECONDS = 1.0
FULL_SECONDS = 60.0
REPLAYED_AT_ONCE = 100

_logger = get_logger(__name__)


Keep = Callable[[DeadLetter], Awaitable[None]]


class DeadLetterKeeper:
    """Any number of dispatchers may run one: each letter is one document, and handling a letter twice has the effect of
    handling it once."""

    def __init__(
        self,
        connection: Connection,
        producer: Producer,
        *,
        log: Callable[[Keep], DeadLetterLog],
        reader: DeadLetterReader,
        writer: DeadLetterWriter,
        jobs: JobReader,
        deadline_seconds: float,
    ) -> None:
        """`log`: builds the reader of the topic, which passes each letter to the function that it is given."""
        self._connection = connection
        self._producer = producer
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._deadline = timedelta(seconds=deadline_seconds)
        self._log = log(self._keep)
        self._topics = {topic.name: topic for topic in CATALOG if topic.event is not None}
        self._stopping = asyncio.Event()
        self._room = 0

    async def run(self) -> None:
        """Copy and publish until stopped."""
        reading = asyncio.create_task(self._log.run())
        try:
            while not self._stopping.is_set():
                if reading.done():
                    reading.result()
                try:
                    await self.replay()
                except StoreUnavailableError as error:
                    _logger.warning("dead_letters.store_unavailable", reason=str(error))
                await self._wait(LOOK_SECONDS)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def stop(self) -> None:
        self._stopping.set()

    async def replay(self) -> None:
        """Publish what people replay. Raises StoreUnavailableError."""
        for letter in await self._reader.to_replay(limit=REPLAYED_AT_ONCE):
            topic = self._topics[letter["topic"]]
            result = await (self._ask_anew(letter) if topic is REQUESTS else self._hand_in(letter, topic))
            await self._writer.end(letter["_id"], result)
            _logger.info("dead_letters.replayed", letter_id=letter["_id"], topic=topic.name, result=result)

    async def _ask_anew(self, letter: DeadLetterDocument) -> str:
        """Publish a request as one of its job's present epoch."""
        request = AnnotationRequestedV1.from_json(letter["fixed"] or letter["value"])
        job = await self._jobs.get(request.job_id)
        if job is None or job["state"] != JobState.RUNNING:
            state = "gone" if job is None else job["state"]
            return (
                f"Not asked for: the job is {state} by now. A job that goes on asks for what has not ended by itself."
            )
        about = {"epoch": job["epoch"], "deadline": datetime.now(UTC) + self._deadline}
        await self._producer.send_all([request.model_copy(update=about)])
        return "Asked for anew."

    async def _hand_in(self, letter: DeadLetterDocument, topic: Topic) -> str:
        """Publish the event for the group that failed; the other groups skip it."""
        name, headers = self._connection.topic(topic), ((REPLAY_HEADER, letter["group"].encode()),)
        value = letter["fixed"] or letter["value"]
        await self._producer.send_raw([RawMessage(name, topic.name, letter["key"].encode(), value, headers)])
        return f"Published again for {letter['group']}."

    async def _keep(self, letter: DeadLetter) -> None:
        """Write a letter down; waits while MongoDB is away or too many letters are there."""
        if letter.topic not in self._topics or letter.written_at + KEPT <= utcnow():
            return
        while True:
            try:
                if self._room <= 0:
                    self._room = MOST_KEPT - await self._reader.count()
                if self._room > 0:
                    await self._writer.keep(_document(letter))
                    self._room -= 1
                    return
                _logger.warning("dead_letters.full", most=MOST_KEPT)
                await asyncio.sleep(FULL_SECONDS)
            except StoreUnavailableError as error:
                _logger.warning("dead_letters.store_unavailable", reason=str(error))
                await asyncio.sleep(LOOK_SECONDS)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def _document(letter: DeadLetter) -> DeadLetterDocument:
    content = _content(letter.value)
    seq = content.get("seq")
    return {
        "_id": letter.id,
        "topic": letter.topic,
        "group": letter.group,
        "reason": letter.reason,
        "detail": letter.detail,
        "key": letter.key.decode("utf-8", "replace"),
        "value": letter.value,
        "fixed": None,
        "job_id": _text(content.get("job_id")),
        "project_id": _text(content.get("project_id")),
        "seq": seq if isinstance(seq, int) and 0 <= seq < 2**53 else None,
        "record_id": _text(content.get("record_id")),
        "state": DeadLetterState.OPEN.value,
        "result": None,
        "written_at": letter.written_at,
        "handled_at": None,
        "handled_by_id": None,
        "expires_at": letter.written_at + KEPT,
    }


def _content(value: bytes) -> dict[str, Any]:
    try:
        content = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _text(value: object) -> str | None:
    return value[:500] if isinstance(value, str) else None

"""Reads what was answered lately on partitions that come from another worker, so that it is not paid again.

Requests and answers of a record have the same key, hence the same partition number where the topics have equally many.
A slow call holds back the commit of what was answered after it; those answers are at the end of the partition, among
labels that were ready without a call, which are read past.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tandem.events.catalog import REQUESTS, RESPONSES
from tandem.messaging import Connection
from tandem.observability.logs import get_logger
from tandem.observability.metrics import ANSWERS_TAKEN_OVER
from tandem_llm_worker.answering.kept_answers import KeptAnswers
from tandem_llm_worker.settings import KeptAnswersSettings

_FETCH_WAIT_MS = 100
_LOOK_SECONDS = 0.02
_CLOSE_SECONDS = 2.0
_STEP = 1000
"""Number of messages that are read further back at once."""
_MOST_TRIES = 3
"""Limit of tries while the broker can be reached; failures by its absence are not counted."""
_LONGEST_WAIT_SECONDS = 5.0

_log = get_logger(__name__)


class AnswerTail:
    """Fills the kept answers from the ends of partitions of annotation.responses."""

    def __init__(
        self,
        connection: Connection,
        kept: KeptAnswers,
        settings: KeptAnswersSettings,
        *,
        hands: int,
        reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        """Take the parts. `hands`: the in-flight limit of a worker.

        Answers of requests in flight may stand between those looked for. `reachable`: whether the broker can be
        reached, as far as is known.
        """
        self._connection = connection
        self._kept = kept
        self._settings = settings
        self._hands = hands
        self._reachable = reachable
        self._positions: dict[TopicPartition, int] = {}
        self._answers: dict[TopicPartition, int] = {}
        self._taken = 0

    async def __call__(self, behind: Mapping[int, int]) -> None:
        """Read the answers to the requests that are not committed; `behind` says how many there are, by partition.

        They are among as many answers at the end, and one for each request that may be in flight.

        Waits for a broker that is away. Gives up when one that can be reached does not give the answers three times:
        what was not read is paid again.
        """
        tries = 0
        wait = 0.2
        while not await self._read_once(behind):
            tries += self._reachable()
            if tries >= _MOST_TRIES:
                _log.error("worker.tail.given_up", partitions=len(behind), taken=self._taken)
                return
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            wait = min(_LONGEST_WAIT_SECONDS, wait * 2)

    async def _read_once(self, behind: Mapping[int, int]) -> bool:
        """Try to read the answers. Return whether everything was read."""
        consumer = AIOKafkaConsumer(
            **self._connection.options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        self._taken = 0
        try:
            async with asyncio.timeout(self._settings.tail_seconds):
                await consumer.start()
                wanted = await self._partitions(consumer, behind)
                self._answers = dict.fromkeys(wanted, 0)
                starts = {partition: await self._seek(consumer, partition, most) for partition, most in wanted.items()}
                stops: dict[TopicPartition, int] | None = None
                while starts:
                    await self._read(consumer, stops)
                    stops = starts
                    starts = await self._further_back(consumer, starts, wanted)
        except (TimeoutError, KafkaError, OSError) as error:
            _log.warning("worker.tail.not_read", partitions=len(behind), taken=self._taken, error=repr(error))
            return False
        else:
            _log.info("worker.tail.read", partitions=len(behind), taken=self._taken)
            return True
        finally:
            ANSWERS_TAKEN_OVER.inc(self._taken)
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, stops: Mapping[TopicPartition, int] | None) -> None:
        """Read from the present positions up to the stops, or to the ends."""
        while not self._at_end(consumer, stops):
            fetched = await consumer.getmany(timeout_ms=_FETCH_WAIT_MS)
            for partition, records in fetched.items():
                for record in records:
                    if stops is None or record.offset < stops.get(partition, 0):
                        self._take(partition, record.value)
                self._positions[partition] = records[-1].offset + 1

    async def _further_back(
        self, consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], wanted: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Return where to read on in partitions with too few answers, because ready labels stand between them."""
        further: dict[TopicPartition, int] = {}
        for partition, start in starts.items():
            missing = wanted[partition] - self._answers[partition]
            begin = (await consumer.beginning_offsets([partition]))[partition] if missing > 0 else start
            if begin < start:
                further[partition] = max(begin, start - max(missing, _STEP))
        if further:
            consumer.assign(list(further))
        self._positions = dict(further)
        for partition, start in further.items():
            consumer.seek(partition, start)
        return further

    async def _partitions(self, consumer: AIOKafkaConsumer, behind: Mapping[int, int]) -> dict[TopicPartition, int]:
        """Return the partitions to read, with how many answers of each.

        All if the topics differ in their partition count.
        """
        requests, responses = self._connection.topic(REQUESTS), self._connection.topic(RESPONSES)
        consumer.assign([TopicPartition(requests, 0), TopicPartition(responses, 0)])  # makes the client ask for both
        while not (consumer.partitions_for_topic(requests) and consumer.partitions_for_topic(responses)):  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(_LOOK_SECONDS)
        theirs, ours = consumer.partitions_for_topic(requests), consumer.partitions_for_topic(responses)
        most = self._settings.max_count
        if len(theirs) == len(ours):
            wanted = {number: min(most, count + self._hands) for number, count in behind.items()}
        else:
            wanted = dict.fromkeys(ours, min(most, sum(behind.values()) + self._hands))
        partitions = {TopicPartition(responses, number): count for number, count in wanted.items()}
        consumer.assign(list(partitions))
        self._positions = {}
        return partitions

    async def _seek(self, consumer: AIOKafkaConsumer, partition: TopicPartition, most: int) -> int:
        """Seek to the last `most` messages, and return where reading starts.

        Some brokers report an end that is too low, never one that is too high: then a little more is read.
        """
        end = (await consumer.end_offsets([partition]))[partition]
        begin = (await consumer.beginning_offsets([partition]))[partition]
        self._positions[partition] = max(begin, end - most)
        consumer.seek(partition, self._positions[partition])
        return self._positions[partition]

    def _at_end(self, consumer: AIOKafkaConsumer, stops: Mapping[TopicPartition, int] | None) -> bool:
        """Return whether the stops, or else the high watermarks that came with the fetches, are reached."""
        if stops is not None:
            return all(position >= stops[partition] for partition, position in self._positions.items())
        highs = ((consumer.highwater(partition), position) for partition, position in self._positions.items())
        return all(high is not None and position >= high for high, position in highs)

    def _take(self, partition: TopicPartition, value: bytes | None) -> None:
        if value is None:
            return
        try:
            answer = orjson.loads(value)
            key = (str(answer["job_id"]), int(answer["seq"]), int(answer["attempt"]))
            is_ready = answer.get("ready") is not None
        except (ValueError, LookupError, TypeError, AttributeError):
            return
        if is_ready:
            return
        self._answers[partition] += 1
        if key not in self._kept:
            self._kept.keep(key, value)
            self._taken += 1

"""Publication of decisions in the background: MongoDB is the truth, so no person waits for Kafka."""

from __future__ import annotations

import asyncio
from collections import deque

from tandem.events import VerificationDecidedV1
from tandem.messaging import MessagingError, Outgoing, Producer
from tandem.observability.logs import get_logger

KEPT = 10_000
"""Limit of events kept while the broker is away. Those beyond are dropped, oldest first: the postprocessor's sweep over
the opinions finds what was not published.
"""
BATCH = 500
PAUSE_SECONDS = 2.0
FLUSH_SECONDS = 5.0

_log = get_logger(__name__)


class DecisionPublisher:
    """Publishes VerificationDecidedV1 in the order of the decisions. `publish` never waits."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._waiting: deque[Outgoing] = deque(maxlen=KEPT)
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def publish(self, event: VerificationDecidedV1) -> None:
        """Queue the event of a decision. It carries the trace context of the request that is being handled."""
        if len(self._waiting) == KEPT:
            _log.warning("review.decision.not_told", item_id=self._waiting[0].event.key)
        self._waiting.append(Outgoing(event))
        self._idle.clear()
        self._arrived.set()

    async def run(self) -> None:
        """Publish until cancelled. A broker that is away is tried again and again."""
        while True:
            await self._arrived.wait()
            batch = [self._waiting[index] for index in range(min(BATCH, len(self._waiting)))]
            try:
                await self._producer.send_all(batch)
            except MessagingError as error:
                _log.warning("review.decisions.delayed", waiting=len(self._waiting), error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            for told in batch:
                if self._waiting and self._waiting[0] is told:  # else it was dropped meanwhile
                    self._waiting.popleft()
            if not self._waiting:
                self._arrived.clear()
                self._idle.set()

    async def stop(self) -> None:
        """Give the remaining events a short while to be published."""
        try:
            await asyncio.wait_for(self._idle.wait(), FLUSH_SECONDS)
        except TimeoutError:
            _log.warning("review.decisions.not_told", waiting=len(self._waiting))

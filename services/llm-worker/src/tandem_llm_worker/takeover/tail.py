"""Reads what was answered lately on partitions that come from another worker, so that it is not paid again.

Requests and answers of a record have the same key, hence the same partition number where the topics have equally many.
A slow call holds back the commit of what was answered after it; those answers are at the end of the partition, among
labels that were ready without a call, which are read past.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

import orjson

from tandem.messaging import BrokerUnavailableError, PartitionEnds
from tandem.observability.logs import get_logger
from tandem.observability.metrics import ANSWERS_TAKEN_OVER
from tandem_llm_worker.answering.kept_answers import KeptAnswers
from tandem_llm_worker.settings import KeptAnswersSettings

_MOST_TRIES = 3
"""While the broker can be reached; a try that did not come as far as a connection is not counted."""
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 5.0

_log = get_logger(__name__)


class AnswerTail:
    """Fills the kept answers from the ends of partitions of annotation.responses."""

    def __init__(
        self,
        ends: PartitionEnds,
        kept: KeptAnswers,
        settings: KeptAnswersSettings,
        *,
        in_flight_limit: int,
        reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        """Set the bounds of reading.

        `ends`: of annotation.responses, keyed like annotation.requests.
        `in_flight_limit`: requests that a worker has in hand at once, whose answers may stand between those looked for.
        `reachable`: whether the broker can be reached, as far as the group knows; it notices an absence late.
        """
        self._kept = kept
        self._settings = settings
        self._in_flight_limit = in_flight_limit
        self._reachable = reachable
        self._ends = ends
        self._taken = 0

    async def __call__(self, behind: Mapping[int, int]) -> None:
        """Read the answers to the requests that are not committed; `behind` says how many there are, by partition. They
        are among as many answers at the end, and one for each hand.

        Waits for a broker that is away. Gives up when one that can be reached does not give the answers three times:
        what was not read is paid again.
        """
        tries = 0
        wait = _FIRST_WAIT_SECONDS
        while not await self._read_once(behind):
            tries += self._ends.reached and self._reachable()
            if tries >= _MOST_TRIES:
                _log.error("worker.tail.given_up", partitions=len(behind), taken=self._taken)
                return
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            wait = min(_LONGEST_WAIT_SECONDS, wait * 2)

    async def _read_once(self, behind: Mapping[int, int]) -> bool:
        """Return whether everything was read."""
        self._taken = 0
        settings = self._settings
        try:
            await self._ends.read(
                behind,
                accept=self._accept,
                margin=self._in_flight_limit,
                most=settings.max_count,
                seconds=settings.tail_seconds,
            )
        except BrokerUnavailableError as error:
            _log.warning("worker.tail.not_read", partitions=len(behind), taken=self._taken, error=str(error))
            return False
        finally:
            ANSWERS_TAKEN_OVER.inc(self._taken)
        _log.info("worker.tail.read", partitions=len(behind), taken=self._taken)
        return True

    def _accept(self, value: bytes) -> bool:
        """Keep the answer of a model, and return whether it is one: labels that were ready are not."""
        try:
            answer = orjson.loads(value)
            key = (str(answer["job_id"]), int(answer["seq"]), int(answer["attempt"]))
            is_ready = answer.get("ready") is not None
        except (ValueError, LookupError, TypeError, AttributeError):
            return False
        if is_ready:
            return False
        if key not in self._kept:
            self._kept.keep(key, value)
            self._taken += 1
        return True

"""Keeper of the catalogue's topics; also knows whether the broker can be reached."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidReplicationAssignmentError,
    InvalidRequestError,
    InvalidTopicError,
    KafkaError,
    PolicyViolationError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedVersionError,
    for_code,
)

from tandem.events import CATALOG, Topic
from tandem.messaging.connection import Connection
from tandem.messaging.errors import BrokerUnavailableError, MessagingError
from tandem.observability.health import Health
from tandem.observability.logs import get_logger
from tandem.observability.metrics import TOPICS_CREATED
from tandem.observability.series import start_at_zero

HEALTH = "kafka"
POLL_SECONDS = 2.0
REQUEST_SECONDS = 5.0

_log = get_logger(__name__)
_AWAY = (KafkaError, OSError, TimeoutError)
_LASTS = (
    ClusterAuthorizationFailedError,
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidReplicationAssignmentError,
    InvalidRequestError,
    InvalidTopicError,
    PolicyViolationError,
    TopicAuthorizationFailedError,
    UnsupportedVersionError,
)
"""Refusals to create a topic that only a person can do something about. All others depend on the state of the cluster:
while it starts, or while brokers are away, there are fewer of them than a topic needs replicas (error 38)."""


class _NotMadeError(Exception):
    """The broker does not create a topic now; it may later."""


class TopicKeeper:
    """Makes missing topics as the catalogue says: at start, and again whenever one vanishes.

    A broker that keeps everything in memory comes back empty. Clients never create topics by asking for them (see
    `Connection`), so what the keeper makes is what there is. It is also the process's eye on the broker: it reports the
    health check `kafka`. With `create_topics` off it only looks and reports missing topics as a problem.
    """

    def __init__(
        self, connection: Connection, *, health: Health | None = None, topics: Sequence[Topic] = CATALOG
    ) -> None:
        start_at_zero(TOPICS_CREATED, [topic.name for topic in topics])
        self._connection = connection
        self._health = health
        self._topics = {connection.topic(topic): topic for topic in topics}
        self._admin: AIOKafkaAdminClient | None = None
        self._seen: set[str] = set()
        self._too_few: set[str] = set()
        self._problem: str | None = None
        self.on_vanished: list[Callable[[Topic], None]] = []
        """Called with each topic that was there before and is gone (it is made again at once)."""
        if health is not None:
            health.expect(HEALTH)

    async def start(self) -> None:
        """Return once every topic exists. Raises BrokerUnavailableError past the settings' limit, if any, and
        MessagingError where a topic can never be created."""
        limit = self._connection.settings.unavailable_limit_seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while not await self.look():  # noqa: ASYNC110 - only looking tells
                    await asyncio.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - jitter
                return
        raise BrokerUnavailableError(
            f"no broker at {self._connection.settings.bootstrap_servers} for {limit:.0f} s: {self._problem}"
        )

    async def run(self) -> None:
        """Look every two seconds until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await self.stop()

    async def stop(self) -> None:
        if self._admin is not None:
            admin, self._admin = self._admin, None
            with contextlib.suppress(*_AWAY):
                async with asyncio.timeout(REQUEST_SECONDS):
                    await admin.close()

    async def look(self) -> bool:
        """Compare once and make what is missing. Return True if every topic is there."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                missing = await self._compare()
        except _NotMadeError as error:
            await self.stop()  # the controller may be another broker by then
            self._report(str(error))
            return False
        except _AWAY as error:
            await self.stop()  # a fresh client asks the configured addresses again
            self._report(f"the broker cannot be reached ({type(error).__name__})")
            return False
        self._report(f"topics are missing: {', '.join(sorted(missing))}" if missing else None)
        return not missing

    async def _compare(self) -> set[str]:
        """Return the topics that are missing after everything that could be done."""
        if self._admin is None:
            admin = AIOKafkaAdminClient(
                **self._connection.options, request_timeout_ms=int(REQUEST_SECONDS * 1000), client_id="tandem-topics"
            )
            try:
                await admin.start()
            except BaseException:
                await admin.close()
                raise
            self._admin = admin
        there = {
            topic["topic"]: len(topic["partitions"])
            for topic in await self._admin.describe_topics(list(self._topics))
            if topic["error_code"] != UnknownTopicOrPartitionError.errno
        }
        missing = self._topics.keys() - there.keys()
        for name in missing & self._seen:
            _log.warning("messaging.topic.vanished", topic=name)
            for callback in self.on_vanished:
                callback(self._topics[name])
        self._seen = self._topics.keys() & there.keys()
        self._warn_of_few_partitions(there)
        if missing and self._connection.settings.create_topics:
            await self._create(missing)
            self._seen |= missing
            return set()
        return set(missing)

    async def _create(self, names: set[str]) -> None:
        assert self._admin is not None  # noqa: S101 - the caller connected
        replicas = self._connection.settings.replication_factor
        response = await self._admin.create_topics(
            [
                NewTopic(
                    name,
                    self._connection.partitions(self._topics[name]),
                    replicas,
                    # The library wants this argument exactly when the broker's own default replication is asked for.
                    replica_assignments={} if replicas == -1 else None,
                    topic_configs=self._topics[name].broker_config(),
                )
                for name in sorted(names)
            ]
        )
        for name, code, *message in response.topic_errors:
            error = for_code(code)
            if code == 0:
                TOPICS_CREATED.labels(self._topics[name].name).inc()
                _log.info("messaging.topic.created", topic=name)
            elif error is not TopicAlreadyExistsError:
                text = f"the topic {name} cannot be created: {error.__name__} {' '.join(map(str, message))}"
                raise MessagingError(text) if issubclass(error, _LASTS) else _NotMadeError(text)

    def _warn_of_few_partitions(self, there: dict[str, int]) -> None:
        """Warn of topics with fewer partitions than the catalogue says.

        That only limits busy consumers: health is unaffected.
        """
        for name in self._seen:
            wanted = self._connection.partitions(self._topics[name])
            if there[name] < wanted and name not in self._too_few:
                self._too_few.add(name)
                _log.warning("messaging.topic.few_partitions", topic=name, partitions=there[name], wanted=wanted)

    def _report(self, problem: str | None) -> None:
        self._problem = problem
        if self._health is None:
            return
        before = self._health.problem(HEALTH)
        self._health.set(HEALTH, problem)
        if problem != before:
            _log.log(30 if problem else 20, "messaging.broker.health", problem=problem)

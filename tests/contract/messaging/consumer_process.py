"""A consumer as a process of its own, for a test to kill: prints each seq that it handled, and never commits by itself.

Arguments: the Kafka settings as JSON, and `commit` or `no-commit`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from tandem.events.catalog import REQUESTS
from tandem.messaging import Batches, Bus, Connection, ConsumerRunner, Outgoing, Producer, Received
from tandem.observability.logs import configure_logs
from tandem.settings import KafkaSettings, ObservabilitySettings


async def handle(messages: Sequence[Received[Any]]) -> list[Outgoing]:
    print(*(message.event.seq for message in messages), sep="\n", flush=True)  # noqa: T201 - the test reads it
    return []


async def main() -> None:
    configure_logs(ObservabilitySettings(), service="consumer")  # to standard error
    connection = Connection(KafkaSettings.model_validate_json(sys.argv[1]))
    async with Producer(connection) as producer:
        runner: ConsumerRunner[Any] = ConsumerRunner(
            Bus(connection=connection, producer=producer, service="llm-worker"),
            REQUESTS,
            handle,
            Batches(
                max_batch=100,
                concurrency=1,
                drain_seconds=5,
                commit_interval=0.1 if sys.argv[2] == "commit" else 3600,
            ),
        )
        await runner.run()


asyncio.run(main())

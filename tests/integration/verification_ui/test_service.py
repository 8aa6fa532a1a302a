"""The whole service in its process: what it tells of its health, and that people decide while Kafka is away."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.observability.health import Health
from tandem.observability.metrics import REVIEW_ITEMS_QUEUED
from tandem.runtime.service import App
from tandem.settings import HttpSettings, KafkaSettings, MongoSettings
from tandem.store.database import Database
from tandem.testing import brokers
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_local.parts.mongod import Mongod
from tandem_local.parts.tansu import Tansu
from tandem_verification_ui.bootstrap import build
from tandem_verification_ui.settings import VerificationUiSettings

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job1"
ANN = {"Authorization": "Bearer tdm_token_of_ann"}
NOWHERE = KafkaSettings(bootstrap_servers="127.0.0.1:1", unavailable_limit_seconds=0.5)


def settings(mongo_url: str, database: str, kafka: KafkaSettings) -> VerificationUiSettings:
    return VerificationUiSettings(
        kafka=kafka,
        mongo=MongoSettings.model_validate(
            {"url": mongo_url, "database": database, "server_selection_timeout_seconds": 1}
        ),
        http=HttpSettings(port=0),
        settle_seconds=0,
    )


def kafka_settings(broker: Broker, prefix: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers,
        prefix=prefix,
        partitions=2,
        idempotent_producer=broker.idempotent_producer,
        session_timeout_seconds=6,
        heartbeat_seconds=1,
    )


def taken_from_events() -> float:
    return float(REVIEW_ITEMS_QUEUED.labels("event")._value.get())


@asynccontextmanager
async def running(settings: VerificationUiSettings, health: Health) -> AsyncIterator[httpx.AsyncClient]:
    """The service as its process runs it, with a client of its port."""
    async with build(settings, health) as app:
        assert isinstance(app, App)
        tasks = [asyncio.ensure_future(coroutine()) for coroutine in app.run.values()]
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.ports['http_port']()}", timeout=20) as client:
                yield client
        finally:
            for step in app.stop:
                await step()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert not [error for error in ended if isinstance(error, Exception)]


async def test_the_service_is_ready_with_both_dependencies_and_takes_items_in(
    world: World, broker: Broker, topic_prefix: str, mongo_url: str, mongo_db_name: str
) -> None:
    from integration.verification_ui.test_queue import requested  # noqa: PLC0415 - shared with the tests beside it

    kafka = kafka_settings(broker, topic_prefix)
    health = Health()
    await world.add_records([0])
    async with running(settings(mongo_url, mongo_db_name, kafka), health) as client:
        await eventually(lambda: health.ready, timeout=30, message="ready")
        connection = Connection(kafka)
        keeper = TopicKeeper(connection)
        await keeper.start()
        await keeper.stop()
        async with Producer(connection) as producer:
            await producer.send(requested(0))

        async def reserved() -> bool:
            answer = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={}, headers=ANN)
            return bool(answer.json()["items"])

        await eventually(reserved, timeout=30)


async def test_a_broker_that_lost_everything_costs_no_item_and_events_flow_again(
    world: World, tmp_path: Path, topic_prefix: str, mongo_url: str, mongo_db_name: str
) -> None:
    """The broker dies after the annotations were written and before the queue took them in, with everything in it."""
    from integration.verification_ui.test_queue import requested  # noqa: PLC0415 - shared with the tests beside it

    tansu = Tansu(log_file=tmp_path / "tansu.log")
    tansu.start()
    kafka = kafka_settings(brokers.tansu(tansu.bootstrap_servers), topic_prefix)
    health = Health()
    try:
        async with running(settings(mongo_url, mongo_db_name, kafka), health), Producer(Connection(kafka)) as producer:
            await eventually(lambda: health.ready, timeout=30, message="ready")
            await world.annotate(world.annotation(0))
            await producer.send(requested(0))

            async def counted(wanted: int) -> bool:
                return (await world.items.counts(JOB)).open == wanted

            await eventually(lambda: counted(1), timeout=30)
            tansu.kill()
            await world.annotate(*(world.annotation(seq) for seq in range(1, 51)))
            tansu.start()
            await eventually(lambda: counted(51), timeout=60, message="the sweep made up for what was lost")

            before = taken_from_events()
            seqs = itertools.count(1000)

            async def flows() -> bool:
                await producer.send(requested(next(seqs)))
                return taken_from_events() > before

            await eventually(flows, timeout=60, interval=0.1, message="events flow again")
    finally:
        tansu.kill()


async def test_people_decide_while_kafka_is_away(world: World, mongo_url: str, mongo_db_name: str) -> None:
    await world.queue(range(2))
    health = Health()
    async with running(settings(mongo_url, mongo_db_name, NOWHERE), health) as client:
        await eventually(lambda: set(health.problems) >= {"kafka"} and "mongodb" not in health.problems, timeout=20)
        assert health.alive
        answer = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={"limit": 2}, headers=ANN)
        started = time.monotonic()
        for item in answer.json()["items"]:
            body = {"reservation": item["reservation"], "attempt": 1, "values": {"sentiment": "neutral"}}
            path = f"/verification/v1/items/{item['item_id']}/decision"
            assert (await client.post(path, json=body, headers=ANN)).status_code == 200
        assert time.monotonic() - started < 5, "nobody waits for Kafka"
    assert await world.opinions.count(JOB) == 2


@pytest.fixture
def own_mongod(tmp_path: Path) -> Mongod:
    return Mongod(tmp_path / "db")


async def test_without_mongodb_the_service_lives_says_so_and_recovers(own_mongod: Mongod) -> None:
    health = Health()
    async with running(settings(own_mongod.url, "tandem", NOWHERE), health) as client:
        await eventually(lambda: "cannot be reached" in health.problems.get("mongodb", ""), timeout=20)
        assert health.alive
        answer = await client.get("/verification/v1/jobs", headers=ANN)
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/store-unavailable"
        assert int(answer.headers["retry-after"]) > 0
        own_mongod.start()
        try:
            await eventually(lambda: "mongodb" not in health.problems, timeout=30)
            answer = await client.get("/verification/v1/jobs", headers=ANN)
            assert answer.status_code == 401, "it can look keys up again, and there is none"
            database = Database(MongoSettings.model_validate({"url": own_mongod.url, "database": "tandem"}))
            assert len(await database["review_items"].index_information()) > 1, "indexes were made as soon as possible"
            database.close()
        finally:
            own_mongod.kill()

"""The store on three real MongoDB nodes whose primary is killed, stopped, or steps down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pymongo
import pytest
from pymongo.errors import ExecutionTimeout
from pymongo.read_concern import ReadConcern

from mongo_nodes import Node, ReplicaSet
from tandem.settings import MongoSettings
from tandem.store.causality import CausalReadConcern, OperationClock
from tandem.store.database import Database, StoreUnavailableError, store_errors

pytestmark = pytest.mark.timeout(240)
LONGEST_SECONDS = 60.0


@pytest.fixture(scope="module")
def replica_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    with ReplicaSet(tmp_path_factory.mktemp("replica-set")) as replica_set:
        yield replica_set


def kill(_: ReplicaSet, primary: Node) -> None:
    primary.kill()


def suspend(_: ReplicaSet, primary: Node) -> None:
    primary.suspend()


def step_down(replica_set: ReplicaSet, primary: Node) -> None:
    replica_set.step_down(primary, seconds=120)  # longer than any wait: with less, the same member may be elected again


class Counter:
    """Adds one document after another and reads how many there are, until it is stopped."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.added = 0
        self.failures = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Raise AssertionError when a read shows fewer documents than were acknowledged before it."""
        things = self._database["things"]
        while not stopping.is_set():
            try:
                async with store_errors():
                    await things.update_one({"_id": self.added}, {"$set": {"x": 1}}, upsert=True)
                    self.added += 1
                    seen = await things.count_documents({})
            except StoreUnavailableError:
                self.failures += 1
                await asyncio.sleep(0.05)
            else:
                assert seen >= self.added, f"a read shows {seen} of {self.added} acknowledged documents"


@pytest.mark.parametrize("happens", [kill, suspend, step_down])
async def test_writes_go_on_after_the_primary_changed_and_reads_never_go_back(
    replica_set: ReplicaSet, happens: Callable[[ReplicaSet, Node], None]
) -> None:
    await asyncio.to_thread(replica_set.wait_until_whole)
    database = Database(
        MongoSettings.model_validate({"url": replica_set.url, "database": f"failover_{happens.__name__}"})
    )
    counter = Counter(database)
    stopping = asyncio.Event()
    running = asyncio.create_task(counter.run(stopping))
    primary = await asyncio.to_thread(replica_set.wait_for_primary)
    before = counter.added

    await asyncio.to_thread(happens, replica_set, primary)
    await asyncio.to_thread(replica_set.wait_for_primary, other_than=primary)
    async with asyncio.timeout(LONGEST_SECONDS):
        while counter.added < before + 20 and not running.done():  # noqa: ASYNC110 - only looking tells
            await asyncio.sleep(0.05)
    primary.resume()
    if not primary.running:
        primary.spawn()
        await asyncio.to_thread(primary.wait_ready)
    await asyncio.to_thread(replica_set.wait_until_whole)
    stopping.set()
    await running

    with (await asyncio.to_thread(replica_set.wait_for_primary)).client(5.0) as client:
        names = {each["_id"] for each in client[f"failover_{happens.__name__}"]["things"].find()}
    assert names >= set(range(counter.added))
    database.close()


def test_a_read_waits_for_what_was_seen_before_it(replica_set: ReplicaSet) -> None:
    """A member that applies no new writes answers an ordinary majority read with the old state, but not this one."""
    replica_set.wait_until_whole()
    primary = replica_set.wait_for_primary()
    lagging = next(node for node in replica_set.nodes if node is not primary)
    clock = OperationClock()
    writing = pymongo.MongoClient[dict[str, Any]](replica_set.url, w=2, event_listeners=[clock])
    reading = pymongo.MongoClient[dict[str, Any]](lagging.url)
    things = reading["lag"].get_collection("things", read_concern=CausalReadConcern(clock))
    try:
        writing["lag"]["things"].insert_one({"_id": 0})
        assert things.count_documents({}) == 1
        reading.admin.command("configureFailPoint", "rsSyncApplyStop", mode="alwaysOn")
        with writing.start_session() as session:
            writing["lag"]["things"].insert_one({"_id": 1}, session=session)
            written_at = session.cluster_time
        assert written_at is not None
        ordinary = reading["lag"].get_collection("things", read_concern=ReadConcern("majority"))
        assert ordinary.count_documents({}) == 1
        with reading.start_session(causal_consistency=False) as session:
            # A process has one client, which sends the cluster's time along; here the writer's has to be carried over.
            session.advance_cluster_time(written_at)
            with pytest.raises(ExecutionTimeout):
                things.find_one({}, max_time_ms=300, session=session)
    finally:
        reading.admin.command("configureFailPoint", "rsSyncApplyStop", mode="off")
        assert things.count_documents({}) == 2
        writing.close()
        reading.close()

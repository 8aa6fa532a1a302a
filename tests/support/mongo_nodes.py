"""A replica set of three real mongod on this machine, and what can happen to its members."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import pymongo
from pymongo.errors import PyMongoError

from tandem.runtime.processes import LOOPBACK, ProcessFailed
from tandem_local.parts.mongod import REPLICA_SET, Mongod

NODES = 3
ELECTION_MS = 2000
"""How long a primary may be silent before the others elect another one; ten seconds by default."""
HEARTBEAT_MS = 500

Client = pymongo.MongoClient[dict[str, Any]]
T = TypeVar("T")


class Node(Mongod):
    """One member. It is ready when it answers, whatever its part in the replica set is."""

    def is_ready(self) -> bool:
        try:
            with self.client() as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    @contextmanager
    def client(self, seconds: float = 1.0) -> Iterator[Client]:
        """Connect to this member alone."""
        limit = int(seconds * 1000)
        with pymongo.MongoClient[dict[str, Any]](
            self.url, serverSelectionTimeoutMS=limit, connectTimeoutMS=limit, socketTimeoutMS=limit
        ) as client:
            yield client

    @property
    def state(self) -> dict[str, Any]:
        """What the member says of itself; empty when it does not answer."""
        try:
            with self.client() as client:
                answer: dict[str, Any] = client.admin.command("hello")
        except PyMongoError:
            return {}
        return answer


class ReplicaSet:
    """Three members, started and stopped together; a context manager. Methods block."""

    def __init__(self, work_dir: Path) -> None:
        """Describe three members with empty data directories below `work_dir`."""
        self.nodes = [
            Node(
                work_dir / f"mongod-{number}",
                log_file=work_dir / f"mongod-{number}.log",
                parameters={"enableTestCommands": "1"},
                death_signal=signal.SIGKILL,  # a suspended member would not act on any other
            )
            for number in range(NODES)
        ]

    @property
    def url(self) -> str:
        members = ",".join(f"{LOOPBACK}:{node.port}" for node in self.nodes)
        return f"mongodb://{members}/?replicaSet={REPLICA_SET}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()  # the data go anyway

    def kill(self) -> None:
        """End all members at once."""
        for node in self.nodes:
            node.kill()

    @property
    def primary(self) -> Node | None:
        """The member that is the primary by its own account and the one elected last; None during an election."""
        claims = [(state["electionId"], node) for node in self.nodes if (state := node.state).get("isWritablePrimary")]
        return max(claims, key=lambda claim: claim[0])[1] if claims else None

    def wait_for_primary(self, *, other_than: Node | None = None, seconds: float = 60.0) -> Node:
        """Return the primary as soon as there is one (and it is not `other_than`)."""

        def found() -> Node | None:
            primary = self.primary
            return primary if primary is not other_than else None

        return _wait(found, seconds, "a primary")

    def wait_until_whole(self, seconds: float = 60.0) -> None:
        """Wait until one member is the primary and all others are secondaries."""

        def whole() -> bool:
            states = [node.state for node in self.nodes]
            primaries = sum(bool(state.get("isWritablePrimary")) for state in states)
            return primaries == 1 and sum(bool(state.get("secondary")) for state in states) == NODES - 1

        _wait(whole, seconds, "a whole replica set")

    def step_down(self, node: Node, *, seconds: int = 10) -> None:
        """Have the primary step down at once; it may not be elected again for `seconds`."""
        with node.client(5.0) as client, contextlib.suppress(PyMongoError):
            client.admin.command("replSetStepDown", seconds, secondaryCatchUpPeriodSecs=0, force=True)

    def _start(self) -> None:
        for node in self.nodes:
            node.spawn()
        for node in self.nodes:
            node.wait_ready()
        members = [{"_id": number, "host": f"{LOOPBACK}:{node.port}"} for number, node in enumerate(self.nodes)]
        settings = {"electionTimeoutMillis": ELECTION_MS, "heartbeatIntervalMillis": HEARTBEAT_MS}
        with self.nodes[0].client(10.0) as client:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members, "settings": settings})
        self.wait_until_whole()


def _wait(look: Callable[[], T | None], seconds: float, what: str) -> T:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)
    return found

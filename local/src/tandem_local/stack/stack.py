"""Starts and stops the parts of a local stack in the right order. `Supervisor` keeps them running in between."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from tandem.runtime.processes import LOOPBACK, Process, ProcessFailed
from tandem_client import Tandem, TandemError
from tandem_local.parts.annotator import Annotator
from tandem_local.parts.mongod import Mongod
from tandem_local.parts.tansu import Tansu
from tandem_local.stack.data_dir import DataDir
from tandem_local.stack.model import StackModel
from tandem_local.stack.services import DRAIN_SECONDS, READY_SECONDS, Service

Environment = dict[str, str | None]

BOOTSTRAP_KEY_VARIABLE = "TANDEM_BOOTSTRAP_ADMIN_KEY"
_DB_PATH_IN_USE = 100
_EMBEDDED_BROKER: Environment = {
    "TANDEM_KAFKA__IDEMPOTENT_PRODUCER": "false",
    "TANDEM_KAFKA__PARTITIONS": "4",
    "TANDEM_KAFKA__SECURITY_PROTOCOL": "PLAINTEXT",
}
_NOT_FOR_SERVICES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "TANDEM_TOKEN", "TANDEM_URL")
"""The key of a model is in the worker's environment alone."""


class Stack:
    """MongoDB, a broker, the services and the offline annotator as processes of this machine.

    A context manager: entering starts everything and waits until it is ready, leaving stops everything in order. The
    caller holds `data_dir.locked()`. `environment` is laid over that of the services, e.g. for a topic prefix.
    """

    def __init__(
        self,
        data_dir: DataDir,
        *,
        model: StackModel,
        kafka: str | None = None,
        mongo: SecretStr | None = None,
        ui_port: int | None = None,
        environment: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Describe the stack; nothing runs yet.

        `kafka` (bootstrap servers) and `mongo` (URL) are the user's own servers in place of the embedded ones. Raises
        ProgramNotFound when an embedded server is needed and not available.
        """
        self.data_dir = data_dir
        self.model = model
        self.admin_key = data_dir.admin_key()
        self._say = say
        self._environment = dict(environment or {})
        self.mongod = None if mongo else self._mongod()
        self.tansu = None if kafka else self._tansu()
        self._mongo_url = mongo.get_secret_value() if mongo else ""
        self.bootstrap_servers = kafka or (self.tansu.bootstrap_servers if self.tansu else "")
        self.api_port = data_dir.port("api")
        self.ui_port = ui_port or data_dir.port("verification-ui")
        self.annotator = self._annotator() if model.base_url is None else None
        self.services = {service.name: service for service in self._services()}

    @property
    def broker(self) -> str:
        """Return the name of the broker for people: `tansu (embedded)` or `kafka (host:port)`."""
        return "tansu (embedded)" if self.tansu else f"kafka ({self.bootstrap_servers})"

    @property
    def mongo_url(self) -> str:
        return self.mongod.url if self.mongod else self._mongo_url

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def ui_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ui_port}"

    @property
    def processes(self) -> list[Process]:
        """Return the processes in the order in which they start."""
        embedded = [process for process in (self.mongod, self.tansu, self.annotator) if process is not None]
        return [*embedded, *self.services.values()]

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything; return when all of it is ready.

        Raises ProcessFailed, with the end of the log, when a part ended or was not ready in time.
        """
        for part in (self.tansu, self.annotator):
            if part is not None:
                part.spawn()
        if self.mongod is not None:
            _start_mongod(self.mongod)
        if self.tansu is not None:
            self.tansu.wait_ready(READY_SECONDS)
            self._say(
                "The embedded broker keeps everything in memory (about 1.3 KB a message, forgotten at its end; jobs "
                "survive). For millions of records set TANDEM_KAFKA__BOOTSTRAP_SERVERS to an Apache Kafka."
            )
        for service in self.services.values():
            service.spawn()
        for process in self.processes:
            process.wait_ready(READY_SECONDS)
        if not self._admin_key_works():
            self._replace_admin_key()
        self.write_state()

    def _admin_key_works(self) -> bool:
        """Return whether the api accepts the stack's key; somebody may have revoked it. Raises TandemError."""
        with Tandem(self.api_url, self.admin_key, patience=READY_SECONDS) as tandem:
            try:
                tandem.access.providers()
            except TandemError as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    return False
                raise
        return True

    def _replace_admin_key(self) -> None:
        """Start the api again with a new key, which it accepts as it did the first one."""
        self._say(
            "The admin key of this stack was revoked, so it gets a new one. Replace TANDEM_TOKEN where you set it: "
            f"cat '{self.data_dir.path / 'admin.key'}'"
        )
        self.admin_key = self.data_dir.new_admin_key()
        api = self.services["api"]
        api.stop(DRAIN_SECONDS + 5)
        api.env[BOOTSTRAP_KEY_VARIABLE] = self.admin_key
        api.start(READY_SECONDS)

    def stop(self) -> None:
        """Stop in the order of the flow, so that each part can pass on what it holds; nothing runs afterwards."""
        services = self.services
        flow: list[list[Process | None]] = [
            [services["dispatcher"], services["llm-worker"]],
            [services["postprocessor"], services["verification-ui"]],
            [services["api"], self.annotator],
            [self.tansu, self.mongod],
        ]
        with ThreadPoolExecutor(max_workers=2) as pool:
            for together in flow:
                list(pool.map(lambda process: process and process.stop(DRAIN_SECONDS + 5), together))

    def kill(self) -> None:
        """End everything at once."""
        for process in self.processes:
            process.kill()

    def write_state(self) -> None:
        """Keep addresses and process ids in the state file; also after a restart of a process."""
        parts: dict[str, Process | None] = {"mongod": self.mongod, "tansu": self.tansu, "annotator": self.annotator}
        ports = {name: part.port for name, part in (("mongod", self.mongod), ("tansu", self.tansu)) if part}
        self.data_dir.write_state(
            {
                "pid": os.getpid(),
                "api_url": self.api_url,
                "ui_url": self.ui_url,
                "admin_key": self.admin_key,
                "broker": self.broker,
                "bootstrap_servers": self.bootstrap_servers,
                "mongo_url": self.mongod.url if self.mongod else None,
                "model": self.model.name,
                "provider": self.model.provider,
                "ports": {**ports, "api": self.api_port, "verification-ui": self.ui_port},
                "parts": {name: {"pid": part.pid} for name, part in parts.items() if part and part.running},
                "services": {
                    name: {"pid": service.pid, "ops_url": service.ops_url, "log_file": str(service.log_file)}
                    for name, service in self.services.items()
                },
            }
        )

    def _mongod(self) -> Mongod:
        log_file = self.data_dir.log_file("mongod")
        return Mongod(self.data_dir.mongod, port=self.data_dir.port("mongod"), log_file=log_file)

    def _tansu(self) -> Tansu:
        return Tansu(log_file=self.data_dir.log_file("tansu"), port=self.data_dir.port("tansu"))

    def _annotator(self) -> Annotator:
        return Annotator(log_file=self.data_dir.log_file("annotator"), port=self.data_dir.port("annotator"))

    def _services(self) -> list[Service]:
        broker = {"TANDEM_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap_servers, **(_EMBEDDED_BROKER if self.tansu else {})}
        store = {"TANDEM_MONGO__URL": self.mongo_url}
        return [
            self._service(
                "api",
                "tandem_api",
                {
                    **broker,
                    **store,
                    "TANDEM_HTTP__PORT": str(self.api_port),
                    BOOTSTRAP_KEY_VARIABLE: self.admin_key,
                    "TANDEM_PROVIDERS": json.dumps(self.model.offers()),
                },
            ),
            self._service("dispatcher", "tandem_api.dispatch", {**broker, **store}),
            self._service(
                "llm-worker",
                "tandem_llm_worker",
                {
                    **broker,
                    "TANDEM_MONGO__URL": None,  # it has no business there
                    "TANDEM_PROVIDERS": json.dumps(self._accounts()),
                    "TANDEM_DRAIN_SECONDS": str(DRAIN_SECONDS),
                },
            ),
            self._service("postprocessor", "tandem_postprocessor", {**broker, **store}),
            self._service(
                "verification-ui",
                "tandem_verification_ui",
                {
                    **broker,
                    **store,
                    "TANDEM_HTTP__PORT": str(self.ui_port),
                    "TANDEM_API_URL": self.api_url,
                    "TANDEM_PUBLIC_URL": self.ui_url,
                },
            ),
        ]

    def _service(self, name: str, module: str, env: Environment) -> Service:
        return Service(
            name,
            module,
            ops_port=self.data_dir.port(f"{name}-ops"),
            log_file=self.data_dir.log_file(name),
            env={**dict.fromkeys((*_NOT_FOR_SERVICES, *_provider_variables())), **env, **self._environment},
        )

    def _accounts(self) -> dict[str, object]:
        """Return the providers as the worker's settings take them."""
        if self.model.accounts:
            return dict(self.model.accounts)
        base_url = self.annotator.base_url if self.annotator else self.model.base_url
        return {self.model.provider: {"base_url": base_url, "api_key": self.model.api_key.get_secret_value()}}


def _provider_variables() -> list[str]:
    """Return the variables that may hold keys of providers: the worker gets them in one, other services not at all."""
    return [name for name in os.environ if name.upper().startswith("TANDEM_PROVIDERS")]


def _start_mongod(mongod: Mongod, patience: float = 20.0) -> None:
    """Start MongoDB; wait for an earlier one that is still closing its files."""
    deadline = time.monotonic() + patience
    while True:
        try:
            mongod.start(READY_SECONDS)
        except ProcessFailed:
            if mongod.returncode != _DB_PATH_IN_USE or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return

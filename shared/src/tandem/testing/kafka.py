"""Apache Kafka for tests: the real broker, one node in KRaft mode, from its Maven artifacts on the local Java.

Maven resolves the jars once; they are kept in the user's cache together with a formatted, empty storage directory that
each run copies. `python -m tandem.testing.kafka POM` does this beforehand and says whether the broker can be had.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from functools import cache
from hashlib import sha256
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tandem.runtime.processes import LOOPBACK, Process, free_port, listens

BOOTSTRAP_VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
JAVA_NEEDED = 17
_CLUSTER_ID = "dGFuZGVtLXRlc3RzLi4uLg"  # any 16 bytes in base64url: each broker here is a cluster of its own
_CURE = (
    f"install Java {JAVA_NEEDED} and Maven (Debian: `apt-get install openjdk-17-jre-headless maven`), or set "
    f"{BOOTSTRAP_VARIABLE} to a running broker"
)
_MAVEN_SECONDS = 600

# One node, so one replica of everything; few partitions and no wait for more group members, so that tests are
# quick.
_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data_dir}
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=true
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
controlled.shutdown.enable=false
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
background.threads=2
"""


class KafkaUnavailable(RuntimeError):  # noqa: N818 - says what happened, and callers read it as a sentence
    """Apache Kafka cannot be had here; the message says why and what to do."""


def kafka_unavailable_reason(pom: Path) -> str | None:
    """Say why Apache Kafka cannot be had here, and the cure; None when it can.

    Fetches the jars when that was not done before (seconds to minutes, once per machine).
    """
    if os.environ.get(BOOTSTRAP_VARIABLE):
        return None
    try:
        prepare(pom)
    except KafkaUnavailable as reason:
        return str(reason)
    return None


def quick_unavailable_reason(pom: Path) -> str | None:
    """Return the reason why Kafka cannot be had, as far as it can be known without fetching anything; None where it
    can."""
    if os.environ.get(BOOTSTRAP_VARIABLE):
        return None
    try:
        _java()
        if not _cache_dir(pom).is_dir():
            _maven()
    except KafkaUnavailable as reason:
        return str(reason)
    return None


@cache
def prepare(pom: Path) -> Path:
    """Return the directory with the jars (`libs`) and an empty formatted storage (`storage`), made when missing.

    Raises:
        KafkaUnavailable: Java or Maven is missing, or Maven could not fetch the jars.
    """
    java = _java()
    target = _cache_dir(pom)
    if target.is_dir():
        return target
    maven = _maven()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as scratch:
        made = Path(scratch) / "kafka"
        _fetch_jars(maven, pom, made / "libs")
        _format_storage(java, made)
        try:
            made.rename(target)  # in one step: another run sees all of it or nothing
        except OSError:
            if not target.is_dir():  # otherwise another run was faster, and its result is as good
                raise
    return target


class KafkaBroker(Process):
    """A broker with an empty data directory below `work_dir`, on the loopback interface."""

    def __init__(self, pom: Path, *, work_dir: Path, port: int | None = None) -> None:
        """Describe a broker on `port` (a free one when None). A restart in the same `work_dir` keeps its data.

        Raises:
            KafkaUnavailable: see `prepare`.
        """
        distribution = prepare(pom)
        self.port = port or free_port()
        self.data_dir = work_dir / "data"
        self._empty_storage = distribution / "storage"
        self._properties = work_dir / "server.properties"
        self._settings = _settings(self.data_dir, self.port, free_port())
        command = [*_jvm(_java(), distribution / "libs"), "kafka.Kafka", str(self._properties)]
        log_file = work_dir / "kafka.log"
        super().__init__("kafka", command, log_file=log_file, death_signal=signal.SIGKILL)

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def spawn(self) -> None:
        if not self.data_dir.exists():
            shutil.copytree(self._empty_storage, self.data_dir)
        self._properties.write_text(self._settings)
        super().spawn()

    def is_ready(self) -> bool:
        return listens(self.port) and _in_own_loop(self.bootstrap_servers)


def _in_own_loop(bootstrap_servers: str) -> bool:
    """Ask in a thread with an event loop of its own: the caller may or may not have one running."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(asyncio.run(_lists_topics(bootstrap_servers))))
    thread.start()
    thread.join()
    return bool(answers and answers[0])


async def _lists_topics(bootstrap_servers: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=2000)
    try:
        await admin.start()
        await admin.list_topics()
    except (KafkaError, OSError):
        return False
    else:
        return True
    finally:
        await admin.close()


def _settings(data_dir: Path, port: int, controller_port: int) -> str:
    return _SETTINGS.format(host=LOOPBACK, port=port, controller_port=controller_port, data_dir=data_dir).lstrip()


def _jvm(java: str, libs: Path) -> list[str]:
    # The first compiler tier and the serial collector start soonest; more would pay only in a long run.
    options = ["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
    return [java, *options, "-Dorg.apache.logging.log4j.level=WARN", "-cp", f"{libs}/*"]


def _cache_dir(pom: Path) -> Path:
    text = pom.read_text()
    version = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", text)
    if version is None:
        raise KafkaUnavailable(f"{pom} does not name a kafka.version")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "tandem" / f"kafka-{version[1]}-{sha256(text.encode()).hexdigest()[:8]}"


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise KafkaUnavailable(f"there is no java on PATH: {_CURE}")
    if _java_version(java) < JAVA_NEEDED:
        raise KafkaUnavailable(f"java on PATH is older than {JAVA_NEEDED}: {_CURE}")
    return java


@cache
def _java_version(java: str) -> int:
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - from PATH
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(version[1]) if version else 0


def _maven() -> str:
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaUnavailable(f"there is no mvn on PATH: {_CURE}")
    return maven


def _fetch_jars(maven: str, pom: Path, libs: Path) -> None:
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={libs.resolve()}"]
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), *goal]
    try:
        _run(command, timeout=_MAVEN_SECONDS)
    except subprocess.TimeoutExpired:
        raise KafkaUnavailable(f"Maven did not fetch the jars within {_MAVEN_SECONDS} s: {_CURE}") from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stdout.splitlines() if "ERROR" in line]
        why = lines[0] if lines else f"status {error.returncode}"
        raise KafkaUnavailable(f"Maven could not fetch the jars ({why}): {_CURE}") from None


def _format_storage(java: str, made: Path) -> None:
    properties = made / "format.properties"
    storage = made / "storage"
    properties.write_text(_settings(storage, 9092, 9093))  # the ports are not written into the storage
    tool = ["kafka.tools.StorageTool", "format", "--config", str(properties), "--cluster-id", _CLUSTER_ID]
    try:
        _run([*_jvm(java, made / "libs"), *tool], timeout=120)
    except subprocess.CalledProcessError as error:
        raise KafkaUnavailable(f"the storage could not be formatted: {error.stdout[-500:]}") from None


def _run(command: list[str], *, timeout: float) -> None:
    subprocess.run(  # noqa: S603 - programs from PATH with our own arguments
        command,
        check=True,
        timeout=timeout,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def main(arguments: list[str]) -> int:
    """Fetch what is missing; print one line; 0 when Apache Kafka can be had."""
    reason = kafka_unavailable_reason(Path(arguments[0]))
    sys.stdout.write(f"Apache Kafka is not available: {reason}\n" if reason else "Apache Kafka is available\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

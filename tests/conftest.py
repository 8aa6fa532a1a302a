"""The real parts that tests run on: MongoDB, the embedded broker, Apache Kafka; each started once a test session.

A test that takes the fixture `broker` runs twice, on the embedded broker and on Apache Kafka (`-m tansu`, `-m kafka`
select). Where Apache Kafka cannot be had, those runs are skipped, and the first and the last lines of the session
say so; with TANDEM_REQUIRE_KAFKA=1 the session ends with an error instead. Take `one_broker` for what does not depend
on the broker: tests/contract/messaging holds the two against each other. Servers of one's own win over started ones:
KAFKA_BOOTSTRAP_SERVERS and TANDEM_TEST_MONGO_URL. Processes of one session share one Apache Kafka.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
from hypothesis import HealthCheck, settings

import drawing
from tandem.testing import brokers
from tandem.testing import kafka as apache
from tandem.testing.brokers import Broker
from tandem_local.parts.mongod import Mongod
from tandem_local.parts.tansu import Tansu

pytest_plugins = ["failing_mongod", "faults", "stacks", "terminals"]

# No test measures time: an example that takes long on a busy machine is no failure.
settings.register_profile(
    "tandem",
    max_examples=round(drawing.USUAL * drawing.TIMES),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tandem")

KAFKA_POM = Path(__file__).parent / "kafka" / "pom.xml"
_absence = pytest.StashKey[str]()
_shared_kafka = pytest.StashKey[apache.KafkaBroker]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tansu: runs on the embedded broker")
    config.addinivalue_line("markers", "kafka: runs on Apache Kafka")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell's background job: programs that tests start and interrupt would ignore it too.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionstart(session: pytest.Session) -> None:
    if os.environ.get("TANDEM_REQUIRE_KAFKA") == "1" and (reason := apache.kafka_unavailable_reason(KAFKA_POM)):
        pytest.exit(f"TANDEM_REQUIRE_KAFKA=1, but Apache Kafka cannot be had: {reason}", returncode=1)
    if reason := apache.quick_unavailable_reason(KAFKA_POM):
        session.config.stash[_absence] = reason
    elif session.config.getoption("numprocesses", default=None):
        _share_kafka(session.config)


def _share_kafka(config: pytest.Config) -> None:
    """Start one Apache Kafka for all processes of the session: they find it in their environment."""
    if os.environ.get(apache.BOOTSTRAP_VARIABLE):
        return
    try:
        process = apache.KafkaBroker(KAFKA_POM, work_dir=Path(tempfile.mkdtemp(prefix="tandem-kafka-")))
    except apache.KafkaUnavailable as unavailable:
        config.stash[_absence] = str(unavailable)
        return
    process.start(timeout=60)
    config.stash[_shared_kafka] = process
    os.environ[apache.BOOTSTRAP_VARIABLE] = process.bootstrap_servers


def pytest_unconfigure(config: pytest.Config) -> None:
    if process := config.stash.get(_shared_kafka, None):
        process.kill()
        shutil.rmtree(process.data_dir.parent, ignore_errors=True)


def pytest_report_header(config: pytest.Config) -> str:
    if reason := config.stash.get(_absence, None):
        return _absence_line(reason)
    if own := os.environ.get(apache.BOOTSTRAP_VARIABLE):
        return f"brokers: embedded, and Apache Kafka at {own}"
    return "brokers: embedded, and Apache Kafka from its Maven artifacts"


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Before the first test that needs Apache Kafka, find out whether its jars can really be fetched."""
    if config.option.collectonly or config.stash.get(_absence, None):
        return []
    if any(item.get_closest_marker("kafka") or "one_broker" in _fixtures_of(item) for item in items) and (
        reason := apache.kafka_unavailable_reason(KAFKA_POM)
    ):
        config.stash[_absence] = reason
        return [_absence_line(reason)]
    return []


def _fixtures_of(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if reason := config.stash.get(_absence, None):
        terminalreporter.write_line(_absence_line(reason), yellow=True, bold=True)


def _absence_line(reason: str) -> str:
    return f"Apache Kafka is missing, broker tests run on the embedded broker alone: {reason}"


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real one-node replica set, the same for the whole session."""
    if own := os.environ.get("TANDEM_TEST_MONGO_URL"):
        yield own
        return
    mongod = Mongod(tmp_path_factory.mktemp("mongod"))
    mongod.start()
    yield mongod.url
    mongod.kill()  # its data go anyway


@pytest.fixture(scope="session")
def _mongo_client(mongo_url: str) -> Iterator[pymongo.MongoClient[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client:
        yield client


@pytest.fixture
def mongo_db_name(_mongo_client: pymongo.MongoClient[dict[str, Any]]) -> Iterator[str]:
    """The name of a database of the test's own, dropped after it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield name
    _mongo_client.drop_database(name)


@pytest.fixture(scope="session")
def tansu_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The embedded broker, the same for the whole session."""
    process = Tansu(log_file=tmp_path_factory.mktemp("tansu") / "tansu.log")
    process.start()
    yield brokers.tansu(process.bootstrap_servers)
    process.stop()


@pytest.fixture(scope="session")
def kafka_broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Apache Kafka, the same for the whole session."""
    if reason := request.config.stash.get(_absence, None):
        pytest.skip(f"Apache Kafka is missing: {reason}")
    if own := os.environ.get(apache.BOOTSTRAP_VARIABLE):
        yield brokers.kafka(own)
        return
    process = apache.KafkaBroker(KAFKA_POM, work_dir=tmp_path_factory.mktemp("kafka"))
    process.start(timeout=60)
    yield brokers.kafka(process.bootstrap_servers)
    process.kill()  # its data go anyway


@pytest.fixture
def own_kafka(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[apache.KafkaBroker]:
    """An Apache Kafka of the test's own, which it may kill."""
    if reason := request.config.stash.get(_absence, None):
        pytest.skip(f"Apache Kafka is missing: {reason}")
    try:
        process = apache.KafkaBroker(KAFKA_POM, work_dir=tmp_path / "kafka")
    except apache.KafkaUnavailable as unavailable:
        pytest.skip(f"Apache Kafka is missing: {unavailable}")
    process.start(timeout=60)
    yield process
    process.kill()  # its data go anyway


@pytest.fixture(
    scope="session",
    params=[pytest.param("tansu", marks=pytest.mark.tansu), pytest.param("kafka", marks=pytest.mark.kafka)],
)
def each_broker(request: pytest.FixtureRequest) -> Broker:
    """Each of the two brokers in turn."""
    found: Broker = request.getfixturevalue(f"{request.param}_broker")
    return found


@pytest.fixture(scope="session")
def broker(each_broker: Broker) -> Broker:
    """Each of the two brokers in turn, unless a folder says that one will do."""
    return each_broker


@pytest.fixture(scope="session")
def one_broker(request: pytest.FixtureRequest) -> Broker:
    """Apache Kafka, or the embedded broker where it cannot be had: for what does not depend on the broker."""
    missing = request.config.stash.get(_absence, None)
    found: Broker = request.getfixturevalue("tansu_broker" if missing else "kafka_broker")
    return found


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics and groups that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}."

"""`tandem demo` as a person runs it: the real command, the 4,200 tweets, both brokers, restarts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from pymongo.database import Database

from stacks import TWEETS, behave, score_of
from tandem.testing.brokers import Broker
from tandem.testing.provider import MODEL, ProviderProcess
from tandem.testing.waiting import eventually
from tandem_client import Job, Tandem, TandemError
from tandem_local.parts.mongod import Mongod
from tandem_local.stack import DataDir

pytestmark = pytest.mark.timeout(240)

RECORDS = 4200
SUMMARY_KEYS = {
    "records",
    "labeled",
    "invalid",
    "failed",
    "needs_review",
    "accuracy",
    "seconds",
    "records_per_second",
    "labels",
    "broker",
    "model",
}


@dataclass
class DemoProgram:
    """The command `tandem demo` in a directory of its own."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data_dir(self) -> Path:
        return self.directory / "data"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tandem_client", "demo", "--data-dir", str(self.data_dir), *arguments]

    def run_once(self, *arguments: str) -> dict[str, Any]:
        """Run to the end; the summary."""
        summary = self.directory / "summary.json"
        done = subprocess.run(
            self.command("--once", "--json", str(summary), *arguments),
            env={**_clean_environment(), **self.environment},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(summary.read_text())
        return found

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.directory / "demo.log").open("ab") as log:
            return subprocess.Popen(
                self.command(*arguments),
                env={**_clean_environment(), **self.environment},
                stdout=log,
                stderr=log,
            )

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data_dir / "stack.json").read_text())
        return found

    def pids(self) -> list[int]:
        state = self.state()
        return [part["pid"] for part in (*state["parts"].values(), *state["services"].values())]


def _clean_environment() -> dict[str, str]:
    """Without what would point the demo at servers of the developer's own."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TANDEM_", "OPENAI_")) and name != "COLUMNS"
    }


@pytest.fixture
def demo(tmp_path: Path) -> DemoProgram:
    return DemoProgram(tmp_path)


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[ProviderProcess]:
    with ProviderProcess(log_file=tmp_path / "provider.log") as process:
        yield process


def _openai_environment(provider: ProviderProcess) -> dict[str, str]:
    return {"OPENAI_API_KEY": "not-a-secret", "OPENAI_BASE_URL": provider.base_url, "OPENAI_MODEL": MODEL}


def _assert_complete(summary: dict[str, Any], database: Database[dict[str, Any]]) -> None:
    assert set(summary) == SUMMARY_KEYS
    assert summary["records"] == RECORDS
    assert summary["labeled"] + summary["invalid"] + summary["failed"] == RECORDS
    assert summary["failed"] == 0
    assert sum(summary["labels"].values()) == summary["labeled"]
    assert summary["seconds"] > 0
    assert database["jobs"].count_documents({}) == 1
    annotated = [annotation["record_id"] for annotation in database["annotations"].find({}, {"record_id": 1})]
    assert len(annotated) == RECORDS
    assert len(set(annotated)) == RECORDS


def test_the_demo_labels_every_tweet_exactly_once_with_the_offline_annotator(demo: DemoProgram) -> None:
    summary = demo.run_once()

    assert summary["broker"] == "tansu (embedded)"
    assert summary["labeled"] == RECORDS
    assert 0.4 < summary["accuracy"] < 0.7  # weak by nature, better than a third
    with ExitStack() as stack:
        mongod = stack.enter_context(Mongod(demo.data_dir / "mongod", log_file=demo.directory / "mongod.log"))
        client = stack.enter_context(pymongo.MongoClient[dict[str, Any]](mongod.url))
        _assert_complete(summary, client["tandem"])


@pytest.mark.kafka
def test_the_demo_labels_every_tweet_exactly_once_on_apache_kafka(
    demo: DemoProgram, provider: ProviderProcess, kafka_broker: Broker, mongo_url: str
) -> None:
    database = f"test_{uuid.uuid4().hex[:12]}"
    demo.environment = {
        **_openai_environment(provider),
        "TANDEM_KAFKA__BOOTSTRAP_SERVERS": kafka_broker.bootstrap_servers,
        "TANDEM_KAFKA__PREFIX": f"{database}.",
        "TANDEM_MONGO__URL": mongo_url,
        "TANDEM_MONGO__DATABASE": database,
    }

    summary = demo.run_once()

    assert summary["broker"] == f"kafka ({kafka_broker.bootstrap_servers})"
    assert summary["model"] == MODEL
    assert not (demo.data_dir / "mongod").exists()
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client:
        _assert_complete(summary, client[database])
        client.drop_database(database)


async def test_a_killed_demo_goes_on_where_it_was_and_leaves_no_process_behind(
    demo: DemoProgram, provider: ProviderProcess
) -> None:
    demo.environment = _openai_environment(provider)
    behave(provider, latency_ms=500)

    program = demo.start()
    job = await _job_that_is_under_way(demo)
    program.send_signal(signal.SIGKILL)
    program.wait()
    pids = demo.pids()
    await eventually(lambda: not any(_is_alive(pid) for pid in pids), timeout=30, message="all processes ended")
    at_the_kill = score_of(provider)
    behave(provider, latency_ms=0)
    summary = demo.run_once()

    assert 0.1 < job.progress < 0.9
    with ExitStack() as stack:
        mongod = stack.enter_context(Mongod(demo.data_dir / "mongod", log_file=demo.directory / "mongod.log"))
        client = stack.enter_context(pymongo.MongoClient[dict[str, Any]](mongod.url))
        _assert_complete(summary, client["tandem"])
    score = score_of(provider)
    assert score.prompts == RECORDS
    lost = at_the_kill.received - job.counts.ended  # in flight, or answered and not written yet
    assert score.received <= RECORDS + lost


async def _job_that_is_under_way(demo: DemoProgram) -> Job:
    """The demo's job, as the API shows it, between 10 % and 90 %."""

    def under_way() -> Job | None:
        try:
            state = demo.state()
            with Tandem(state["api_url"], state["admin_key"], patience=0) as tandem:
                (project,) = tandem.projects.list()
                (job,) = tandem.jobs.list(project.id)
        except (FileNotFoundError, ValueError, TandemError):
            return None
        return job if job.progress > 0.1 else None

    job = await eventually(under_way, timeout=60, message="the job is under way")
    assert isinstance(job, Job)
    return job


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_the_demo_serves_a_review_page_that_a_login_link_opens_and_stops_cleanly(
    demo: DemoProgram, provider: ProviderProcess
) -> None:
    demo.environment = _openai_environment(provider)
    log = demo.directory / "demo.log"

    program = demo.start("--limit", "50")

    def login_link() -> str | None:
        words = log.read_text().split() if log.exists() else []
        return next((word for word in words if "/login?token=" in word), None)

    try:
        link = await eventually(login_link, timeout=60, message="the login link")
        token = httpx.URL(str(link)).params["token"]
        async with httpx.AsyncClient(base_url=demo.state()["ui_url"], trust_env=False) as browser:
            headers = {"X-Tandem-Request": "1"}
            session = await browser.post("/api/v1/sessions", json={"login_token": token}, headers=headers)
            assert session.json()["role"] == "admin", session.text
            page = await browser.get("/login")
            assert "<title>" in page.text
            jobs = await browser.get("/verification/v1/jobs")
            assert len(jobs.json()["items"]) == 1, jobs.text
            again = await browser.post("/api/v1/sessions", json={"login_token": token}, headers=headers)
            assert again.status_code == 401
        worker = demo.state()["services"]["llm-worker"]["pid"]
        os.kill(worker, signal.SIGKILL)
        await eventually(
            lambda: demo.state()["services"]["llm-worker"]["pid"] != worker, timeout=20, message="a new worker"
        )
        pids = demo.pids()
    finally:
        program.send_signal(signal.SIGINT)
        try:
            status = await asyncio.to_thread(program.wait, 60)
        finally:
            program.kill()  # no effect on what has ended
    assert status == 0, log.read_text()
    assert not any(_is_alive(pid) for pid in pids)


def test_the_demo_takes_any_csv_and_finds_the_labels_in_its_gold_column(
    demo: DemoProgram, provider: ProviderProcess
) -> None:
    demo.environment = _openai_environment(provider)
    file = demo.directory / "tickets.csv"
    file.write_text(
        "key,body,team\n"
        + "".join(f'T{n},"Ticket {n}, please help",{("billing", "support")[n % 2]}\n' for n in range(40))
    )

    summary = demo.run_once("--data", str(file), "--text-column", "body", "--gold-column", "team", "--id-column", "key")

    assert summary["records"] == summary["labeled"] == 40
    assert set(summary["labels"]) <= {"billing", "support"}
    assert summary["accuracy"] is not None


def test_the_demo_takes_a_spreadsheets_csv_of_several_texts_without_ids(
    demo: DemoProgram, provider: ProviderProcess
) -> None:
    demo.environment = _openai_environment(provider)
    file = demo.directory / "tickets.csv"
    rows = "".join(f"Ticket {n % 15};please help, größe {n % 15};\r\n" for n in range(20))
    file.write_bytes(f"Subject;Body;\r\n{rows};;\r\n".encode("windows-1252"))
    options = (
        "--data",
        str(file),
        "--text-column",
        "Subject",
        "--text-column",
        "text=Body",
        "--labels",
        "billing,support",
    )

    summary = demo.run_once(*options, "--encoding", "windows-1252")

    assert summary["records"] == summary["labeled"] == 20


def test_two_stacks_on_one_data_directory_are_refused_with_a_sentence(demo: DemoProgram) -> None:
    with DataDir(demo.data_dir).locked():
        refused = subprocess.run(
            demo.command("--once"), env=_clean_environment(), capture_output=True, text=True, timeout=60, check=False
        )

    assert refused.returncode == 1
    assert "is running on" in refused.stderr
    assert "--data-dir" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_wrong_column_is_refused_with_the_columns_that_there_are(demo: DemoProgram) -> None:
    refused = subprocess.run(
        demo.command("--once", "--data", str(TWEETS), "--text-column", "tweet"),
        env=_clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    assert "has no column 'tweet'; it has id, text, label" in " ".join(refused.stderr.split())
    assert not demo.data_dir.exists()

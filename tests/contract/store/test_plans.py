"""Every query has its index: what MongoDB plans for the main reads, as the readers send them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pymongo.monitoring
import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from campaigns import disagreement
from tandem.events import Outcome
from tandem.finding import parse
from tandem.jobs import Selection
from tandem.jobs.selection import Block
from tandem.people import local_person
from tandem.settings import MongoSettings
from tandem.store.agents.reader import AgentReader
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.annotations.ended import EndedReader
from tandem.store.annotations.freezing import FreezingReader
from tandem.store.annotations.matching import AnnotationMatch, MatchingReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.verified import VerifiedReader
from tandem.store.api_keys.reader import ApiKeyReader
from tandem.store.api_keys.writer import ApiKeyWriter
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.certificates.reader import CertificateReader
from tandem.store.certificates.sealing import SealedReader
from tandem.store.certificates.writer import CertificateWriter
from tandem.store.database import Database, utcnow
from tandem.store.datasets.reader import DatasetReader
from tandem.store.finding.reader import FindingReader, by_confidence, by_decision
from tandem.store.indexes import ensure_indexes
from tandem.store.jobs.reader import JobReader
from tandem.store.label_schemas.reader import LabelSchemaReader
from tandem.store.opinions.reader import OpinionReader
from tandem.store.people.reader import PersonReader
from tandem.store.people.writer import PersonWriter
from tandem.store.projects.reader import ProjectReader
from tandem.store.records.reader import RecordReader
from tandem.store.records.writer import RecordWriter
from tandem.store.reports.reader import ReportReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.review_items.writer import Reviewer, ReviewItemWriter
from tandem.store.subsets.reader import SubsetReader
from tandem.store.summaries.reader import SummaryReader
from tandem.store.workers.reader import WorkerReader

NOW = datetime.now(UTC)
EXPLAINED = ("find", "aggregate", "count", "delete", "findAndModify", "update")


class Commands(pymongo.monitoring.CommandListener):
    """Keeps what the driver sends."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
        if event.command_name in EXPLAINED:
            self.sent.append(dict(event.command))

    def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:
        """Nothing to keep."""


@pytest.fixture(scope="module")
def filled(mongo_url: str) -> Iterator[MongoSettings]:
    """A database with all its indexes and some records."""
    settings = MongoSettings.model_validate({"url": mongo_url, "database": f"test_plans_{uuid4().hex[:12]}"})

    async def fill() -> None:
        database = Database(settings)
        await ensure_indexes(database)
        await database["records"].insert_many(
            [
                {"_id": f"d:{n}", "dataset_id": "d", "seq": n, "record_id": str(n), "import_id": "i"}
                | {"content_hash": str(n), "metadata": {}}
                for n in range(200)
            ]
        )
        key = {"kind": "key", "role": "admin", "project_ids": None, "expires_at": None, "revoked": False}
        await database["api_keys"].insert_many([{"_id": n, "hash": n, **key} for n in ("root", "other", "third")])
        people: list[Any] = [local_person(name, project_ids=None, now=NOW) | {"_id": name} for name in ("root", "p")]
        await database["people"].insert_many(people)
        database.close()

    asyncio.run(fill())
    yield settings
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(settings.database)


@pytest.fixture
async def watched(filled: MongoSettings, mongo_url: str) -> AsyncIterator[tuple[Database, Commands]]:
    commands, database = Commands(), Database(filled)
    database.close()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        mongo_url, event_listeners=[commands], tz_aware=True
    )
    database._client, database._database = client, client[filled.database]
    yield database, commands
    client.close()


async def listed(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


def _credential(person_id: str) -> Any:
    return {"_id": uuid4().hex, "hash": uuid4().hex, "kind": "login", "person_id": person_id, "project_ids": None}


async def find(database: Database, where: str, order: str) -> None:
    """Send every query of a page and of a count."""
    reader, expression = FindingReader(database), parse(where)
    plan = await reader.plan("j", expression, {"a": 1, "b": 2})
    if order == "seq":
        await reader.by_seq(plan, 3, 50, whole=True)
        await reader.count(plan, 100)
        return
    ascending = not order.startswith("-")
    if order.endswith("confidence"):
        for after in (None, (None, 7), (0.4, 7)):
            await reader.by_value(plan, by_confidence(ascending=ascending), after, 50, whole=True)
        await reader.count_confidences(plan, 2, most=100)
        return
    for moment in (None, (NOW, 7)):
        await reader.by_value(plan, by_decision(ascending=ascending), moment, 50, whole=True)


QUERIES: dict[str, Callable[[Database], Awaitable[Any]]] = {
    "a project by id": lambda db: ProjectReader(db).get("p"),
    "projects by name": lambda db: ProjectReader(db).list(after="a", limit=10),
    "projects of a scope": lambda db: ProjectReader(db).list(["p", "q"], limit=10),
    "label schemas": lambda db: LabelSchemaReader(db).list("p", skip=2),
    "the latest label schema": lambda db: LabelSchemaReader(db).latest("p", "n"),
    "data sets": lambda db: DatasetReader(db).list("p", after="a"),
    "agents": lambda db: AgentReader(db).list("p"),
    "the latest agent": lambda db: AgentReader(db).latest("p", "n"),
    "a project's jobs": lambda db: JobReader(db).list("p", before=(NOW, "j")),
    "jobs of a scope": lambda db: JobReader(db).list(["p", "q"]),
    "all jobs": lambda db: JobReader(db).list(None, before=(NOW, "j")),
    "live jobs": lambda db: JobReader(db).live(),
    "the walk": lambda db: RecordReader(db).walk("d", Selection.range(10, 90), 50),
    "the walk of a set": lambda db: RecordReader(db).walk("d", Selection.of(range(0, 90, 3)), 20, start=10),
    "seqs of a set": lambda db: RecordReader(db).seqs("d", Selection.of(range(0, 90, 3))),
    "seqs by the user's ids": lambda db: RecordReader(db).find_many("d", ["1", "2"]),
    "subsets of a data set": lambda db: SubsetReader(db).list("d", after="a"),
    "records by seq": lambda db: RecordReader(db).get_many("d", [1, 2]),
    "seqs": lambda db: RecordReader(db).seqs("d", Selection.range(0, 50)),
    "gold": lambda db: RecordReader(db).gold("d", Selection.range(0, 50)),
    "a count of records": lambda db: RecordReader(db).count("d", Selection.range(0, 100)),
    "the bound of a limit": lambda db: RecordReader(db).first("d", Selection.range(0, 200), count=20),
    "keys that exist": lambda db: RecordWriter(db).existing("d", ["1", "2"]),
    "contents that exist": lambda db: RecordWriter(db).with_content("d", ["1", "2"]),
    "taking back an import": lambda db: RecordWriter(db).delete_import("i", from_seq=199),
    "what an import left": lambda db: RecordWriter(db).delete_invisible("d", from_seq=199),
    "who is asking": lambda db: ApiKeyReader(db).by_hash("h"),
    "the list of keys": lambda db: ApiKeyReader(db).keys(before=(NOW, "k")),
    "a login link": lambda db: ApiKeyWriter(db).consume_login("h", now=utcnow()),
    "revoking a key": lambda db: ApiKeyWriter(db).revoke("root", now=NOW),
    "logging out": lambda db: ApiKeyWriter(db).end_session("h"),
    "credentials of a person": lambda db: PersonWriter(db).disable("root", now=NOW),
    "a new credential": lambda db: ApiKeyWriter(db).give(_credential("p")),
    "a person's new name": lambda db: PersonWriter(db).rename("p", "Ada"),
    "a person by id": lambda db: PersonReader(db).get("p"),
    "names of people": lambda db: PersonReader(db).names(["p", "q"]),
    "people by name": lambda db: PersonReader(db).list(after=("Ada", "p")),
    "who is called so": lambda db: PersonReader(db).called("Ada"),
    "counts by outcome": lambda db: AnnotationReader(db).count_by_outcome("j", Selection.range(0, 50)),
    "counts of a set": lambda db: AnnotationReader(db).count_by_outcome("j", Selection.of(range(0, 50, 3)), attempt=2),
    "records of a job that match": lambda db: MatchingReader(db).matching(
        "j", AnnotationMatch(outcomes=[Outcome.FAILED], reasons=["timeout"], labels={"t": ["a"]}, verified=False)
    ),
    **{
        f"find {where} by {order}": partial(find, where=where, order=order)
        for where in (
            "label.t = a",
            "label.t in (a, b) or verified",
            "confidence < 0.5",
            "confidence.t < 0.5 and outcome = labeled",
            "outcome in (failed, invalid)",
            "reason = timeout",
            "rule = exact",
            "verified",
            "needs_review",
            "state = disputed",
            "decided_by = ada",
            "id in (a, b)",
        )
        for order in ("seq", "confidence", "-confidence", "decided", "-decided")
    },
    "what a reader may not see": lambda db: ReviewItemReader(db).blind_for("p", "d"),
    "ended": lambda db: AnnotationReader(db).ended("j", Selection.range(0, 50)),
    "a page of annotations": lambda db: AnnotationReader(db).page("j", after_seq=5),
    "jobs with a label schema": lambda db: JobReader(db).with_label_schema("p", "n"),
    "what people decided last": lambda db: VerifiedReader(db).newest(["j", "k"], dataset_id="d", limit=20),
    "live workers": lambda db: WorkerReader(db).live(),
    "fingerprints of blocks": lambda db: EndedReader(db).fingerprints("j", 50),
    "what a report reads": lambda db: EndedReader(db).ended(("j",), Selection.range(0, 50)),
    "what a comparison reads": lambda db: EndedReader(db).ended(("j", "k"), Selection.range(0, 50)),
    "what a page of differences shows": lambda db: EndedReader(db).ended(("j", "k"), Selection.of((1, 7))),
    "kept sums": lambda db: listed(SummaryReader(db).of("j|k", [0, 1, 7])),
    "a kept report": lambda db: ReportReader(db).get("j"),
    "which reports are kept": lambda db: ReportReader(db).made_at(["j", "k"]),
    "looks that were asked for": lambda db: AnnotationReader(db).count_asked("j", 50),
    "a record by the user's key": lambda db: RecordReader(db).find("d", "7"),
    "the next campaign to walk": lambda db: CampaignWriter(db).claim("w", seconds=1),
    "the next stop rule to check": lambda db: CampaignWriter(db).claim_check(every_seconds=1),
    "a campaign": lambda db: CampaignReader(db).get("o"),
    "a job's campaigns": lambda db: CampaignReader(db).of_job("j"),
    "campaigns that serve a person": lambda db: CampaignReader(db).served_to("j", "p"),
    "campaigns that left records to another": lambda db: CampaignWriter(db).rewalk_others(disagreement(["j", "k"], 9)),
    "what a campaign picks from": lambda db: CandidateReader(db).of_block(["j", "k"], Block(0, 50, None)),
    "labeled seqs of a campaign": lambda db: CandidateReader(db).labeled("j", Selection.range(0, 50)),
    "items of a campaign": lambda db: ReviewItemReader(db).counts_of_campaign(["j", "k"], "c"),
    "the next item of some campaigns": lambda db: ReviewItemWriter(db).claim(
        "j", Reviewer("p", "p"), limit=1, seconds=1, campaigns=["c", "d", None]
    ),
    "the next certificate to lead": lambda db: CertificateWriter(db).claim("w", seconds=1),
    "a job's certificates": lambda db: CertificateReader(db).of_job("j"),
    "the certificate that has not ended": lambda db: CertificateReader(db).live_of(["j", "k"]),
    "sealed records": lambda db: SealedReader(db).of("d"),
    "labels to freeze": lambda db: FreezingReader(db).block("j", 5, 50),
    "frozen labels": lambda db: FreezingReader(db).between("j", 0, 50, attempt=1),
    "items that were skipped often": lambda db: ReviewItemReader(db).skipped("j", "c", 3),
    "reads by blocks": lambda db: OpinionReader(db).count_blocks("j", 1000),
    "a record's decisions": lambda db: OpinionReader(db).history("j", 7),
    "records that a person is to read blind": lambda db: ReviewItemReader(db).blind_for("p", "d"),
    "those of a page": lambda db: ReviewItemReader(db).blind_for("p", "d", Selection.of((1, 7))),
    "jobs that ended lately": lambda db: JobReader(db).finished_since(NOW),
}

SORTS_IN_MEMORY = {"projects of a scope", "find confidence < 0.5 by seq"}
"""At most as many as a key's scope has; as there are fewer than 5,000 of."""


COUNTS = ("counts by outcome", "ended", "a count of records", "seqs", "the bound of a limit")


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_is_answered_by_an_index(watched: tuple[Database, Commands], name: str) -> None:
    database, commands = watched
    await QUERIES[name](database)
    assert commands.sent
    for command in commands.sent:
        stages = await plan(database, command)
        assert "COLLSCAN" not in stages, (command, stages)
        assert {"IXSCAN", "IDHACK", "COUNT_SCAN", "DISTINCT_SCAN", "EOF"} & set(stages), (command, stages)
        if name not in SORTS_IN_MEMORY:
            assert "SORT" not in stages, (command, stages)


async def test_counts_never_touch_a_document(watched: tuple[Database, Commands]) -> None:
    database, commands = watched
    for name in (*COUNTS, "fingerprints of blocks", "labeled seqs of a campaign", "items of a campaign"):
        commands.sent.clear()
        await QUERIES[name](database)
        for command in commands.sent:
            assert "FETCH" not in await plan(database, command), name


async def plan(database: Database, command: dict[str, Any]) -> list[str]:
    """The stages of the winning plan."""
    plain = {key: value for key, value in command.items() if not key.startswith("$") and key not in _SESSION}
    explained = await database.raw.command("explain", plain, verbosity="queryPlanner")
    return sorted(set(_stages(explained)))


_SESSION = ("lsid", "txnNumber", "autocommit", "startTransaction", "readConcern", "writeConcern", "ordered")


def _stages(node: Any) -> list[str]:
    if isinstance(node, list):
        return [stage for each in node for stage in _stages(each)]
    if not isinstance(node, dict):
        return []
    found = [node["stage"]] if isinstance(node.get("stage"), str) else []
    for key, value in node.items():
        if key not in ("rejectedPlans", "command", "serverInfo"):
            found += _stages(value)
    return found

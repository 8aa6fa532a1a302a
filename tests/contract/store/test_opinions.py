"""People's decisions in MongoDB: append-only, the highest revision of a record holds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tandem.people import name_only_id
from tandem.review import OpinionPolicy
from tandem.settings import MongoSettings
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.opinions.documents import DecisionKind, OpinionDocument, decided_event, settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem.store.opinions.writer import OpinionWriter, RevisionTakenError

JOB = "job1"


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


@pytest.fixture
def reader(database: Database) -> OpinionReader:
    return OpinionReader(database)


@pytest.fixture
def writer(database: Database) -> OpinionWriter:
    return OpinionWriter(database)


def decision(seq: int, revision: int = 1, *, value: str | None = "positive", by: str = "ann") -> OpinionDocument:
    return OpinionDocument(
        job_id=JOB,
        project_id="p1",
        dataset_id="d1",
        seq=seq,
        record_id=f"r{seq}",
        revision=revision,
        kind=DecisionKind.UNDONE if value is None else DecisionKind.CORRECTED,
        values=None if value is None else {"sentiment": value},
        attempt=1,
        shown_attempt=1,
        shown_values={"sentiment": "negative"},
        decided_by="a name that many have",
        decided_by_id=by,
        decided_at=utcnow(),
        reservation="token",
    )


async def test_a_revision_is_written_once(writer: OpinionWriter, reader: OpinionReader) -> None:
    await writer.append([decision(0, value="positive")])
    with pytest.raises(RevisionTakenError):
        await writer.append([decision(0, value="neutral")])
    held = await reader.get(JOB, 0)
    assert held is not None
    assert held.values == {"sentiment": "positive"}


async def test_a_records_revisions_come_together_and_in_order(writer: OpinionWriter, reader: OpinionReader) -> None:
    for written in (decision(0, 2, value=None), decision(0), decision(3), decision(12), decision(12, 2), decision(13)):
        await writer.append([written])

    found = await reader.by_record(JOB, [0, 3, 7])
    assert {seq: [(one.revision, one.kind) for one in each] for seq, each in found.items()} == {
        0: [(1, DecisionKind.CORRECTED), (2, DecisionKind.UNDONE)],
        3: [(1, DecisionKind.CORRECTED)],
    }
    streamed = [[(one.seq, one.revision) for one in each] async for each in reader.stream_records(JOB)]
    assert streamed == [[(0, 1), (0, 2)], [(3, 1)], [(12, 1), (12, 2)], [(13, 1)]]
    assert [each[0].seq async for each in reader.stream_records(JOB, 3, 13)] == [3, 12]
    assert await reader.count(JOB) == 6
    assert await reader.count_blocks(JOB, 10) == {0: 3, 1: 3}
    assert await reader.jobs() == [JOB]


async def test_a_persons_last_decisions_come_newest_first_and_only_of_the_jobs_asked_for(
    writer: OpinionWriter, reader: OpinionReader
) -> None:
    for seq in range(5):
        await writer.append([decision(seq, by="ben" if seq == 2 else "ann")])
    last = await reader.last_of("ann", job_ids=[JOB], limit=3)
    assert [found.seq for found in sorted(last, key=lambda found: found.seq)] == [1, 3, 4]
    assert await reader.last_of("ann", job_ids=["other"], limit=3) == []


async def test_a_decision_of_an_older_version_is_read_and_is_nobodys(
    writer: OpinionWriter, reader: OpinionReader, database: Database
) -> None:
    await writer.append([decision(0)])
    await database["verifications"].update_one({}, {"$unset": {"decided_by_id": ""}, "$set": {"decided_by": "ann"}})
    found = await reader.get(JOB, 0)
    assert found is not None
    assert (found.decided_by, found.decided_by_id, found.person) == ("ann", None, name_only_id("ann"))
    assert await reader.last_of("ann", job_ids=[JOB], limit=3) == []


async def test_a_decision_makes_its_event(writer: OpinionWriter, reader: OpinionReader) -> None:
    await writer.append([decision(4)])
    found = await reader.get(JOB, 4)
    assert found is not None
    event = decided_event([found], settlement_of([found], OpinionPolicy()))
    assert (event.key, event.revision, event.values, event.confirmed) == ("job1:4", 1, {"sentiment": "positive"}, False)
    assert (event.decided_by, event.decided_by_id) == ("a name that many have", "ann")


async def test_every_query_of_the_decisions_is_answered_by_an_index(
    writer: OpinionWriter, reader: OpinionReader, database: Database
) -> None:
    for seq in range(20):
        await writer.append([decision(seq)])
    await database.raw.command("profile", 2)
    await reader.by_record(JOB, [1, 2])
    await reader.jobs()
    await reader.count(JOB)
    await reader.count_blocks(JOB, 10)
    assert [found async for found in reader.stream_records(JOB, 3, 8)]
    await reader.last_of("ann", job_ids=[JOB, "job2"], limit=5)
    await database.raw.command("profile", 0)
    query = {"ns": f"{database.raw.name}.verifications"}
    entries = [entry async for entry in database["system.profile"].find(query)]
    assert len(entries) == 6
    for entry in entries:
        assert any(scan in entry["planSummary"] for scan in ("IXSCAN", "COUNT_SCAN", "DISTINCT_SCAN")), entry
        assert not entry.get("hasSortStage"), entry

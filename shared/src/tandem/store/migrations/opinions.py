"""Make the decisions of older versions opinions, and note in annotations what they come to.

Ids, revisions and values of the decisions stay as they are: each is the opinion of the person who decided. What holds
is found by the one rule, `tandem.review.settled`, so a database with opinions of several people is brought up to date
too, after a replica of an older version applied events without knowing them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pymongo import UpdateOne

from tandem.review import OpinionPolicy
from tandem.store.annotations.opinions import opinions_part
from tandem.store.database import Database, store_errors
from tandem.store.jobs.documents import opinion_policy
from tandem.store.jobs.reader import JobReader
from tandem.store.migrations.runner import Migration, MigrationLease
from tandem.store.opinions.documents import COLLECTION, OpinionDocument, decided_event, settlement_of
from tandem.store.opinions.reader import OpinionReader

BATCH = 500
_LACKS = {"$exists": False}
_VERIFIED_INDEX = "job_id_1_seq_1_verification_revision_1"


async def make_opinions(database: Database, lease: MigrationLease) -> Mapping[str, int]:
    """Write what was shown and what an undo takes back into decisions, and the summary into annotations."""
    run = _Run(database, lease)
    async with store_errors():
        jobs = await database[COLLECTION].distinct("job_id")
    for job_id in sorted(jobs):
        await run.decisions(job_id)
        await run.annotations(job_id)
    return run.changed


OPINIONS = Migration("0003-opinions", make_opinions)


class _Run:
    def __init__(self, database: Database, lease: MigrationLease) -> None:
        self._database = database
        self._lease = lease
        self._reader = OpinionReader(database)
        self._jobs = JobReader(database)
        self.changed: Counter[str] = Counter()

    async def decisions(self, job_id: str) -> None:
        """Say of each decision whether a proposal was shown, and of each undo which revision it takes back."""
        shown = {"$gt": [{"$size": {"$objectToArray": {"$ifNull": ["$shown_values", {}]}}}, 0]}
        is_undo = {"$eq": [{"$ifNull": ["$values", None]}, None]}
        withdraws = {"$cond": [is_undo, {"$subtract": ["$revision", 1]}, None]}
        await self._lease.keep()
        async with store_errors():
            result = await self._database[COLLECTION].update_many(
                {"job_id": job_id, "shown": _LACKS}, [{"$set": {"shown": shown, "withdraws": withdraws}}]
            )
        self.changed[COLLECTION] += result.modified_count

    async def annotations(self, job_id: str) -> None:
        """Write the summary of the opinions where it is missing, or belongs to an older revision."""
        policy = opinion_policy(await self._jobs.get(job_id))
        stale: dict[str, Any] = {
            "job_id": job_id,
            "verification_revision": {"$gte": 1},
            "$expr": {"$ne": ["$opinions.revision", "$verification_revision"]},
        }
        last = -1
        while True:
            async with store_errors():
                found = await (
                    self._database["annotations"]
                    .find({**stale, "seq": {"$gt": last}}, {"seq": 1, "verification_revision": 1})
                    .sort("seq", 1)
                    .limit(BATCH)
                    .hint(_VERIFIED_INDEX)
                    .to_list(BATCH)
                )
            if not found:
                return
            last = found[-1]["seq"]
            await self._summarize(job_id, {each["seq"]: each["verification_revision"] for each in found}, policy)

    async def _summarize(self, job_id: str, revisions: dict[int, int], policy: OpinionPolicy) -> None:
        updates = [
            update
            for seq, opinions in (await self._reader.by_record(job_id, sorted(revisions))).items()
            for update in _summary(opinions, revisions[seq], policy)
        ]
        if updates:
            await self._lease.keep()
            async with store_errors():
                result = await self._database["annotations"].bulk_write(updates, ordered=False)
            self.changed["annotations"] += result.modified_count


def _summary(opinions: list[OpinionDocument], revision: int, policy: OpinionPolicy) -> list[UpdateOne]:
    """Return the update of an annotation to which the opinions up to `revision` were applied."""
    applied = [each for each in opinions if each.revision <= revision]
    if not applied:
        return []
    found = decided_event(applied, settlement_of(applied, policy)).settled
    if found is None:
        return []
    key = {"_id": applied[0].item_id, "verification_revision": revision}
    return [UpdateOne(key, {"$set": {"opinions": opinions_part(found, revision)}})]

"""Reads annotations for review campaigns: what strategies see of them, by stretches of seq."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from tandem.events import Outcome, thresholds_campaign_id
from tandem.jobs.selection import Block, Selection
from tandem.review.campaigns.strategy import Candidate
from tandem.store.annotations.documents import COLLECTION
from tandem.store.database import Database, store_errors

_COUNTING_INDEX = "job_id_1_seq_1_attempt_1_outcome_1_needs_review_1"
_OUTCOME_INDEX = "job_id_1_outcome_1_seq_1"
_BATCH = 500
"""Documents that are decoded at once: for so long nothing else runs."""
_SHOWN: dict[str, Any] = {
    "_id": 0,
    "job_id": 1,
    "seq": 1,
    "record_id": 1,
    "attempt": 1,
    "outcome": 1,
    "labels": 1,
    "needs_review": 1,
    "review_asked.order": 1,
    "verification.revision": 1,
    "opinions.number": 1,
}


class CandidateReader:
    """Reader of what campaigns choose from. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def of_block(self, job_ids: Sequence[str], block: Block) -> list[dict[int, Candidate]]:
        """Return, for each job, the annotations of a block by seq; one query for all jobs."""
        query = {"job_id": {"$in": list(job_ids)}, "seq": {"$gte": block.from_seq, "$lt": block.below_seq}}
        async with store_errors():
            cursor = self._collection.find(query, _SHOWN).hint(_COUNTING_INDEX).batch_size(_BATCH)
            documents = await cursor.to_list(None)
        wanted = None if block.seqs is None else set(block.seqs)
        found: dict[str, dict[int, Candidate]] = {job_id: {} for job_id in job_ids}
        for document in documents:
            if wanted is None or document["seq"] in wanted:
                found[document["job_id"]][document["seq"]] = _candidate(document)
        return [found[job_id] for job_id in job_ids]

    async def labeled(self, job_id: str, selection: Selection) -> list[int]:
        """Return the selected seqs that are labeled, ascending, without touching a document."""
        seqs = {"$gte": selection.from_seq, "$lt": selection.below_seq}
        query = {"job_id": job_id, "outcome": Outcome.LABELED.value, "seq": seqs}
        async with store_errors():
            cursor = self._collection.find(query, {"_id": 0, "seq": 1}).sort("seq", 1).hint(_OUTCOME_INDEX)
            found = await cursor.to_list(None)
        return [document["seq"] for document in found if document["seq"] in selection]


def _candidate(document: dict[str, Any]) -> Candidate:
    asked = document.pop("review_asked", None)
    decided, opinions = document.pop("verification", None), document.pop("opinions", None)
    document["campaign_id"] = asked["order"] if asked else thresholds_campaign_id(document["job_id"])
    document["is_decided"] = decided is not None or bool(opinions and opinions["number"])
    return cast("Candidate", document)

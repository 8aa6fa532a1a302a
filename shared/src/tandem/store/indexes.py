"""Every index of every collection, declared in one place and created at the start of each service.

A query without its index is a defect; the plans are checked in the contract tests of the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from tandem.store.database import Database, store_errors
from tandem.store.workers.documents import KEPT_SECONDS


@dataclass(frozen=True, slots=True)
class Index:
    collection: str
    keys: tuple[tuple[str, int], ...]
    why: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "_".join(f"{key}_{direction}" for key, direction in self.keys)


UP, DOWN = ASCENDING, DESCENDING
UNIQUE = {"unique": True}
EXPIRES = (("expires_at", UP),)
AT_ITS_TIME = {"expireAfterSeconds": 0, "partialFilterExpression": {"expires_at": {"$exists": True}}}
"""MongoDB deletes the document then; the index holds no other."""

INDEXES: tuple[Index, ...] = (
    Index("projects", (("name", UP),), "a project's name is its own", UNIQUE),
    Index("label_schemas", (("project_id", UP), ("name", UP), ("version", UP)), "versions of a schema", UNIQUE),
    Index("datasets", (("project_id", UP), ("name", UP)), "a data set's name within its project", UNIQUE),
    Index("subsets", (("dataset_id", UP), ("name", UP)), "a subset's name within its data set", UNIQUE),
    Index("records", (("dataset_id", UP), ("seq", UP)), "the dispatcher's walk, pages and exports", UNIQUE),
    Index("records", (("dataset_id", UP), ("record_id", UP)), "the user's key, duplicates on import", UNIQUE),
    Index("records", (("dataset_id", UP), ("content_hash", UP)), "equal content on import, where it is asked for"),
    Index("records", (("import_id", UP), ("seq", UP)), "taking back an import that did not commit"),
    Index("agents", (("project_id", UP), ("name", UP), ("version", UP)), "versions of an agent", UNIQUE),
    Index("jobs", (("project_id", UP), ("created_at", DOWN), ("_id", DOWN)), "a project's jobs, newest first"),
    Index("jobs", (("created_at", DOWN), ("_id", DOWN)), "all jobs, newest first"),
    Index(
        "jobs",
        (("project_id", UP), ("published.label_schema.name", UP), ("created_at", DOWN)),
        "the jobs whose verified records examples are drawn from",
    ),
    Index("jobs", (("state", UP), ("_id", UP)), "live jobs"),
    Index("jobs", (("dispatch.announced", UP), ("_id", UP)), "jobs that need a dispatcher"),
    Index(
        "jobs",
        (("finished_at", UP), ("_id", UP)),
        "jobs that ended lately, whose report is kept",
        {"partialFilterExpression": {"finished_at": {"$type": "date"}}},
    ),
    Index("jobs", EXPIRES, "try-outs are forgotten", AT_ITS_TIME),
    Index("records", EXPIRES, "so are records that were made up for them", AT_ITS_TIME),
    Index("annotations", EXPIRES, "and their annotations", AT_ITS_TIME),
    Index("summaries", (("subject", UP), ("block", UP)), "what a report or a comparison is made of"),
    Index("summaries", (("expires_at", UP),), "comparisons that nobody asks for end", {"expireAfterSeconds": 0}),
    Index("api_keys", (("hash", UP),), "who is asking", UNIQUE),
    Index("api_keys", (("kind", UP), ("revoked", UP), ("created_at", DOWN), ("_id", DOWN)), "the list of API keys"),
    Index("api_keys", (("parent_id", UP),), "what ends with a revoked key", {"sparse": True}),
    Index("api_keys", (("person_id", UP),), "what ends with a person", {"sparse": True}),
    Index("people", (("source", UP), ("name", UP), ("_id", UP)), "the list of people, and who is called so"),
    Index("api_keys", (("expires_at", UP),), "sessions and login links end by themselves", {"expireAfterSeconds": 0}),
    Index(
        "annotations",
        (("job_id", UP), ("seq", UP), ("attempt", UP), ("outcome", UP), ("needs_review", UP)),
        "counts over a range of seq without touching a document, pages, exports (_id is job:seq, hence unique)",
    ),
    Index("annotations", (("job_id", UP), ("outcome", UP), ("seq", UP)), "lists of one outcome, run again"),
    Index(
        "annotations",
        (("job_id", UP), ("reason", UP), ("seq", UP)),
        "find by reason; holds records without a label only",
        {"partialFilterExpression": {"reason": {"$gt": ""}}},
    ),
    Index(
        "annotations",
        (("job_id", UP), ("labels.task", UP), ("labels.value", UP), ("seq", UP)),
        "find by label",
    ),
    Index(
        "annotations",
        (("job_id", UP), ("lowest_confidence", UP), ("seq", UP)),
        "find by confidence, and the order of confidence both ways",
    ),
    Index(
        "annotations",
        (("job_id", UP), ("needs_review", UP), ("seq", UP), ("attempt", UP)),
        "the review queue's sweep: tallies without touching a document",
    ),
    Index(
        "annotations",
        (("job_id", UP), ("seq", UP), ("verification_revision", UP)),
        "which decisions of people were applied; holds decided records only",
        {"partialFilterExpression": {"verification_revision": {"$gte": 1}}},
    ),
    Index(
        "annotations",
        (("job_id", UP), ("more_spending.answer", UP)),
        "what was paid beyond the first answers; holds the few records where that was",
        {"partialFilterExpression": {"more_spending": {"$exists": True}}},
    ),
    Index("deletions", (("project_id", UP), ("asked_at", DOWN)), "the audit of a project's deletions, newest first"),
    Index("deletions", (("asked_at", DOWN),), "all of them, and those that are carried out again"),
    Index("dead_letters", (("state", UP), ("written_at", DOWN), ("_id", DOWN)), "the list, and what is to be replayed"),
    Index("dead_letters", EXPIRES, "dead letters go when their topic forgets them", AT_ITS_TIME),
    Index("handed_back", (("job_id", UP),), "what was paid for requests that were handed back (_id names the asking)"),
    Index(
        "annotations",
        (("job_id", UP), ("verification.decided_at", DOWN), ("seq", DOWN)),
        "what people decided last, to draw examples from and to order by; holds verified records only",
        {"partialFilterExpression": {"verification.decided_at": {"$exists": True}}},
    ),
    Index(
        "annotations",
        (("job_id", UP), ("needs_review", UP), ("verification.revision", UP), ("seq", UP)),
        "which records that were sent to people wait, and how many are decided; holds records that were sent alone",
        {"partialFilterExpression": {"needs_review": True}},
    ),
    Index(
        "annotations",
        (("job_id", UP), ("seq", UP), ("review_asked.attempt", UP)),
        "what a person's look was asked for afterwards; holds such records only",
        {"partialFilterExpression": {"review_asked.attempt": {"$gte": 1}}},
    ),
    Index(
        "annotations",
        (("job_id", UP), ("seq", UP), ("review_changes", UP)),
        "where a person's look was asked for or withdrawn afterwards; holds such records only",
        {"partialFilterExpression": {"review_changes": {"$gte": 1}}},
    ),
    Index(
        "campaigns",
        (("walking", UP), ("state", UP), ("walked_at", UP), ("_id", UP)),
        "the campaign that waited longest for its next block",
    ),
    Index("campaigns", (("jobs", UP), ("created_at", UP), ("_id", UP)), "the campaigns of a job"),
    Index(
        "campaigns",
        (("stops", UP), ("state", UP), ("checked_at", UP)),
        "campaigns that may close by themselves",
        {"partialFilterExpression": {"stops": True}},
    ),
    Index("bulk_acts", (("job_id", UP), ("created_by_id", UP), ("created_at", DOWN)), "a person's bulk acts in a job"),
    Index("bulk_acts", (("state", UP), ("created_at", UP)), "the oldest bulk act that has work left"),
    Index("certificates", (("job_id", UP), ("created_at", UP), ("_id", UP)), "the certificates of a job"),
    Index(
        "certificates",
        (("job_id", UP), ("live", UP)),
        "one certificate of a job at a time; holds those that have not ended",
        {"unique": True, "partialFilterExpression": {"live": True}},
    ),
    Index(
        "certificates",
        (("live", UP), ("next_at", UP), ("_id", UP)),
        "the certificate whose next step is due; holds those that have not ended",
        {"partialFilterExpression": {"live": True}},
    ),
    Index(
        "certificates",
        (("dataset_id", UP), ("sealed", UP)),
        "the records whose labels nobody may see; holds open certificates only",
        {"partialFilterExpression": {"sealed": True}},
    ),
    Index("review_items", (("job_id", UP), ("seq", UP), ("attempt", UP)), "the sweep's tallies (_id is job:seq)"),
    Index("review_items", (("state", UP),), "open items over all jobs"),
    Index(
        "review_items",
        (("job_id", UP), ("state", UP), ("skips", UP), ("priority", DOWN), ("seq", UP)),
        "the next item, and counts by state",
    ),
    Index(
        "review_items",
        (("dataset_id", UP), ("revealed", UP), ("seq", UP)),
        "the records whose values people may not see yet; holds blind items only",
        {"partialFilterExpression": {"blind": True}},
    ),
    Index(
        "review_items",
        (("job_id", UP), ("state", UP), ("campaign_id", UP), ("skips", UP), ("priority", DOWN), ("seq", UP)),
        "the next item of some campaigns, and their counts",
    ),
    Index("review_items", (("reserved_by_id", UP), ("reserved_until", UP)), "what a person holds", {"sparse": True}),
    Index(
        "workers",
        (("heard_at", UP),),
        "live workers; those that are gone are forgotten",
        {"expireAfterSeconds": KEPT_SECONDS},
    ),
    Index("verifications", (("job_id", UP), ("seq", UP), ("revision", UP)), "a record's decisions", UNIQUE),
    Index(
        "verifications",
        (("decided_by_id", UP), ("job_id", UP), ("decided_at", DOWN), ("_id", DOWN)),
        "a person's last decisions, for undo",
    ),
)


async def ensure_indexes(database: Database) -> None:
    """Create what is missing; what exists stays. Raises StoreUnavailableError."""
    by_collection: dict[str, list[IndexModel]] = {}
    for index in INDEXES:
        by_collection.setdefault(index.collection, []).append(
            IndexModel(list(index.keys), name=index.name, **index.options)
        )
    async with store_errors():
        for collection, models in by_collection.items():
            await database[collection].create_indexes(models)

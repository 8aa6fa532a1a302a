"""Answers that are there already: of the same agent version to the same content, in the data set of the job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tandem.events import JobKind, Outcome, ReadyLabels, TaskLabel
from tandem.store.annotations.documents import AnnotationDocument, annotation_id
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.documents import JobDocument, attempt_of
from tandem.store.jobs.reader import JobReader
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem_api.dispatch.label_makers import MadeLabels
from tandem_api.dispatch.outstanding import Outstanding

MOST_JOBS = 10
"""Earlier jobs of the agent version that are looked at, the newest."""
MOST_EQUAL = 3
"""Records of equal content whose answers are looked at, for each record."""
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Reused:
    """What becomes of records without a call: `made` have an answer; `held` wait for that of another record."""

    made: Mapping[int, MadeLabels] = field(default_factory=dict)
    held: frozenset[int] = frozenset()


def reuses(job: JobDocument) -> bool:
    """Return whether the job takes answers that are there. A pass that runs records again asks for new ones."""
    return job["reuse"] and attempt_of(job) == 1 and job["kind"] == JobKind.MODEL


class AnswerReuse:
    """Finds the answers. Methods raise StoreUnavailableError."""

    def __init__(self, *, jobs: JobReader, records: RecordReader, annotations: AnnotationReader) -> None:
        self._jobs = jobs
        self._records = records
        self._annotations = annotations
        self._earlier: dict[str, list[str]] = {}

    async def find(self, job: JobDocument, records: Sequence[RecordDocument], outstanding: Outstanding) -> Reused:
        """Return what becomes of these records, which come in the order of their seqs.

        Of several records with equal content the first is asked for. The others wait until that has ended; if it has no
        label then, the next one is asked for.
        """
        equal = await self._equal(job, records)
        earlier = await self._earlier_jobs(job)
        candidates: dict[int, list[str]] = {}
        for record in records:
            seq = record["seq"]
            others = equal[record["content_hash"]]
            before = [annotation_id(job["_id"], other) for other in others if other < seq][:MOST_EQUAL]
            there = [seq, *(other for other in others if other != seq)][:MOST_EQUAL]
            candidates[seq] = before + [annotation_id(each, other) for each in earlier for other in there]
        found = await self._annotations.get_many({key for keys in candidates.values() for key in keys})
        made: dict[int, MadeLabels] = {}
        held: set[int] = set()
        asked = {seq for seq, ask in outstanding.asks.items() if not ask.held}
        for record in records:
            seq, content = record["seq"], record["content_hash"]
            answer = next((found[key] for key in candidates[seq] if _fits(found.get(key), job, content)), None)
            if answer is not None:
                made[seq] = _made(answer)
            elif any(other < seq and other in asked for other in equal[content]):
                held.add(seq)
            else:
                asked.add(seq)
        return Reused(made, frozenset(held))

    async def _equal(self, job: JobDocument, records: Sequence[RecordDocument]) -> Mapping[str, list[int]]:
        """Return the seqs of the records with each content, ascending."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        hashes = {record["content_hash"] for record in records}
        for seq, content in await self._records.with_content(job["dataset_id"], hashes):
            found[content].append(seq)
        for seqs in found.values():
            seqs.sort()
        return found

    async def _earlier_jobs(self, job: JobDocument) -> list[str]:
        known = self._earlier.get(job["_id"])
        if known is None:
            if len(self._earlier) >= _KEPT:
                self._earlier.clear()
            known = self._earlier[job["_id"]] = await self._jobs.before(job, limit=MOST_JOBS)
        return known


def _fits(annotation: AnnotationDocument | None, job: JobDocument, content: str) -> bool:
    return (
        annotation is not None
        and annotation["outcome"] == Outcome.LABELED
        and annotation["agent_id"] == job["agent_id"]
        and annotation["content_hash"] == content
    )


def _made(annotation: AnnotationDocument) -> MadeLabels:
    """Return the model's labels as ready ones; the source is where the model was asked."""
    labels = tuple(TaskLabel.model_validate(label) for label in annotation["labels"])
    sources = tuple(annotation.get("sources", ())) or (annotation["_id"],)
    return MadeLabels(ReadyLabels(sources=sources, labels=labels), annotation["provider"], annotation["model"])

"""Answers of the workers: writes their annotations and returns the events that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tandem.events import AnnotationRespondedV1, JobPublishedV1, Outcome, ReviewReason, TaskLabel
from tandem.events.catalog import RESPONSES
from tandem.labeling.reading import Rule
from tandem.messaging import Outgoing, Received
from tandem.observability.logs import get_logger
from tandem.observability.metrics import (
    ANNOTATION_DUPLICATES,
    ANNOTATIONS_WRITTEN,
    LABEL_CONFIDENCE,
    REVIEWS_REQUESTED,
    SKIPPED,
)
from tandem.observability.series import start_at_zero
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import utcnow
from tandem.store.records.reader import RecordReader
from tandem_postprocessor.annotating import annotation_of
from tandem_postprocessor.emitting import events_of
from tandem_postprocessor.known_jobs import KnownJobs

Answer = Received[AnnotationRespondedV1]
Annotated = tuple[AnnotationDocument, tuple[TaskLabel, ...]]

_log = get_logger(__name__)


class ResponsesHandler:
    """Writes a batch of answers with one insert. The first write of an attempt wins, the highest attempt is current.

    An answer that is delivered again changes nothing and gives the events again, made of what is stored: after a crash
    between the write and the events, the next delivery sends them.
    """

    def __init__(
        self, *, jobs: KnownJobs, records: RecordReader, reader: AnnotationReader, writer: AnnotationWriter
    ) -> None:
        start_at_zero(SKIPPED, [RESPONSES.name], ["unknown_job"])
        start_at_zero(ANNOTATIONS_WRITTEN, [Outcome.LABELED], Rule)
        start_at_zero(ANNOTATIONS_WRITTEN, [Outcome.INVALID, Outcome.FAILED], ["none"])
        start_at_zero(REVIEWS_REQUESTED, ReviewReason)
        self._jobs = jobs
        self._records = records
        self._reader = reader
        self._writer = writer

    async def __call__(self, batch: Sequence[Answer]) -> list[Outgoing]:
        """Write the annotations of the batch and return their events. Raises StoreUnavailableError; the same batch may
        then be handled again."""
        answers, annotated = await self._annotate(batch)
        annotations = [annotation for annotation, _ in annotated]
        duplicates = await self._writer.insert_first(annotations)
        stored = await self._settle([annotations[index] for index in sorted(duplicates)])
        _count([annotation for index, annotation in enumerate(annotations) if index not in duplicates])
        outgoing: list[Outgoing] = []
        for index, (received, (annotation, labels)) in enumerate(zip(answers, annotated, strict=True)):
            # Of a duplicate, what is stored is what happened.
            events = events_of(stored[annotation["_id"]]) if index in duplicates else events_of(annotation, labels)
            outgoing += [Outgoing.caused_by(received, event) for event in events]
        return outgoing

    async def _annotate(self, batch: Sequence[Answer]) -> tuple[list[Answer], list[Annotated]]:
        """Return the answers whose job is known, and the annotation to write for each, with its labels."""
        jobs = await self._jobs.find(received.event.job_id for received in batch)
        answers = [received for received in batch if received.event.job_id in jobs]
        if skipped := len(batch) - len(answers):
            # The dispatcher asks again for what has no annotation.
            SKIPPED.labels(RESPONSES.name, "unknown_job").inc(skipped)
            _log.warning("responses.unknown_job", answers=skipped)
        records = await self._fields(answers, jobs)
        now = utcnow()
        annotated = []
        for received in answers:
            job, answer = jobs[received.event.job_id], received.event
            fields = records.get((job.dataset_id, answer.seq), {})
            labeler = self._jobs.labeler(job) if answer.ready is None else None
            annotated.append(annotation_of(answer, job, labeler, fields=fields, now=now))
        return answers, annotated

    async def _fields(
        self, answers: Sequence[Answer], jobs: Mapping[str, JobPublishedV1]
    ) -> dict[tuple[str, int], dict[str, str]]:
        """Return the records' fields by data set and seq, where labels are found in them; one query for each data
        set."""
        wanted: dict[str, set[int]] = {}
        for received in answers:
            job = jobs[received.event.job_id]
            if _has_spans(job) if received.event.ready is not None else self._jobs.labeler(job).needs_record:
                wanted.setdefault(job.dataset_id, set()).add(received.event.seq)
        found: dict[tuple[str, int], dict[str, str]] = {}
        for dataset_id, seqs in wanted.items():
            records = await self._records.get_many(dataset_id, seqs)
            found.update(((dataset_id, seq), record["fields"]) for seq, record in records.items())
        return found

    async def _settle(self, duplicates: Sequence[AnnotationDocument]) -> dict[str, AnnotationDocument]:
        """Let a higher attempt replace the stored one; return what is stored in the end, by id."""
        if not duplicates:
            return {}
        stored = await self._reader.get_many({annotation["_id"] for annotation in duplicates})
        await self._writer.also_paid(
            [(new["_id"], new["spending"]) for new in duplicates if _is_paid_anew(new, stored[new["_id"]])]
        )
        others = [each for each in duplicates if each["attempt"] != stored[each["_id"]]["attempt"]]
        ANNOTATION_DUPLICATES.inc(len(duplicates) - len(others))
        if not others:
            return stored
        await self._writer.supersede(others)
        changed = await self._reader.get_many({each["_id"] for each in others})
        _count([each for each in others if changed[each["_id"]]["event_id"] == each["event_id"]])
        return stored | changed


def _has_spans(job: JobPublishedV1) -> bool:
    return any(task.traits.lies_in_record for task in job.label_schema.tasks)


def _is_paid_anew(annotation: AnnotationDocument, stored: AnnotationDocument) -> bool:
    """Return whether this is not the stored answer sent again but another one, which cost something too."""
    paid = annotation.get("spending")
    return paid is not None and paid["answer"] != stored.get("spending", {}).get("answer")


def _count(annotations: Sequence[AnnotationDocument]) -> None:
    """Count the annotations in the metrics; an invalid one counts without a rule."""
    written: Counter[tuple[str, str]] = Counter()
    reviews: Counter[str | None] = Counter()
    for annotation in annotations:
        labels = annotation["labels"]
        is_labeled = annotation["outcome"] == Outcome.LABELED and labels
        written[annotation["outcome"], labels[0]["rule"] if is_labeled else "none"] += 1
        for label in labels:
            if label["confidence"] is not None:
                LABEL_CONFIDENCE.labels(label["confidence_method"]).observe(label["confidence"])
        if annotation["needs_review"]:
            reviews[annotation["review_reason"]] += 1
    for (outcome, rule), number in written.items():
        ANNOTATIONS_WRITTEN.labels(outcome, rule).inc(number)
    for reason, number in reviews.items():
        REVIEWS_REQUESTED.labels(reason).inc(number)

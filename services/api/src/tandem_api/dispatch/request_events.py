"""Events that ask for a record, answer it with ready labels, or end it unanswered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tandem.events import (
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    ErrorKind,
    Event,
    Example,
    JobKind,
    ResponseError,
)
from tandem.messaging.producer import MAX_MESSAGE_BYTES
from tandem.store.jobs.documents import JobDocument, attempt_of
from tandem.store.records.documents import RecordDocument
from tandem_api.dispatch.label_makers import LabelMakers, MadeLabels
from tandem_api.dispatch.outstanding import MAX_ASKS

Draw = Callable[[JobDocument, Sequence[RecordDocument]], Awaitable[Mapping[int, tuple[Example, ...]]]]
"""Draws the examples to show with each of a job's records, by seq. Raises StoreUnavailableError."""
SURELY_FITS = 100_000
"""Characters of a request's texts up to which it is not measured: six bytes each, and what is around them, fit."""
Asked = AnnotationRequestedV1 | AnnotationRespondedV1
"""An event that lets a record end: a request to a model, or its ready labels."""


async def asked_for(
    job: JobDocument,
    records: Mapping[int, RecordDocument],
    asks: Mapping[int, int],
    makers: LabelMakers,
    *,
    epoch: int,
    deadline_seconds: float,
    draw: Draw,
    reused: Mapping[int, MadeLabels],
) -> list[Asked]:
    """Make one event for each record, in the order of `asks` (seq to how often it is asked for, this time included).

    `reused`: labels of records for which an answer is there already.
    """
    present = {seq: records[seq] for seq in asks if seq in records}
    made = reused
    if (kind := JobKind(job["kind"])) is not JobKind.MODEL:
        made = await makers[kind].make(job, list(present.values()))
    asks_model = job["asks_model"]
    ready = {seq: each for seq, each in made.items() if each.ready.reason is None or not asks_model}
    examples = await draw(job, [record for seq, record in present.items() if seq not in ready])
    events: list[Asked] = []
    for seq, record in present.items():
        if seq in ready:
            events.append(_answered(job, record, ready[seq], epoch=epoch, ask=asks[seq]))
        else:
            shown = examples.get(seq, ())
            request = request_for(
                job, record, epoch=epoch, ask=asks[seq], deadline_seconds=deadline_seconds, examples=shown
            )
            size = _too_large(request)
            events.append(request if size is None else _refused(job, record, size, epoch=epoch, ask=asks[seq]))
    return events


def request_for(
    job: JobDocument,
    record: RecordDocument,
    *,
    epoch: int,
    ask: int,
    deadline_seconds: float,
    examples: tuple[Example, ...] = (),
) -> AnnotationRequestedV1:
    deadline = datetime.now(UTC) + timedelta(seconds=deadline_seconds)
    about = _about(job, record, epoch)
    return AnnotationRequestedV1(**about, ask=ask, fields=record["fields"], examples=examples, deadline=deadline)


def _too_large(request: AnnotationRequestedV1) -> int | None:
    """Return the size in bytes of a request that no message can hold; None for one that fits.

    A character takes at most six bytes as JSON: U+0001 is written as `\\u0001`. Only requests that may be too large by
    that count are encoded to be measured.
    """
    characters = sum(map(len, request.fields.values())) + sum(
        sum(map(len, example.fields.values())) for example in request.examples
    )
    if characters < SURELY_FITS:
        return None
    size = len(request.to_json())
    return size if size > MAX_MESSAGE_BYTES else None


def _refused(job: JobDocument, record: RecordDocument, size: int, *, epoch: int, ask: int) -> AnnotationRespondedV1:
    message = (
        f"the request for this record takes {size} bytes as a message of the broker, which holds {MAX_MESSAGE_BYTES}: "
        "shorten the record, remove its control characters (six bytes each), or show fewer examples"
    )
    error = ResponseError(kind=ErrorKind.TOO_LARGE, message=message)
    return AnnotationRespondedV1(**_about(job, record, epoch), ask=ask, error=error)


def is_ended(event: Event) -> bool:
    """Return whether the event ends its record without a call: with ready labels, or because no request can hold it."""
    return isinstance(event, AnnotationRespondedV1)


def undelivered(
    job: JobDocument, record: RecordDocument, *, epoch: int, deadline_seconds: float
) -> AnnotationRespondedV1:
    message = f"asked {MAX_ASKS} times, no answer came back within {deadline_seconds:g} s each"
    error = ResponseError(kind=ErrorKind.UNDELIVERED, message=message)
    return AnnotationRespondedV1(**_about(job, record, epoch), ask=MAX_ASKS, error=error)


def _answered(
    job: JobDocument, record: RecordDocument, made: MadeLabels, *, epoch: int, ask: int
) -> AnnotationRespondedV1:
    about = _about(job, record, epoch)
    return AnnotationRespondedV1(**about, ask=ask, ready=made.ready, provider=made.provider, model=made.model)


def _about(job: JobDocument, record: RecordDocument, epoch: int) -> dict[str, Any]:
    return {
        "job_id": job["_id"],
        "project_id": job["project_id"],
        "seq": record["seq"],
        "attempt": attempt_of(job),
        "record_id": record["record_id"],
        "epoch": epoch,
        "content_hash": record["content_hash"],
    }

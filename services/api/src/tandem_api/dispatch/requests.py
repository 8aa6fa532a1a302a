"""The events that ask for a record, or end it unanswered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1, ErrorKind, ResponseError
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.documents import RecordDocument
from tandem_api.dispatch.window import MAX_ASKS


def request_for(
    job: JobDocument, record: RecordDocument, *, epoch: int, ask: int, deadline_seconds: float
) -> AnnotationRequestedV1:
    deadline = datetime.now(UTC) + timedelta(seconds=deadline_seconds)
    return AnnotationRequestedV1(**_about(job, record, epoch), ask=ask, fields=record["fields"], deadline=deadline)


def undelivered(
    job: JobDocument, record: RecordDocument, *, epoch: int, deadline_seconds: float
) -> AnnotationRespondedV1:
    message = f"asked {MAX_ASKS} times, no answer came back within {deadline_seconds:g} s each"
    error = ResponseError(kind=ErrorKind.UNDELIVERED, message=message)
    return AnnotationRespondedV1(**_about(job, record, epoch), ask=MAX_ASKS, error=error)


def _about(job: JobDocument, record: RecordDocument, epoch: int) -> dict[str, Any]:
    return {
        "job_id": job["_id"],
        "project_id": job["project_id"],
        "seq": record["seq"],
        "record_id": record["record_id"],
        "epoch": epoch,
        "content_hash": record["content_hash"],
    }

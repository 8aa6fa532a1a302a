"""Annotations as expressions see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tandem.finding import Subject
from tandem.finding.bound import NO_STATE
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.final import final_values
from tandem.store.annotations.opinions import opinions_of
from tandem.store.records.documents import RecordDocument

SUBJECT_FIELDS = (
    "seq",
    "record_id",
    "outcome",
    "reason",
    "labels",
    "needs_review",
    "verification",
    "verification_revision",
    "opinions",
    "lowest_confidence",
)


def subject_of(
    record: RecordDocument | None,
    annotation: AnnotationDocument | None,
    others: Mapping[str, Mapping[str, Any] | None],
) -> Subject:
    """Return what an expression reads. `record` may be None where the expression reads no field and no metadata."""
    record_id = record["record_id"] if record is not None else "" if annotation is None else annotation["record_id"]
    fields = {} if record is None else record["fields"]
    metadata = {} if record is None else record["metadata"]
    if annotation is None:
        return Subject(record_id, fields, metadata, others=others)
    verification, opinions = annotation.get("verification"), opinions_of(annotation)
    who = () if verification is None else (verification.get("decided_by_id"), verification["decided_by"])
    return Subject(
        record_id,
        fields,
        metadata,
        outcome=annotation["outcome"],
        reason=annotation["reason"],
        labels=annotation["labels"],
        values=final_values(annotation),
        verified=verification is not None,
        needs_review=annotation["needs_review"] and verification is None,
        state=NO_STATE if opinions is None else opinions["state"],
        decided_by=tuple(each for each in who if each),
        others=others,
    )

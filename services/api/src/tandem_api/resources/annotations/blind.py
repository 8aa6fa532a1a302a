"""An annotation as somebody sees it who must not know the model's values yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import cast

from tandem.store.annotations.documents import AnnotationDocument

BLIND = "blind"
"""Outcome of a record in exports and frames whose values are left out for whoever asked."""
_KEPT = (
    "_id", "job_id", "project_id", "dataset_id", "seq", "record_id", "attempt", "outcome", "needs_review", "provider",
    "model", "agent_id", "agent_version", "created_at", "spending", "more_spending",
)  # fmt: skip
"""The parts that say nothing about the label. A part that is added later is left out until it is named here."""
_LEFT_OUT: dict[str, object] = {
    "labels": [],
    "reason": None,
    "detail": None,
    "raw": None,
    "review_reason": None,
    "usage": None,
    "price": None,
    "seconds": None,
    "history": [],
    "blind": True,
}


def blind(annotation: AnnotationDocument) -> AnnotationDocument:
    """Return the annotation without any value, of the model or of people, in any attempt."""
    kept = {name: annotation[name] for name in _KEPT if name in annotation}  # type: ignore[literal-required]  # names of the document
    return cast("AnnotationDocument", kept | _LEFT_OUT)


def blinded(annotations: Iterable[AnnotationDocument], hidden: Collection[int]) -> Iterator[AnnotationDocument]:
    """Yield the annotations, those of the `hidden` records without values."""
    for annotation in annotations:
        yield blind(annotation) if annotation["seq"] in hidden else annotation


def is_blind(annotation: AnnotationDocument) -> bool:
    return bool(annotation.get("blind"))

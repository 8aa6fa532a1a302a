"""An annotation as somebody sees it who must not know the model's values yet."""

from __future__ import annotations

from typing import cast

from tandem.store.annotations.documents import AnnotationDocument

_LEFT_OUT = ("verification", "verification_revision", "opinions", "samples", "history", "review_causes")


def blind(annotation: AnnotationDocument) -> AnnotationDocument:
    """Return the annotation without any value, of the model or of people, in any attempt."""
    kept = {name: value for name, value in annotation.items() if name not in _LEFT_OUT}
    hidden: dict[str, object] = {"labels": [], "raw": None, "detail": None, "history": [], "blind": True}
    return cast("AnnotationDocument", kept | hidden)

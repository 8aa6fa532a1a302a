"""Excerpts of records for lists."""

from __future__ import annotations

from tandem.store.records.documents import RecordDocument

EXCERPT_LENGTH = 160


def excerpt(record: RecordDocument | None) -> str | None:
    """Return the beginning of the record's fields, on one line."""
    if record is None:
        return None
    text = " · ".join(" ".join(value[: 2 * EXCERPT_LENGTH].split()) for value in record["fields"].values())
    return text if len(text) <= EXCERPT_LENGTH else text[: EXCERPT_LENGTH - 1].rstrip() + "…"

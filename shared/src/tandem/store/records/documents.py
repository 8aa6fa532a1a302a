"""The shape of a record in MongoDB, and the hash of what a model sees of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import orjson

COLLECTION = "records"


class ImportedOpinion(TypedDict):
    """Opinion of an annotator on the record before its import, from another tool."""

    by: str | None
    """Name of the annotator or the model in that tool; None where it gives none."""
    values: dict[str, Any]
    """Task to value, plain and canonical."""
    at: str | None
    """Time of the opinion, as the tool writes it."""
    counts: bool
    """False: a suggestion, a draft, or an answer that was rejected."""
    holds: NotRequired[bool]
    """True: the tool says that this one is right, whatever others said."""


class RecordDocument(TypedDict):
    _id: str
    dataset_id: str
    seq: int
    """0-based, increasing in the order of the import; gaps are allowed."""
    record_id: str
    """The user's own key, unique in the data set."""
    fields: dict[str, str]
    """Texts from which the prompt is made."""
    metadata: dict[str, Any]
    """Scalars that travel with the record and are exported again."""
    gold: NotRequired[dict[str, Any]]
    """Task to the value that is known to be right, plain and canonical, where the import had one."""
    imported_opinions: NotRequired[list[ImportedOpinion]]
    """Opinions of people in the tool that the record came from; gold where those that count agree."""
    null_fields: NotRequired[list[str]]
    """Fields for which the import had null rather than an empty text; absent where there are none."""
    content_hash: str
    import_id: str
    expires_at: NotRequired[datetime]
    """Time at which a record that was made for a try-out is deleted."""


def record_document_id(dataset_id: str, seq: int) -> str:
    return f"{dataset_id}:{seq}"


def content_hash(fields: Mapping[str, str]) -> str:
    """SHA-256 (hex) of the fields as canonical JSON: equal content has an equal hash, whatever its key."""
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()

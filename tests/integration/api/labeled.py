"""Annotations as the postprocessor writes them, for tests that read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database, utcnow

LABELS = ("negative", "neutral", "positive")


def annotation(job: Any, seq: int, outcome: str, *, unsure: bool = False, **more: Any) -> AnnotationDocument:
    """Labels go round; `unsure` ones have a low confidence and need review."""
    label = {
        "task": "sentiment",
        "value": LABELS[seq % 3] if seq % 5 else "neutral",
        "confidence": 0.31 if unsure else 0.95,
        "confidence_method": "token_probability",
        "rule": "exact",
    }
    document: dict[str, Any] = {
        "_id": f"{job['id']}:{seq}",
        "job_id": job["id"],
        "project_id": job["project_id"],
        "dataset_id": job["dataset_id"],
        "seq": seq,
        "record_id": f"t{seq}",
        "attempt": 1,
        "outcome": outcome,
        "reason": {"labeled": None, "invalid": "no_label", "failed": "timeout"}[outcome],
        "detail": None,
        "labels": [label] if outcome == "labeled" else [],
        "needs_review": unsure,
        "review_reason": "low_confidence" if unsure else None,
        "priority": 0.69 if unsure else 0.0,
        "content_hash": "",
        "provider": "offline",
        "model": "nearest-label",
        "agent_id": job["agent_id"],
        "agent_version": 1,
        "usage": {"prompt_tokens": 9, "completion_tokens": 1, "cached_tokens": 0},
        "price": None,
        "seconds": 0.2,
        "raw": f"answer {seq}",
        "event_id": "e",
        "created_at": utcnow(),
    }
    return document | more  # type: ignore[return-value]  # the keys are the TypedDict's


async def annotate(
    database: Database, job: Any, outcomes: Sequence[str], *, unsure: Collection[int] = (), **more: Any
) -> None:
    """The first records of the job end so."""
    await AnnotationWriter(database).insert_first(
        [annotation(job, seq, outcome, unsure=seq in unsure, **more) for seq, outcome in enumerate(outcomes)]
    )

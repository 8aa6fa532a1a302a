"""Annotation of an answer, as it is written. Pure: the job, the answer and the clock decide everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from tandem.events import (
    AnnotationHandedBackV1,
    AnnotationRespondedV1,
    ErrorKind,
    JobPublishedV1,
    Outcome,
    TaskLabel,
)
from tandem.labeling.labeler import Labeler, Labeling, Sample
from tandem.labeling.ready import check_ready
from tandem.labeling.values import plain_values
from tandem.pricing import spend_of
from tandem.review.campaigns.strategies.thresholds import picked
from tandem.review.campaigns.terms import is_blind, priority_under
from tandem.store.annotations.documents import (
    CALLS_LIMIT,
    RAW_LIMIT,
    SAMPLES_LIMIT,
    AnnotationDocument,
    CallDocument,
    SampleDocument,
    SpendingPart,
    annotation_id,
)
from tandem.store.expiry import TRYOUTS_KEPT

_NOTHING = Labeling(())


def annotation_of(
    answer: AnnotationRespondedV1,
    job: JobPublishedV1,
    labeler: Labeler | None,
    *,
    fields: Mapping[str, str],
    now: datetime,
) -> tuple[AnnotationDocument, tuple[TaskLabel, ...]]:
    """Return the annotation to write, and its labels.

    `labeler` is the one of the job's label schema, None when the labels come ready; `fields` are the record's where
    labels are found in them.
    """
    outcome, reason, detail, found = _judge(answer, job, labeler, fields)
    labels = found.labels
    terms = job.review_terms
    tasks = [task.name for task in job.label_schema.tasks] if outcome is Outcome.INVALID else ()
    pick = picked(job.review_policy, answer.seq, outcome, labels, tasks) if terms.asks else None
    annotation: AnnotationDocument = {
        "_id": annotation_id(answer.job_id, answer.seq),
        "job_id": answer.job_id,
        "project_id": job.project_id,
        "dataset_id": job.dataset_id,
        "seq": answer.seq,
        "record_id": answer.record_id,
        "attempt": answer.attempt,
        "outcome": outcome.value,
        "reason": reason,
        "detail": detail,
        "labels": [label.model_dump() for label in labels],
        "needs_review": pick is not None,
        "review_reason": None if pick is None else pick.reason.value,
        "priority": 0.0 if pick is None else priority_under(terms, pick),
        "content_hash": answer.content_hash,
        "provider": answer.provider or job.agent.provider,
        "model": answer.model or job.agent.model,
        "agent_id": job.agent.agent_id,
        "agent_version": job.agent.version,
        "usage": None if answer.usage is None else answer.usage.model_dump(),
        "price": None if answer.price is None else answer.price.model_dump(),
        "seconds": answer.seconds,
        "raw": answer.completions[0].text[:RAW_LIMIT] if answer.completions else None,
        "event_id": answer.event_id,
        "created_at": now,
    }
    if pick is not None and pick.causes:
        annotation["review_causes"] = [cause.model_dump(mode="json") for cause in pick.causes]
    if pick is not None and is_blind(terms, answer.seq):
        annotation["review_blind"] = True
    if found.samples:
        annotation["samples"] = _samples(found.samples)
    if len(answer.calls) > 1 or any(call.error is not None for call in answer.calls):
        annotation["calls"] = _calls(answer, annotation["provider"], annotation["model"])
    if answer.fallback_used:
        annotation["fallback_used"] = True
    if answer.repaired:
        annotation["repaired"] = True
    if answer.ready is not None:
        annotation["sources"] = list(answer.ready.sources)
    if (spending := spending_of(answer, annotation["provider"], annotation["model"])) is not None:
        annotation["spending"] = spending
    if job.hidden:
        annotation["expires_at"] = now + TRYOUTS_KEPT
    return annotation, labels


def spending_of(
    answer: AnnotationRespondedV1 | AnnotationHandedBackV1, provider: str, model: str
) -> SpendingPart | None:
    """Return the cost of the answer, or of the request that was given up; None when no call was made for it. The same
    answer sent again gives the same cost."""
    rows = spend_of(provider=provider, model=model, usage=answer.usage, calls=answer.calls, price=answer.price)
    if not rows:
        return None
    paid = f"{answer.worker}@{answer.calls[0].started_at.isoformat()}" if answer.calls else answer.event_id
    return {"answer": paid, "models": [row.document() for row in rows]}


def _judge(
    answer: AnnotationRespondedV1, job: JobPublishedV1, labeler: Labeler | None, fields: Mapping[str, str]
) -> tuple[Outcome, str | None, str | None, Labeling]:
    if answer.error is not None:
        return Outcome.FAILED, answer.error.kind.value, answer.error.message, _NOTHING
    if answer.ready is not None:
        checked = check_ready(job.label_schema, answer.ready, fields)
        outcome = Outcome.LABELED if checked.reason is None else Outcome.INVALID
        return outcome, checked.reason, checked.detail, Labeling(tuple(checked.labels))
    if not answer.completions or labeler is None:
        return Outcome.FAILED, ErrorKind.MALFORMED.value, "the answer holds no completion, label or error", _NOTHING
    found = labeler.label(answer.completions, fields)
    if found.problem is not None:
        return Outcome.INVALID, found.problem.reason.value, found.problem.detail, found
    return Outcome.LABELED, None, None, found


def _calls(answer: AnnotationRespondedV1, provider: str, model: str) -> list[CallDocument]:
    return [
        {
            "started_at": call.started_at,
            "seconds": call.seconds,
            "status": call.status,
            "error": None if call.error is None else call.error.value,
            "provider": call.provider or provider,
            "model": call.model or model,
            "prompt_tokens": None if call.usage is None else call.usage.prompt_tokens,
            "completion_tokens": None if call.usage is None else call.usage.completion_tokens,
        }
        for call in answer.calls[-CALLS_LIMIT:]
    ]


def _samples(samples: Sequence[Sample]) -> list[SampleDocument]:
    """Return the content of each sampled answer, as far as there is room."""
    kept: list[SampleDocument] = []
    size = 0
    for sample in samples:
        values, problem = plain_values(sample.values), sample.problem
        size += len(orjson.dumps(values))
        left_out = size > SAMPLES_LIMIT
        one: SampleDocument = {
            "values": {} if left_out else values,
            "reason": None if problem is None else problem.reason.value,
            "detail": None if problem is None else problem.detail,
        }
        kept.append({**one, "left_out": True} if left_out else one)
    return kept

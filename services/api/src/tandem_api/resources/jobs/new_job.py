"""Construction of the document of a job that has not run yet."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tandem.events import AgentSpec, JobKind, JobState, LabelSchemaSpec, ReviewPolicy
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.review import OpinionPolicy
from tandem.store.database import utcnow
from tandem.store.jobs.documents import JobDocument, first_dispatch, first_pass, selection_part


def new_job(
    *,
    project_id: str,
    dataset_id: str,
    name: str,
    agent: AgentSpec,
    label_schema: LabelSchemaSpec,
    review_policy: ReviewPolicy,
    selection: Selection,
    size: int,
    weight: float,
    budget_usd: float | None,
    start: bool,
    by: Caller,
    opinion_policy: OpinionPolicy | None = None,
) -> JobDocument:
    """Return a job that calls `agent` for the records of the selection, of which `size` exist; `by` is who made it.

    Raises SelectionTooLargeError.
    """
    now = utcnow()
    return {
        "_id": uuid4().hex,
        "project_id": project_id,
        "dataset_id": dataset_id,
        "name": name[:200],
        "agent_id": agent.agent_id,
        "label_schema_id": label_schema.label_schema_id,
        "state": (JobState.RUNNING if start else JobState.PAUSED).value,
        "state_reason": None if start else "Made without a start; resume it to begin.",
        "revision": 1,
        "epoch": 1,
        "weight": weight,
        "budget_usd": budget_usd,
        "waiting_for": None,
        "hidden": False,
        "kind": JobKind.MODEL.value,
        "sources": [],
        "asks_model": True,
        "canary": None,
        "failure_stop": None,
        "goes": 0,
        "reuse": False,
        "records_per_minute": None,
        "review_recounted": False,
        "opinion_policy": (opinion_policy or OpinionPolicy()).model_dump(),
        "selection": selection_part(selection, size),
        "passes": [first_pass(created_at=now, created_by=by.name, created_by_id=by.person_id)],
        "published": {
            "agent": agent.model_dump(mode="json"),
            "label_schema": label_schema.model_dump(mode="json"),
            "review_policy": review_policy.model_dump(mode="json"),
        },
        "dispatch": first_dispatch(selection.from_seq, is_set=not selection.is_range),
        "created_at": now,
        "created_by": by.name,
        "created_by_id": by.person_id,
        "started_at": now if start else None,
        "finished_at": None,
    }


def made_of(
    job: JobDocument, kind: JobKind, sources: list[str], making: dict[str, Any], *, asks_model: bool
) -> JobDocument:
    """Return the job changed so that its labels are made of the sources' annotations; the agent is called for the rest,
    if at all."""
    return {**job, "kind": kind.value, "sources": sources, "making": making, "asks_model": asks_model}

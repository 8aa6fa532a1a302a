"""Builders of what most tests need: a label schema, an agent, a job. Give them only what the test is about."""

from __future__ import annotations

from typing import Any

from tandem.events import (
    AgentSpec,
    JobPublishedV1,
    JobState,
    LabelOption,
    LabelSchemaSpec,
    LabelTask,
    ReviewPolicy,
    SingleChoiceTask,
)
from tandem.store.database import utcnow
from tandem.store.jobs.documents import JobDocument, first_dispatch, job_of


def some_options(*values: str) -> tuple[LabelOption, ...]:
    return tuple(LabelOption(value=value) for value in values)


def a_choice(name: str = "mood", *values: str, **more: Any) -> SingleChoiceTask:
    """Make a single-choice task; its labels are `good` and `bad` unless `values` are given."""
    return SingleChoiceTask(name=name, options=some_options(*(values or ("good", "bad"))), **more)


def a_schema(*tasks: LabelTask, **more: Any) -> LabelSchemaSpec:
    """Make a label schema of these tasks; of `a_choice()` where none is given."""
    fields: dict[str, Any] = {"label_schema_id": "s", "version": 1, "name": "s", "tasks": tasks or (a_choice(),)}
    return LabelSchemaSpec(**fields | more)


def an_agent(**more: Any) -> AgentSpec:
    """Make an agent whose prompt is the text of the record."""
    fields: dict[str, Any] = {
        "agent_id": "a",
        "version": 1,
        "name": "a",
        "provider": "p",
        "model": "m",
        "system_template": "s",
        "user_template": "{{ fields.text }}",
        "fingerprint": "f",
    }
    return AgentSpec(**fields | more)


def a_job(job_id: str = "job", **more: Any) -> JobPublishedV1:
    """Make a running job, as `annotation.jobs` has it."""
    fields: dict[str, Any] = {
        "project_id": "p",
        "dataset_id": "d",
        "revision": 1,
        "epoch": 1,
        "state": JobState.RUNNING,
        "agent": more.get("agent") or an_agent(),
        "label_schema": more.get("label_schema") or a_schema(),
    }
    return JobPublishedV1(job_id=job_id, **fields | more)


def a_job_document(
    job_id: str = "job",
    *,
    agent: AgentSpec | None = None,
    label_schema: LabelSchemaSpec | None = None,
    size: int = 1,
    **more: Any,
) -> JobDocument:
    """Make a running job over `size` records, as the database has it."""
    agent, label_schema = agent or an_agent(), label_schema or a_schema()
    now = utcnow()
    fields: dict[str, Any] = {
        "_id": job_id,
        "project_id": "p",
        "dataset_id": "d",
        "name": job_id,
        "agent_id": agent.agent_id,
        "label_schema_id": label_schema.label_schema_id,
        "state": JobState.RUNNING.value,
        "state_reason": None,
        "revision": 1,
        "epoch": 1,
        "selection": {"from_seq": 0, "below_seq": size, "size": size},
        "published": {
            "agent": agent.model_dump(mode="json"),
            "label_schema": label_schema.model_dump(mode="json"),
            "review_policy": ReviewPolicy().model_dump(mode="json"),
        },
        "dispatch": first_dispatch(0),
        "created_at": now,
        "created_by": "test",
        "started_at": now,
        "finished_at": None,
    }
    return job_of(fields | more)

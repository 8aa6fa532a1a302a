"""Carrying over on the wire."""

from __future__ import annotations

from pydantic import Field

from tandem.events import ReviewPolicy
from tandem_api.resources.jobs.schemas import Job
from tandem_api.views import Body, Name, View


class CarryOverCreate(Body):
    from_job: str = Field(description="The job whose annotations are carried over; it must have ended.")
    mapping: dict[str, dict[str, str | None]] = Field(
        default={},
        description="Task to old label to new label, or to null where there is none. Labels that it does not name map "
        "by equal value.",
        examples=[{"sentiment": {"very good": "good", "mixed": None}}],
    )
    agent_id: str | None = Field(
        default=None,
        description="An agent of the new version: it is asked for what does not carry over. Left out, those records "
        "end as invalid, with the reason not_carried_over.",
    )
    name: Name | None = Field(default=None, description="Name of the job; made from the two when left out.")
    review_policy: ReviewPolicy = ReviewPolicy()
    weight: float = Field(default=1.0, gt=0, le=100, description="Share of the workers among running jobs.")
    start: bool = Field(default=True, description="False: made paused.")
    budget_usd: float | None = Field(default=None, gt=0, description="For what the agent is asked.")
    dry_run: bool = Field(default=False, description="Only say what would carry over.")


class TaskCarryOver(View):
    """The result for one task's values, counted in records."""

    carried: int = 0
    labels: dict[str, dict[str, int]] = Field(
        default={}, description="Old label to new label to how many carried values hold it; of tasks with labels."
    )
    not_carried: dict[str, int] = Field(
        default={},
        description="Reason to count: not_labeled, new_task, other_kind, no_such_label, left_out, not_allowed.",
    )
    labels_not_carried: dict[str, int] = Field(default={}, description="Old labels that have no new one, to count.")
    new_labels: list[str] = Field(
        default=[],
        description="Labels of the new version that no carried value can have: whoever gave the old ones could not "
        "choose them.",
    )


class CarryOverReport(View):
    """The counts of a carry-over: carried + not_carried = records."""

    from_job: str
    records: int
    carried: int = Field(description="Records all of whose tasks carry over.")
    verified: int = Field(description="The part of them with values that a person decided on.")
    not_carried: int = Field(description="Asked of the agent, or invalid.")
    tasks: dict[str, TaskCarryOver] = Field(description="Counts by task of the new version.")
    dropped_tasks: list[str] = Field(description="Tasks of the old version that the new one does not have.")


class CarryOverResult(View):
    report: CarryOverReport
    job: Job | None = Field(description="The job that carries over; null of a dry run.")

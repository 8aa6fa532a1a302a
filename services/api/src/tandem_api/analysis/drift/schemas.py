"""Drift on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem_api.views import View


class TaskDrift(View):
    """The drift guard of one task."""

    task: str
    accepted_error: float = Field(description="Share of wrong labels that is accepted, by the newest campaign.")
    reads: int = Field(description="Blind decisions on drawn labels, in the order in which the labels were made.")
    wrong: int
    evidence: float = Field(description="Evidence now that more labels are wrong than accepted; an alarm at 1,000.")
    alarm: bool = Field(description="Whether it was ever 1,000.")
    alarm_at: datetime | None = Field(description="When the label was made at which the alarm came.")


class AgentDrift(View):
    agent_id: str
    jobs: list[str] = Field(description="Jobs of the agent with a campaign `stream_audit`.")
    tasks: list[TaskDrift]

"""Whether an agent's labels became worse than accepted."""

from __future__ import annotations

from datetime import datetime

from tandem_client.tasks import ApiModel


class TaskDrift(ApiModel):
    """`evidence` that more labels are wrong than accepted; `alarm`: whether it was ever 1,000."""

    task: str
    accepted_error: float
    reads: int
    wrong: int
    evidence: float
    alarm: bool
    alarm_at: datetime | None = None


class AgentDrift(ApiModel):
    """The drift of each task, over the jobs of the agent that have a campaign `stream_audit`."""

    agent_id: str
    jobs: tuple[str, ...] = ()
    tasks: tuple[TaskDrift, ...] = ()

    @property
    def alarm(self) -> bool:
        return any(task.alarm for task in self.tasks)

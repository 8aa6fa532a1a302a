"""Watches agents by blind reads of drawn labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tandem.events import LabelSchemaSpec
from tandem.events.schema import LabelTask
from tandem.observability.logs import get_logger
from tandem.observability.metrics import DRIFTING_AGENTS
from tandem.people import Caller
from tandem.quality import comparing
from tandem.quality.comparable_values import comparable, is_same
from tandem.quality.drift import DriftGuard
from tandem.quality.summary import Ended
from tandem.review.campaigns.strategies.stream_audit import STREAM_AUDIT
from tandem.store.annotations.ended import EndedReader
from tandem.store.campaigns.documents import CampaignDocument
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.jobs.reader import JobReader
from tandem_api.analysis.drift.schemas import AgentDrift, TaskDrift
from tandem_api.keeper import Keeper
from tandem_api.resources.agents.service import AgentService

LOOK_SECONDS = 60.0

log = get_logger(__name__)


class DriftService:
    """Drift of agents. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(
        self, *, agents: AgentService, jobs: JobReader, campaigns: CampaignReader, annotations: EndedReader
    ) -> None:
        self._agents = agents
        self._jobs = jobs
        self._campaigns = campaigns
        self._annotations = annotations

    async def drift(self, agent_id: str, caller: Caller, *, since: datetime | None) -> AgentDrift:
        """Return the drift of an agent. Raises a Problem where the caller has none of this id."""
        agent = await self._agents.reachable(agent_id, caller)
        if since is not None and since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        campaigns = await self._campaigns.of_strategy(STREAM_AUDIT.name)
        return await self._drift(agent["_id"], campaigns, since)

    async def drifting(self) -> list[str]:
        """Return the ids of the agents with an alarm."""
        campaigns = await self._campaigns.of_strategy(STREAM_AUDIT.name)
        agents = await self._jobs.agents_of([campaign["jobs"][0] for campaign in campaigns])
        return [
            agent_id
            for agent_id in sorted(set(agents.values()))
            if any(task.alarm for task in (await self._drift(agent_id, campaigns, None)).tasks)
        ]

    async def _drift(self, agent_id: str, campaigns: Sequence[CampaignDocument], since: datetime | None) -> AgentDrift:
        agents = await self._jobs.agents_of([campaign["jobs"][0] for campaign in campaigns])
        own = [campaign for campaign in campaigns if agents.get(campaign["jobs"][0]) == agent_id]
        if not own:
            return AgentDrift(agent_id=agent_id, jobs=[], tasks=[])
        job_ids = sorted({campaign["jobs"][0] for campaign in own})
        job = await self._jobs.get(job_ids[0])
        tasks = () if job is None else LabelSchemaSpec.model_validate(job["published"]["label_schema"]).tasks
        found = await self._annotations.audited(job_ids, [campaign["_id"] for campaign in own])
        read = [each for each in found if since is None or each["created_at"] >= since]
        accepted = max(own, key=lambda campaign: campaign["created_at"])["parameters"]["accepted_error"]
        return AgentDrift(agent_id=agent_id, jobs=job_ids, tasks=[_task_drift(task, read, accepted) for task in tasks])


class DriftWatch(Keeper):
    """Counts the agents with an alarm, for the metric, and logs each new one."""

    def __init__(self, service: DriftService, *, look_seconds: float = LOOK_SECONDS) -> None:
        super().__init__("drift", look_seconds)
        self._service = service
        self._known: set[str] = set()

    async def look(self) -> None:
        """Set the metric. Raises StoreUnavailableError."""
        drifting = set(await self._service.drifting())
        DRIFTING_AGENTS.set(len(drifting))
        for agent_id in sorted(drifting - self._known):
            log.warning("drift.alarm", agent_id=agent_id)
        self._known = drifting


def _task_drift(task: LabelTask, found: Sequence[Ended], accepted: float) -> TaskDrift:
    guard = DriftGuard(accepted)
    alarm_at = None
    for each in found:
        said = comparing.given(each, task)
        truth = comparable(task, (each["verified"] or {}).get(task.name))
        if said is None or truth is None or task.name in each["shown"] or each["decided_attempt"] != each["attempt"]:
            continue
        guard.see(is_wrong=not is_same(task, said.value, truth))
        if guard.alarm_after == guard.reads:
            alarm_at = each["created_at"]
    return TaskDrift(
        task=task.name,
        accepted_error=accepted,
        reads=guard.reads,
        wrong=guard.wrong,
        evidence=guard.evidence,
        alarm=guard.alarm_after is not None,
        alarm_at=alarm_at,
    )

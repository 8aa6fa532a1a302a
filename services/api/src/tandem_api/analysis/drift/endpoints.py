"""/agents/{id}/drift"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Viewer, problem_responses, provided
from tandem_api.analysis.drift.schemas import AgentDrift
from tandem_api.analysis.drift.service import DriftService

router = APIRouter(prefix="/agents/{agent_id}", tags=["agents"])
Service = Annotated[DriftService, provided(DriftService)]


@router.get("/drift", responses=problem_responses(404))
async def get_agent_drift(
    agent_id: str,
    caller: Viewer,
    service: Service,
    since: Annotated[
        datetime | None, Query(description="Only labels made from then on, e.g. since an alarm was looked into.")
    ] = None,
) -> AgentDrift:
    """Tell whether the agent's labels became worse than accepted, over all its jobs with a campaign `stream_audit`."""
    return await service.drift(agent_id, caller, since=since)

"""/projects/{id}/agents and /agents"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.planning.tryouts.schemas import Tryout, TryRequest
from tandem_api.resources.agents.schemas import (
    Agent,
    AgentCreate,
    AgentPage,
    DraftPreview,
    PreviewedPrompts,
    PreviewRequest,
)
from tandem_api.resources.agents.service import AgentService

router = APIRouter(tags=["agents"])
Service = Annotated[AgentService, provided(AgentService)]


@router.post(
    "/projects/{project_id}/agents",
    status_code=201,
    responses=problem_responses(404, 422)
    | {200: {"model": Agent, "description": "Equal to the latest version, which this is."}},
)
async def create_agent(
    project_id: str, body: AgentCreate, caller: Admin, service: Service, response: Response
) -> Agent:
    """Make a version of the agent of this name. Its templates are rendered for test records first."""
    agent, created = await service.create(project_id, body, caller)
    response.status_code = 201 if created else 200
    return agent


@router.get("/projects/{project_id}/agents", responses=problem_responses(404))
async def list_agents(
    project_id: str, caller: Viewer, service: Service, after: After = None, limit: Limit = 100
) -> AgentPage:
    """List all versions, by name and version."""
    return await service.list(project_id, caller, after=after, limit=limit)


@router.post("/projects/{project_id}/agents/preview", responses=problem_responses(404, 422))
async def preview_draft_agent(project_id: str, body: DraftPreview, caller: Admin, service: Service) -> PreviewedPrompts:
    """Show what an agent that is not made yet would send. It is checked as if it were made; no model is called."""
    return await service.preview_draft(project_id, body, caller)


@router.get("/agents/{agent_id}", responses=problem_responses(404))
async def get_agent(agent_id: str, caller: Viewer, service: Service) -> Agent:
    return await service.get(agent_id, caller)


@router.post("/agents/{agent_id}/try", responses=problem_responses(404, 422))
async def try_agent(agent_id: str, body: TryRequest, caller: Admin, service: Service) -> Tryout:
    """Call the agent's model for a few records, now, and show how its answers are read. The calls are paid."""
    return await service.try_out(agent_id, body, caller)


@router.post("/agents/{agent_id}/preview", responses=problem_responses(404, 422))
async def preview_agent(agent_id: str, body: PreviewRequest, caller: Viewer, service: Service) -> PreviewedPrompts:
    """Show what the agent would send for the first records of a data set. No model is called."""
    return await service.preview(agent_id, body, caller)

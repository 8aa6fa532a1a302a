"""/projects/{id}/agents and /agents"""

from __future__ import annotations

from fastapi import APIRouter, Response

from tandem.web import Admin, Viewer, problem_responses
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
from tandem_api.routing import PREFIX, Api

router = APIRouter(prefix=PREFIX, tags=["agents"])


@router.post(
    "/projects/{project_id}/agents",
    status_code=201,
    responses=problem_responses(404, 422)
    | {200: {"model": Agent, "description": "Equal to the latest version, which this is."}},
)
async def create_agent(project_id: str, body: AgentCreate, caller: Admin, api: Api, response: Response) -> Agent:
    """Make a version of the agent of this name. Its templates are rendered for test records first."""
    agent, created = await api.agents.create(project_id, body, caller)
    response.status_code = 201 if created else 200
    return agent


@router.get("/projects/{project_id}/agents", responses=problem_responses(404))
async def list_agents(project_id: str, caller: Viewer, api: Api, after: After = None, limit: Limit = 100) -> AgentPage:
    """List all versions, by name and version."""
    return await api.agents.list(project_id, caller, after=after, limit=limit)


@router.post("/projects/{project_id}/agents/preview", responses=problem_responses(404, 422))
async def preview_draft_agent(project_id: str, body: DraftPreview, caller: Admin, api: Api) -> PreviewedPrompts:
    """Show what an agent that is not made yet would send. It is checked as if it were made; no model is called."""
    return await api.agents.preview_draft(project_id, body, caller)


@router.get("/agents/{agent_id}", responses=problem_responses(404))
async def get_agent(agent_id: str, caller: Viewer, api: Api) -> Agent:
    return await api.agents.get(agent_id, caller)


@router.post("/agents/{agent_id}/try", responses=problem_responses(404, 422))
async def try_agent(agent_id: str, body: TryRequest, caller: Admin, api: Api) -> Tryout:
    """Call the agent's model for a few records, now, and show how its answers are read. The calls are paid."""
    return await api.agents.try_out(agent_id, body, caller)


@router.post("/agents/{agent_id}/preview", responses=problem_responses(404, 422))
async def preview_agent(agent_id: str, body: PreviewRequest, caller: Viewer, api: Api) -> PreviewedPrompts:
    """Show what the agent would send for the first records of a data set. No model is called."""
    return await api.agents.preview(agent_id, body, caller)

"""/jobs/{id}/campaigns and /campaign-strategies"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.review.campaigns.moves import CampaignMove
from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.resources.campaigns.schemas import (
    Campaign,
    CampaignCount,
    CampaignCreate,
    CampaignList,
    CampaignStrategyList,
    CampaignUpdate,
)
from tandem_api.resources.campaigns.service import CampaignService

router = APIRouter(tags=["campaigns"])
Service = Annotated[CampaignService, provided(CampaignService)]


@router.get("/campaign-strategies")
async def list_campaign_strategies(_caller: Viewer, service: Service) -> CampaignStrategyList:
    """List the strategies by which a campaign can pick records, each with its parameters."""
    return service.strategies()


@router.post("/jobs/{job_id}/campaigns", status_code=202, responses=problem_responses(404, 409, 422))
async def create_campaign(job_id: str, body: CampaignCreate, caller: Admin, service: Service) -> Campaign:
    """Ask people to look at what a strategy picks. This runs in the background; the campaign says how far it is.

    The same campaign created again is walked again: it adds what is new and asks for nothing twice.
    """
    return await service.create(job_id, body, caller)


@router.post("/jobs/{job_id}/campaigns/count", responses=problem_responses(404, 409, 422))
async def count_campaign(job_id: str, body: CampaignCreate, caller: Viewer, service: Service) -> CampaignCount:
    """Count what a campaign would ask for, without making it.

    With the strategy `thresholds`: what other thresholds would add and withdraw.
    """
    return await service.count(job_id, body, caller)


@router.get("/jobs/{job_id}/campaigns", responses=problem_responses(404))
async def list_campaigns(job_id: str, caller: Viewer, service: Service) -> CampaignList:
    """List the campaigns of a job, the one by its thresholds first."""
    return await service.list(job_id, caller)


@router.get("/jobs/{job_id}/campaigns/{campaign_id}", responses=problem_responses(404))
async def get_campaign(job_id: str, campaign_id: str, caller: Viewer, service: Service) -> Campaign:
    return await service.get(job_id, campaign_id, caller)


@router.patch("/jobs/{job_id}/campaigns/{campaign_id}", responses=problem_responses(404, 409, 422))
async def change_campaign(
    job_id: str, campaign_id: str, body: CampaignUpdate, caller: Admin, service: Service
) -> Campaign:
    """Change a campaign: what it newly picks is asked for, what it no longer picks is withdrawn unless decided."""
    return await service.change(job_id, campaign_id, body, caller)


@router.post("/jobs/{job_id}/campaigns/{campaign_id}/pause", responses=problem_responses(404, 409))
async def pause_campaign(job_id: str, campaign_id: str, caller: Admin, service: Service) -> Campaign:
    """Pause a campaign: its records stay in the queue and nobody gets them."""
    return await service.move(job_id, campaign_id, CampaignMove.PAUSE, caller)


@router.post("/jobs/{job_id}/campaigns/{campaign_id}/open", responses=problem_responses(404, 409))
async def open_campaign(job_id: str, campaign_id: str, caller: Admin, service: Service) -> Campaign:
    """Open a paused or closed campaign again."""
    return await service.move(job_id, campaign_id, CampaignMove.OPEN, caller)


@router.post("/jobs/{job_id}/campaigns/{campaign_id}/close", responses=problem_responses(404, 409))
async def close_campaign(job_id: str, campaign_id: str, caller: Admin, service: Service) -> Campaign:
    """Close a campaign: its requests for records that nobody decided are withdrawn."""
    return await service.move(job_id, campaign_id, CampaignMove.CLOSE, caller)

"""/comparisons/flips"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Viewer, problem_responses, provided
from tandem_api.analysis.flips.schemas import FlipReport
from tandem_api.analysis.flips.service import FlipService

router = APIRouter(prefix="/comparisons/flips", tags=["comparisons"])
Service = Annotated[FlipService, provided(FlipService)]


@router.get("", responses=problem_responses(404, 422))
async def compare_old_and_new(
    *,
    old: Annotated[str, Query(description="Id of the job with the labels as they are.")],
    new: Annotated[str, Query(description="Id of the job with the labels that would replace them.")],
    caller: Viewer,
    service: Service,
    task: Annotated[str | None, Query(description="May be left out when the jobs have one task in common.")] = None,
    campaign: Annotated[
        str | None, Query(description="Id of a campaign `flips` of the new job, whose blind reads bound what is wrong.")
    ] = None,
    old_missed: Annotated[
        int | None,
        Query(ge=0, description="How many old labels are wrong at most, by the certificate of the old job."),
    ] = None,
    alpha: Annotated[
        float, Query(gt=0, le=0.5, description="Probability that the bound over the flips may be wrong.")
    ] = 0.05,
) -> FlipReport:
    """Tell which labels change from an old job to a new one, by class, with the cost and a bound on what stays wrong.

    Over very many records it is made bit by bit: `share` says how much is in it.
    """
    return await service.report(old, new, caller, task=task, campaign_id=campaign, old_missed=old_missed, alpha=alpha)

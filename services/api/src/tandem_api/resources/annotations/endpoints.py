"""/jobs/{id}/annotations"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.events import Outcome
from tandem.web import Viewer, problem_responses, provided
from tandem_api.paging import AfterSeq, Limit
from tandem_api.resources.annotations.schemas import AnnotationDetail, AnnotationPage
from tandem_api.resources.annotations.service import AnnotationService

router = APIRouter(prefix="/jobs/{job_id}", tags=["annotations"])
Service = Annotated[AnnotationService, provided(AnnotationService)]


@router.get("/annotations", responses=problem_responses(404))
async def list_annotations(
    *,
    job_id: str,
    caller: Viewer,
    service: Service,
    after: AfterSeq = -1,
    limit: Limit = 100,
    outcome: Outcome | None = None,
    needs_review: bool | None = None,
    excerpts: Annotated[bool, Query(description="Tell how each record begins, too.")] = False,
) -> AnnotationPage:
    """List the job's annotations so far, in the order of the records."""
    return await service.list(
        job_id, caller, after=after, limit=limit, outcome=outcome, needs_review=needs_review, excerpts=excerpts
    )


@router.get("/annotations/{seq}", responses=problem_responses(404))
async def get_annotation(job_id: str, seq: int, caller: Viewer, service: Service) -> AnnotationDetail:
    """Return one annotation with its record, the model's answer as it came, and older attempts."""
    return await service.get(job_id, seq, caller)


@router.get("/annotation", responses=problem_responses(404))
async def find_annotation(
    job_id: str, caller: Viewer, service: Service, record_id: Annotated[str, Query(description="The user's own key.")]
) -> AnnotationDetail:
    """Return one annotation with its details, found by the record's own id."""
    return await service.find(job_id, record_id, caller)

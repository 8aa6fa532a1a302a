"""/datasets/{id}/frame and /jobs/{id}/frame"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from tandem.web import Viewer, problem_responses, provided
from tandem_api.resources.frames.service import FrameService

MEDIA_TYPE = "application/vnd.apache.arrow.stream"

router = APIRouter(tags=["frames"])
Service = Annotated[FrameService, provided(FrameService)]

_ANSWERS: dict[int | str, dict[str, Any]] = problem_responses(404) | {
    200: {
        "description": "An Arrow IPC stream, a row for each record.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/datasets/{dataset_id}/frame", response_class=StreamingResponse, responses=_ANSWERS)
async def dataset_frame(dataset_id: str, caller: Viewer, service: Service) -> StreamingResponse:
    """Stream the records as Arrow batches; columns have the names and types that they were imported with."""
    return StreamingResponse(await service.dataset(dataset_id, caller), media_type=MEDIA_TYPE)


@router.get("/jobs/{job_id}/frame", response_class=StreamingResponse, responses=_ANSWERS)
async def job_frame(
    job_id: str,
    caller: Viewer,
    service: Service,
    provenance: Annotated[
        bool, Query(description="Add where each label comes from: model, agent, rule, person, times.")
    ] = False,
) -> StreamingResponse:
    """Stream the job's records with their labels as Arrow batches.

    The columns of the data set come first, as they were imported. Each task has a column of its name with the value
    that holds (the person's where there is one), and one of its confidence; spans are lists of structs.
    A record that the caller is still to read blind has the outcome `blind` and no value.
    """
    stream = await service.job(job_id, caller, provenance=provenance)
    return StreamingResponse(stream, media_type=MEDIA_TYPE)

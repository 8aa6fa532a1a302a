"""/jobs/{id}/certificates"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, StreamingResponse

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.resources.annotations.export import file_name
from tandem_api.resources.certificates.schemas import (
    Certificate,
    CertificateList,
    CertificateOpen,
    CertificatePlan,
    PlanRequest,
)
from tandem_api.resources.certificates.service import CertificateService

router = APIRouter(prefix="/jobs/{job_id}/certificates", tags=["certificates"])
Service = Annotated[CertificateService, provided(CertificateService)]
_LINES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/x-ndjson": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/plan", responses=problem_responses(404, 409, 422))
async def plan_certificate(job_id: str, body: PlanRequest, caller: Viewer, service: Service) -> CertificatePlan:
    """Tell what a certificate of the job would take: looks, hours and dollars, for each error that may be claimed."""
    return await service.plan(job_id, body, caller)


@router.post("", status_code=202, responses=problem_responses(404, 409, 422))
async def open_certificate(job_id: str, body: CertificateOpen, caller: Admin, service: Service) -> Certificate:
    """Open a certificate: the labels are frozen, nobody sees them any more, and people are asked to read records blind.

    The same request again, while it has not ended, gives the same certificate.
    """
    return await service.open(job_id, body, caller)


@router.get("", responses=problem_responses(404))
async def list_certificates(job_id: str, caller: Viewer, service: Service) -> CertificateList:
    """List the certificates of a job, oldest first."""
    return await service.list(job_id, caller)


@router.get("/{certificate_id}", responses=problem_responses(404))
async def get_certificate(job_id: str, certificate_id: str, caller: Viewer, service: Service) -> Certificate:
    """Return a certificate: its state, its commitments, and how far people have read."""
    return await service.get(job_id, certificate_id, caller)


@router.post("/{certificate_id}/close", responses=problem_responses(404, 409))
async def close_certificate(job_id: str, certificate_id: str, caller: Admin, service: Service) -> Certificate:
    """Close a certificate with what was read so far. It closes by itself once enough was read."""
    return await service.close(job_id, certificate_id, caller)


@router.post("/{certificate_id}/abandon", responses=problem_responses(404, 409))
async def abandon_certificate(job_id: str, certificate_id: str, caller: Admin, service: Service) -> Certificate:
    """Give a certificate up: nothing is certified, and what nobody has read is withdrawn from the queue."""
    return await service.abandon(job_id, certificate_id, caller)


@router.get("/{certificate_id}/document", responses=problem_responses(404, 409))
async def get_certificate_document(
    job_id: str, certificate_id: str, caller: Viewer, service: Service
) -> dict[str, Any]:
    """Return a closed certificate as the JSON that `tandem certificate verify` reads."""
    return await service.document(job_id, certificate_id, caller)


@router.get("/{certificate_id}/page", response_class=HTMLResponse, responses=problem_responses(404, 409))
async def get_certificate_page(job_id: str, certificate_id: str, caller: Viewer, service: Service) -> HTMLResponse:
    """Return a closed certificate as a page for people who do not read JSON."""
    return HTMLResponse(await service.page(job_id, certificate_id, caller))


@router.get(
    "/{certificate_id}/export", response_class=StreamingResponse, responses=problem_responses(404, 409) | _LINES
)
async def export_certificate(job_id: str, certificate_id: str, caller: Viewer, service: Service) -> StreamingResponse:
    """Export the records of a closed certificate as JSONL: frozen labels, every read, and the values that hold.

    The same bytes each time, whatever people decided since.
    """
    name, lines = await service.export(job_id, certificate_id, caller)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(f"{name}-certified", "jsonl")}"'}
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)

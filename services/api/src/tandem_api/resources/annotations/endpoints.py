"""/jobs/{id}/annotations and /jobs/{id}/export"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from tandem.events import Outcome
from tandem.web import Viewer, problem_responses, provided
from tandem_api.paging import AfterSeq, Limit
from tandem_api.resources.annotations.export import csv_lines, file_name, jsonl
from tandem_api.resources.annotations.schemas import AnnotationDetail, AnnotationPage, ExportFormat
from tandem_api.resources.annotations.service import AnnotationService
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.jobs.service import JobService

router = APIRouter(prefix="/jobs/{job_id}", tags=["annotations"])
Service = Annotated[AnnotationService, provided(AnnotationService)]
Datasets = Annotated[DatasetService, provided(DatasetService)]
Jobs = Annotated[JobService, provided(JobService)]


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


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=problem_responses(404)
    | {
        200: {
            "description": "One line a record, streamed.",
            "content": {
                "application/x-ndjson": {"schema": {"type": "string", "format": "binary"}},
                "text/csv": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def export_job(
    *,
    job_id: str,
    caller: Viewer,
    service: Service,
    datasets: Datasets,
    jobs: Jobs,
    format: Annotated[ExportFormat, Query(description="File format.")] = ExportFormat.JSONL,  # noqa: A002 - the word of the interface
    spreadsheet_safe: Annotated[
        bool,
        Query(
            description="CSV: put an apostrophe before cells that a spreadsheet would read as a formula, and a byte "
            "order mark before the file."
        ),
    ] = False,
) -> StreamingResponse:
    """Export every record of the job with its labels; `final` holds the person's value where there is one."""
    job = await jobs.reachable(job_id, caller)
    pairs = service.walk(job)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(job, format.value)}"'}
    if format is ExportFormat.CSV:
        dataset = await datasets.reachable(job["dataset_id"], caller)
        lines = csv_lines(pairs, job, dataset["fields"], dataset["gold_tasks"], spreadsheet_safe=spreadsheet_safe)
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
    return StreamingResponse(jsonl(pairs), media_type="application/x-ndjson", headers=headers)

"""/jobs/{id}/export and /datasets/{id}/export"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from tandem.web import Viewer, problem_responses, provided
from tandem_api.resources.annotations.export import file_name
from tandem_api.resources.annotations.schemas import ExportFormat
from tandem_api.resources.exports.filters import row_filter
from tandem_api.resources.exports.service import Export, ExportService

router = APIRouter(tags=["exports"])
Exports = Annotated[ExportService, provided(ExportService)]

MEDIA_TYPES = {
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
    ExportFormat.ARROW: "application/vnd.apache.arrow.stream",
    ExportFormat.HUGGING_FACE: "application/zip",
}
ENDINGS = {each: each.value for each in ExportFormat} | {ExportFormat.HUGGING_FACE: "zip"}
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, streamed. The header Tandem-Snapshot says which moment it shows, if one was asked.",
        "content": {
            name: {"schema": {"type": "string", "format": "binary"}}
            for name in (*(each.partition(";")[0] for each in MEDIA_TYPES.values()),)
        },
    }
}
Format = Annotated[
    ExportFormat,
    Query(description="File format; huggingface is a zip that datasets.load_dataset takes once it is unpacked."),
]
Moment = Annotated[
    str | None,
    Query(
        description="now, or the header Tandem-Snapshot of an earlier export: all of the file shows one moment, and "
        "two exports of one moment are the same bytes. MongoDB keeps five minutes of history. Left out: each part is "
        "what it is when it is read."
    ),
]


@router.get("/jobs/{job_id}/export", response_class=StreamingResponse, responses=problem_responses(404, 410) | _FILES)
async def export_job(
    *,
    job_id: str,
    caller: Viewer,
    exports: Exports,
    format: Format = ExportFormat.JSONL,  # noqa: A002 - the word of the interface
    outcome: Annotated[
        list[Literal["labeled", "invalid", "failed", "not_run"]] | None,
        Query(description="Only records that ended so; repeatable."),
    ] = None,
    label: Annotated[
        list[str] | None, Query(description="Only records where this holds, as task=label; repeatable.")
    ] = None,
    confidence_from: Annotated[
        float | None, Query(ge=0, le=1, description="Of the lowest of a record's labels.")
    ] = None,
    confidence_to: Annotated[float | None, Query(ge=0, le=1, description="Of the lowest of a record's labels.")] = None,
    verified: Annotated[bool | None, Query(description="Only records that a person decided, or only others.")] = None,
    needs_review: Annotated[
        bool | None, Query(description="Only records that wait for a person, or only others.")
    ] = None,
    snapshot: Moment = None,
    spreadsheet_safe: Annotated[
        bool,
        Query(
            description="CSV: put an apostrophe before cells that a spreadsheet would read as a formula, and a byte "
            "order mark before the file."
        ),
    ] = False,
) -> StreamingResponse:
    """Export the records of the job with their labels; `final` holds the person's value where there is one.

    All records, those that were not run included, or those that meet all conditions. Parquet, Arrow and Hugging Face
    have the data set's columns as they were imported, then those of the labels and of where each comes from.
    """
    wanted = row_filter(
        outcome or (),
        label or (),
        confidence_from=confidence_from,
        confidence_to=confidence_to,
        verified=verified,
        needs_review=needs_review,
    )
    found = await exports.job(
        job_id, caller, file_format=format, wanted=wanted, moment=snapshot, spreadsheet_safe=spreadsheet_safe
    )
    return _streamed(found, format)


@router.get(
    "/datasets/{dataset_id}/export", response_class=StreamingResponse, responses=problem_responses(404, 410) | _FILES
)
async def export_dataset(
    *,
    dataset_id: str,
    caller: Viewer,
    exports: Exports,
    format: Format = ExportFormat.JSONL,  # noqa: A002 - the word of the interface
    snapshot: Moment = None,
) -> StreamingResponse:
    """Export all records of a data set with what holds over all its jobs.

    For each task: the last decision of a person, else the label that was made last; with confidence, source, job and
    time.
    """
    return _streamed(await exports.dataset(dataset_id, caller, file_format=format, moment=snapshot), format)


def _streamed(found: Export, file_format: ExportFormat) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{file_name(found.name, ENDINGS[file_format])}"'}
    if found.moment is not None:
        headers["Tandem-Snapshot"] = found.moment
    return StreamingResponse(found.content, media_type=MEDIA_TYPES[file_format], headers=headers)

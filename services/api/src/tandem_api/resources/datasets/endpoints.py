"""/projects/{id}/datasets and /datasets"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from tandem.events import LabelTask
from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, AfterSeq, Limit
from tandem_api.resources.datasets.column_names import (
    check_columns,
    columns_by_name,
    gold_by_task,
    gold_kinds,
    metadata_by_name,
    with_only_task,
)
from tandem_api.resources.datasets.parsing.encodings import Encoding
from tandem_api.resources.datasets.parsing.file_opening import FileOptions
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.recognising import FileFormat
from tandem_api.resources.datasets.parsing.tools.recognised import Tool
from tandem_api.resources.datasets.preview import ImportPreviewRequest
from tandem_api.resources.datasets.schemas import (
    Dataset,
    DatasetCreate,
    DatasetPage,
    ImportPreview,
    ImportResult,
    OnDuplicate,
    OnSameContent,
    Record,
    RecordPage,
)
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.datasets.uploads import receive_import, receive_preview
from tandem_api.resources.label_schemas.service import LabelSchemaService

router = APIRouter(tags=["data sets"])
Service = Annotated[DatasetService, provided(DatasetService)]
LabelSchemas = Annotated[LabelSchemaService, provided(LabelSchemaService)]

_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file itself, in UTF-8 unless `encoding` says otherwise; it is read as a stream.",
        "content": {
            name: {"schema": {"type": "string", "format": "binary"}}
            for name in (
                "application/octet-stream",
                "text/csv",
                "application/x-ndjson",
                "application/json",
                "application/vnd.apache.arrow.stream",
                "application/vnd.apache.parquet",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )
        },
    }
}


@router.post("/projects/{project_id}/datasets", status_code=201, responses=problem_responses(404, 409))
async def create_dataset(project_id: str, body: DatasetCreate, caller: Admin, service: Service) -> Dataset:
    """Make an empty data set."""
    return await service.create(project_id, body, caller)


@router.get("/projects/{project_id}/datasets", responses=problem_responses(404))
async def list_datasets(
    project_id: str, caller: Viewer, service: Service, after: After = None, limit: Limit = 100
) -> DatasetPage:
    """List a project's data sets, by name."""
    return await service.list(project_id, caller, after=after, limit=limit)


@router.get("/datasets/{dataset_id}", responses=problem_responses(404))
async def get_dataset(dataset_id: str, caller: Viewer, service: Service) -> Dataset:
    return await service.get(dataset_id, caller)


@router.delete("/datasets/{dataset_id}", status_code=204, responses=problem_responses(404, 409))
async def delete_dataset(dataset_id: str, caller: Admin, service: Service) -> None:
    """Delete a data set that has no records. A data set that has records cannot be deleted."""
    await service.delete(dataset_id, caller)


@router.post(
    "/datasets/{dataset_id}/imports",
    status_code=201,
    responses=problem_responses(400, 404, 408, 409, 413, 415, 422),
    openapi_extra=_FILE,
)
async def import_records(
    *,
    dataset_id: str,
    request: Request,
    caller: Admin,
    service: Service,
    label_schemas: LabelSchemas,
    format: Annotated[  # noqa: A002 - the word of the interface
        FileFormat | None, Query(description="Format of the file; recognized by its content when left out.")
    ] = None,
    encoding: Annotated[Encoding, Query(description="Encoding of the file.")] = Encoding.UTF_8,
    id_column: Annotated[
        str | None,
        Query(
            description="Holds each row's own key. Left out: the column id, or else record_id, whatever its case; "
            "where there is none, ids are made from the rows' content, so that a row has the same id in every import."
        ),
    ] = None,
    make_ids: Annotated[
        bool, Query(description="Make ids of the content, even where a column seems to hold some.")
    ] = False,
    text_columns: Annotated[
        str,
        Query(
            description="Columns that become the records' fields, by commas; field=column where they differ.",
            examples=["premise,hypothesis", "text=fields.text"],
        ),
    ] = "text",
    gold_column: Annotated[str | None, Query(description="Holds the value that is known to be right.")] = None,
    gold_task: Annotated[
        str | None, Query(description="The task it belongs to; the column's name if left out.")
    ] = None,
    gold_columns: Annotated[
        str,
        Query(
            description="Several of them, as task=column, by commas; the task alone where the column has its name.",
            examples=["topic=topics,urgency"],
        ),
    ] = "",
    label_schema_id: Annotated[
        str | None,
        Query(
            description="Gold values are of its tasks, and checked against them. Left out, they are labels or texts, "
            "taken as they are."
        ),
    ] = None,
    gold_separator: Annotated[
        str | None,
        Query(
            pattern=r"^[;|/+]$",
            description="Between the gold labels of a multiple choice in a cell, where they are no JSON list.",
        ),
    ] = None,
    metadata_columns: Annotated[
        str,
        Query(description="Columns to keep beside, by commas; name=column where they differ; * for all others."),
    ] = "",
    on_duplicate: Annotated[
        OnDuplicate | None,
        Query(
            description="What to do with a row whose id is there already. Left out: a fault, but where ids are made "
            "such rows are left out."
        ),
    ] = None,
    on_same_content: Annotated[
        OnSameContent,
        Query(description="What to do with a row whose fields equal those of another record, whatever its id."),
    ] = OnSameContent.KEEP,
    tool: Annotated[
        Tool | None,
        Query(
            description="The annotation tool that wrote the file; found out when left out. With none its objects are "
            "taken as they are."
        ),
    ] = None,
    skip_empty: Annotated[bool, Query(description="Leave out rows without text, and count them.")] = False,
    sheet: Annotated[
        str | None, Query(max_length=200, description="Sheet of an Excel file; else the first one.")
    ] = None,
    delimiter: Annotated[
        str | None,
        Query(
            pattern=r"^[,;|\t]$",
            description="Delimiter of a CSV file. Left out: the one that gives its header the columns named here.",
        ),
    ] = None,
) -> ImportResult:
    """Import a file of records, all of it or nothing.

    CSV, JSONL, arrays and sequences of JSON objects, Parquet, Excel and Arrow IPC streams are recognized by their
    content; the text formats may be compressed with gzip or zstd. CSV and Excel need a header line; keys of JSON
    objects are columns; the types of an Arrow stream are kept for frames out. The first fault is reported with its row
    (counted from 1 below the header), line and column; where there are several, `faults` lists them. Columns that are
    not used are named in the result. Records never change, as labels refer to their text. A row whose id exists already
    is a fault or is skipped; give a changed text an id of its own. When a file without ids is imported again, only its
    new rows are added.
    """
    dataset = await service.reachable(dataset_id, caller)
    texts = columns_by_name(text_columns, "text_columns")
    gold = gold_by_task(gold_column or None, gold_task or None, gold_columns)
    kinds: dict[str, LabelTask] = {}
    tasks: dict[str, LabelTask] = {}
    if label_schema_id is not None:
        schema = await label_schemas.spec(dataset["project_id"], label_schema_id, caller)
        if not gold_task:
            gold = with_only_task(gold, schema)
        kinds = gold_kinds(gold, schema)
        tasks = {task.name: task for task in schema.tasks}
    mapping = ColumnMapping(
        id_column=id_column or None,
        make_ids=make_ids,
        text_columns=tuple(texts),
        text_sources=texts,
        gold_columns=gold,
        gold_kinds=kinds,
        tasks=tasks,
        gold_separator=gold_separator,
        metadata_columns=metadata_by_name(metadata_columns),
    )
    check_columns(mapping)
    return await receive_import(
        service.importer,
        request,
        dataset_id,
        mapping,
        options=FileOptions(format, encoding, delimiter, sheet or None),
        tool=tool,
        skip_empty=skip_empty,
        on_duplicate=on_duplicate,
        on_same_content=on_same_content,
        by=caller,
    )


@router.post(
    "/import-preview",
    responses=problem_responses(400, 404, 408, 413, 415, 422),
    openapi_extra=_FILE,
)
async def preview_import(
    *,
    request: Request,
    caller: Viewer,
    service: Service,
    label_schemas: LabelSchemas,
    project_id: Annotated[
        str | None, Query(description="The project it goes to, whose label schemas say what gold may be.")
    ] = None,
    format: Annotated[FileFormat | None, Query(description="As in an import.")] = None,  # noqa: A002 - as above
    encoding: Annotated[Encoding, Query(description="Encoding of the file.")] = Encoding.UTF_8,
    delimiter: Annotated[str | None, Query(pattern=r"^[,;|\t]$", description="Delimiter of a CSV file.")] = None,
    sheet: Annotated[str | None, Query(max_length=200, description="Sheet of an Excel file.")] = None,
    tool: Annotated[Tool | None, Query(description="The annotation tool that wrote the file.")] = None,
    id_column: Annotated[str | None, Query(description="Holds each row's own key.")] = None,
    make_ids: Annotated[bool, Query(description="Make ids of the content.")] = False,
    text_columns: Annotated[str, Query(description="As in an import; guessed when left out.")] = "",
    gold_columns: Annotated[str, Query(description="As task=column, by commas; guessed when left out.")] = "",
    label_schema_id: Annotated[str | None, Query(description="Gold values are of its tasks.")] = None,
    metadata_columns: Annotated[str, Query(description="As in an import.")] = "",
    cut: Annotated[bool, Query(description="Only the beginning of the file is sent; its last row may be cut.")] = False,
) -> ImportPreview:
    """Show what an import would make of a file: its format, columns, ids, gold, and the first records.

    Nothing is written. Of CSV and JSON the beginning is enough (`cut=true`); Parquet and Excel are needed whole.
    """
    if project_id is not None:
        await service.in_project(project_id, caller)
    gold = gold_by_task(None, None, gold_columns)
    kinds: dict[str, LabelTask] = {}
    tasks: dict[str, LabelTask] = {}
    if label_schema_id is not None:
        schema = await label_schemas.spec(project_id, label_schema_id, caller)
        gold = with_only_task(gold, schema)
        kinds = gold_kinds(gold, schema)
        tasks = {task.name: task for task in schema.tasks}
    texts = columns_by_name(text_columns or "text", "text_columns")
    mapping = ColumnMapping(
        id_column=id_column or None,
        make_ids=make_ids,
        text_columns=tuple(texts),
        text_sources=texts,
        gold_columns=gold,
        gold_kinds=kinds,
        tasks=tasks,
        metadata_columns=metadata_by_name(metadata_columns),
    )
    check_columns(mapping)
    names = list(tasks) or (await label_schemas.task_names(project_id, caller) if project_id is not None else [])
    asked = ImportPreviewRequest(mapping, names_texts=bool(text_columns), tool=tool, tasks=names, is_cut=cut)
    options = FileOptions(format, encoding, delimiter, sheet or None)
    return await receive_preview(service.importer.limits, request, asked, options=options)


@router.get("/datasets/{dataset_id}/records", responses=problem_responses(404))
async def list_records(
    dataset_id: str, caller: Viewer, service: Service, after: AfterSeq = -1, limit: Limit = 100
) -> RecordPage:
    """List the records of committed imports, in their order."""
    return await service.records(dataset_id, caller, after=after, limit=limit)


@router.get("/datasets/{dataset_id}/records/{seq}", responses=problem_responses(404))
async def get_record(dataset_id: str, seq: int, caller: Viewer, service: Service) -> Record:
    return await service.record(dataset_id, seq, caller)

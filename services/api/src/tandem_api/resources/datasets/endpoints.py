"""/projects/{id}/datasets and /datasets"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, AfterSeq, Limit
from tandem_api.resources.datasets.column_names import (
    check_columns,
    columns_by_name,
    gold_by_task,
    gold_kinds,
    metadata_by_name,
)
from tandem_api.resources.datasets.parsing.encodings import Encoding
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.schemas import (
    Dataset,
    DatasetCreate,
    DatasetPage,
    FileFormat,
    ImportResult,
    OnDuplicate,
    OnSameContent,
    Record,
    RecordPage,
)
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.datasets.uploads import receive_import
from tandem_api.resources.label_schemas.service import LabelSchemaService

router = APIRouter(tags=["data sets"])
Service = Annotated[DatasetService, provided(DatasetService)]
LabelSchemas = Annotated[LabelSchemaService, provided(LabelSchemaService)]

_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file itself, in UTF-8 unless `encoding` says otherwise; it is read as a stream.",
        "content": {
            "text/csv": {"schema": {"type": "string", "format": "binary"}},
            "application/x-ndjson": {"schema": {"type": "string", "format": "binary"}},
            "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
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
        FileFormat | None, Query(description="Format of the file; read from the content type when left out.")
    ] = None,
    encoding: Annotated[Encoding, Query(description="Encoding of the file.")] = Encoding.UTF_8,
    id_column: Annotated[
        str | None,
        Query(
            description="Holds each row's own key. Left out: the column id, or else record_id, whatever its case; "
            "where there is none, ids are made of the rows' content, so that a row has the same id in every import."
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
    delimiter: Annotated[
        str | None,
        Query(
            pattern=r"^[,;|\t]$",
            description="Delimiter of a CSV file. Left out: the one that gives its header the columns named here.",
        ),
    ] = None,
) -> ImportResult:
    """Import a file of records, all of it or nothing.

    CSV needs a header line; JSONL has one object a line, whose keys are the columns; an Arrow IPC stream has typed
    columns, uncompressed, and its types are kept for frames out. A fault is reported with its row
    (counted from 1 below the header), line and column. Records never change, as labels refer to their text. A row whose
    id exists already is a fault or is skipped; give a changed text an id of its own. When a file without ids is
    imported again, only its new rows are added.
    """
    dataset = await service.reachable(dataset_id, caller)
    texts = columns_by_name(text_columns, "text_columns")
    gold = gold_by_task(gold_column or None, gold_task or None, gold_columns)
    kinds = {}
    if label_schema_id is not None:
        kinds = gold_kinds(gold, await label_schemas.spec(dataset["project_id"], label_schema_id, caller))
    mapping = ColumnMapping(
        id_column=id_column or None,
        make_ids=make_ids,
        text_columns=tuple(texts),
        text_sources=texts,
        gold_columns=gold,
        gold_kinds=kinds,
        gold_separator=gold_separator,
        metadata_columns=metadata_by_name(metadata_columns),
    )
    check_columns(mapping)
    return await receive_import(
        service.importer,
        request,
        dataset_id,
        mapping,
        file_format=format,
        encoding=encoding,
        delimiter=delimiter,
        on_duplicate=on_duplicate,
        on_same_content=on_same_content,
        by=caller,
    )


@router.get("/datasets/{dataset_id}/records", responses=problem_responses(404))
async def list_records(
    dataset_id: str, caller: Viewer, service: Service, after: AfterSeq = -1, limit: Limit = 100
) -> RecordPage:
    """List the records of committed imports, in their order."""
    return await service.records(dataset_id, caller, after=after, limit=limit)


@router.get("/datasets/{dataset_id}/records/{seq}", responses=problem_responses(404))
async def get_record(dataset_id: str, seq: int, caller: Viewer, service: Service) -> Record:
    return await service.record(dataset_id, seq, caller)

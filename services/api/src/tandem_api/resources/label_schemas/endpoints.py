"""/projects/{id}/label-schemas and /label-schemas"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.resources.label_schemas.schemas import LabelSchema, LabelSchemaCreate, LabelSchemaPage, SchemaFormat
from tandem_api.resources.label_schemas.service import LabelSchemaService

router = APIRouter(tags=["label schemas"])
Service = Annotated[LabelSchemaService, provided(LabelSchemaService)]


@router.post(
    "/projects/{project_id}/label-schemas",
    status_code=201,
    responses=problem_responses(404)
    | {200: {"model": LabelSchema, "description": "Equal to the latest version, which this is."}},
)
async def create_label_schema(
    project_id: str, body: LabelSchemaCreate, caller: Admin, service: Service, response: Response
) -> LabelSchema:
    """Make a version of the label schema of this name."""
    schema, created = await service.create(project_id, body, caller)
    response.status_code = 201 if created else 200
    return schema


_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file, in UTF-8, of at most 256 KiB.",
        "content": {
            "application/yaml": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "/projects/{project_id}/label-schemas/import",
    status_code=201,
    responses=problem_responses(404, 413, 422)
    | {200: {"model": LabelSchema, "description": "Equal to the latest version, which this is."}},
    openapi_extra=_FILE,
)
async def import_label_schema(
    *,
    project_id: str,
    request: Request,
    caller: Admin,
    service: Service,
    response: Response,
    format: Annotated[  # noqa: A002 - the word of the interface
        SchemaFormat, Query(description="File format; JSON is YAML too, but `json` gives more exact errors.")
    ] = SchemaFormat.YAML,
    name: Annotated[str | None, Query(max_length=200, description="Goes before the name that the file gives.")] = None,
) -> LabelSchema:
    """Make a version of a label schema from a file, such as `export` returns."""
    content = await request.body()
    schema, created = await service.create_from_file(project_id, content, format, name, caller)
    response.status_code = 201 if created else 200
    return schema


@router.get("/projects/{project_id}/label-schemas", responses=problem_responses(404))
async def list_label_schemas(
    project_id: str, caller: Viewer, service: Service, after: After = None, limit: Limit = 100
) -> LabelSchemaPage:
    """List all versions, by name and version."""
    return await service.list(project_id, caller, after=after, limit=limit)


@router.get("/label-schemas/{label_schema_id}", responses=problem_responses(404))
async def get_label_schema(label_schema_id: str, caller: Viewer, service: Service) -> LabelSchema:
    return await service.get(label_schema_id, caller)


@router.get(
    "/label-schemas/{label_schema_id}/export",
    response_class=Response,
    responses=problem_responses(404)
    | {
        200: {
            "description": "The file.",
            "content": {
                "application/yaml": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "string"}},
            },
        }
    },
)
async def export_label_schema(
    label_schema_id: str,
    caller: Viewer,
    service: Service,
    format: Annotated[SchemaFormat, Query(description="File format.")] = SchemaFormat.YAML,  # noqa: A002 - the word of the interface
) -> Response:
    """Export the version as a file: its name and its tasks, without fields at their default. Importing it makes an
    equal one."""
    text, file_name = await service.export(label_schema_id, format, caller)
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(text, media_type=f"application/{format.value}", headers=headers)

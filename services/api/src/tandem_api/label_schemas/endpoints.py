"""/projects/{id}/label-schemas and /label-schemas"""

from __future__ import annotations

from fastapi import APIRouter, Response

from tandem.web import Admin, Viewer, problem_responses
from tandem_api.label_schemas.schemas import LabelSchema, LabelSchemaCreate, LabelSchemaPage
from tandem_api.paging import After, Limit
from tandem_api.routing import PREFIX, Api

router = APIRouter(prefix=PREFIX, tags=["label schemas"])


@router.post(
    "/projects/{project_id}/label-schemas",
    status_code=201,
    responses=problem_responses(404)
    | {200: {"model": LabelSchema, "description": "Equal to the latest version, which this is."}},
)
async def create_label_schema(
    project_id: str, body: LabelSchemaCreate, caller: Admin, api: Api, response: Response
) -> LabelSchema:
    """Make a version of the label schema of this name."""
    schema, created = await api.label_schemas.create(project_id, body, caller)
    response.status_code = 201 if created else 200
    return schema


@router.get("/projects/{project_id}/label-schemas", responses=problem_responses(404))
async def list_label_schemas(
    project_id: str, caller: Viewer, api: Api, after: After = None, limit: Limit = 100
) -> LabelSchemaPage:
    """All versions, by name and version."""
    return await api.label_schemas.list(project_id, caller, after=after, limit=limit)


@router.get("/label-schemas/{label_schema_id}", responses=problem_responses(404))
async def get_label_schema(label_schema_id: str, caller: Viewer, api: Api) -> LabelSchema:
    return await api.label_schemas.get(label_schema_id, caller)

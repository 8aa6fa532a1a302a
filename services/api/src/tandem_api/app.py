"""HTTP application: its routes, its errors, and the middleware around every request."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute

from tandem.people import Authenticator
from tandem.rendering.pool import RenderersBusyError
from tandem.web import (
    OWN_TELEMETRY,
    Problem,
    RequestMiddleware,
    install_problems,
    known_parameters_alone,
    problem_responses,
)
from tandem_api.analysis.combinations import endpoints as combination_endpoints
from tandem_api.analysis.comparisons import endpoints as comparison_endpoints
from tandem_api.analysis.reports import endpoints as report_endpoints
from tandem_api.resources.access import endpoints as access_endpoints
from tandem_api.resources.agents import endpoints as agent_endpoints
from tandem_api.resources.annotations import endpoints as annotation_endpoints
from tandem_api.resources.campaigns import endpoints as campaign_endpoints
from tandem_api.resources.carry_over import endpoints as carry_over_endpoints
from tandem_api.resources.datasets import endpoints as dataset_endpoints
from tandem_api.resources.jobs import endpoints as job_endpoints
from tandem_api.resources.label_schemas import endpoints as label_schema_endpoints
from tandem_api.resources.people import endpoints as people_endpoints
from tandem_api.resources.projects import endpoints as project_endpoints
from tandem_api.resources.providers import endpoints as provider_endpoints
from tandem_api.resources.review_orders import endpoints as review_order_endpoints
from tandem_api.routing import PREFIX, Services

_FEATURES = (
    project_endpoints,
    label_schema_endpoints,
    carry_over_endpoints,
    dataset_endpoints,
    agent_endpoints,
    job_endpoints,
    annotation_endpoints,
    report_endpoints,
    comparison_endpoints,
    combination_endpoints,
    campaign_endpoints,
    review_order_endpoints,
    access_endpoints,
    people_endpoints,
    provider_endpoints,
)

IMPORTS = r"^/api/v1/datasets/[^/]+/imports$"
"""Paths whose bodies are streams; they bound them on their own."""


def make_app(
    services: Services | None, authenticator: Authenticator | None, *, secure_cookies: bool | None = None
) -> FastAPI:
    """Build the application over these services; without services it can only produce its OpenAPI document."""
    app = FastAPI(
        title="Tandem",
        summary="Label data with people and language models together.",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # the page would load its scripts from elsewhere
        redoc_url=None,
        telemetry=OWN_TELEMETRY,
        generate_unique_id_function=_operation_id,
        dependencies=[Depends(known_parameters_alone)],
        responses=problem_responses(401, 403, 422, 503),
        separate_input_output_schemas=False,
    )
    for endpoints in _FEATURES:
        app.include_router(endpoints.router)
    app.state.services = services
    app.state.authenticator = authenticator
    app.state.secure_cookies = secure_cookies
    install_problems(app)
    app.add_exception_handler(RenderersBusyError, _on_renderers_busy)
    app.add_middleware(RequestMiddleware, streamed=IMPORTS)
    return app


async def _on_renderers_busy(_request: Request, error: Exception) -> Response:
    return Problem(
        503,
        "renderers-busy",
        f"The service is busy with other templates: {error}.",
        cure="Try again in a while. If it goes on, have TANDEM_RENDERING__PROCESSES of the api raised.",
        headers={"Retry-After": "5"},
    ).response()


def _operation_id(route: APIRoute) -> str:
    """Return the endpoint's own name as operation id, so that generated clients read well."""
    return route.name

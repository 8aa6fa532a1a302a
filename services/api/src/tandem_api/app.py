"""HTTP application: its routes, its errors, and the middleware around every request."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute

import tandem_api
from tandem.people import Authenticator
from tandem.rendering.pool import RenderersBusyError
from tandem.web import (
    OWN_TELEMETRY,
    STREAMED_PATHS,
    Problem,
    RequestMiddleware,
    Services,
    include_features,
    install_problems,
    known_parameters_alone,
    problem_responses,
)

PREFIX = "/api/v1"


def make_app(
    services: Services | None, authenticator: Authenticator | None, *, secure_cookies: bool | None = None
) -> FastAPI:
    """Build the application over these services; without services it can only produce its OpenAPI document."""
    app = FastAPI(
        title="Tandem",
        summary="Label data with people and language models together.",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,  # the address of a redirect would be made of the Host header
        docs_url=None,  # the page would load its scripts from elsewhere
        redoc_url=None,
        telemetry=OWN_TELEMETRY,
        generate_unique_id_function=_operation_id,
        dependencies=[Depends(known_parameters_alone)],
        responses=problem_responses(401, 403, 422, 503),
        separate_input_output_schemas=False,
    )
    include_features(app, tandem_api, services, prefix=PREFIX)
    app.state.authenticator = authenticator
    app.state.secure_cookies = secure_cookies
    install_problems(app)
    app.add_exception_handler(RenderersBusyError, _on_renderers_busy)
    app.add_middleware(RequestMiddleware, streamed=STREAMED_PATHS)
    return app


async def _on_renderers_busy(_request: Request, error: Exception) -> Response:
    return Problem(
        503,
        "renderers-busy",
        f"The service is busy with other templates: {error}.",
        cure="Try again in a minute. If it happens again, raise TANDEM_RENDERING__PROCESSES of the api.",
        headers={"Retry-After": "5"},
    ).response()


def _operation_id(route: APIRoute) -> str:
    """Return the endpoint's own name as operation id, so that generated clients read well."""
    return route.name

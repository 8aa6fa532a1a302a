"""Error handlers: every error of an app becomes a problem."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from tandem.observability.logs import get_logger
from tandem.people import NotAllowedError, NotAuthenticatedError
from tandem.store.database import StoreConflictError, StoreUnavailableError
from tandem.web.problems import Problem, ProblemBody, invalid_request

RETRY_AFTER_SECONDS = 2
_log = get_logger(__name__)


def install_problems(app: FastAPI) -> None:
    """Make every error of this app a problem, in its answers and in its OpenAPI document."""
    describe = app.openapi

    def describe_with_problems() -> dict[str, Any]:
        document = describe()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schemas["Problem"].pop("$defs", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return document

    app.openapi = describe_with_problems  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(NotAuthenticatedError, _on_not_authenticated)
    app.add_exception_handler(NotAllowedError, _on_not_allowed)
    app.add_exception_handler(StoreUnavailableError, _on_store_away)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return error.response()
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it; narrows the type
    code = {400: "bad-request", 404: "no-such-route", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    detail = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not possible at {request.url.path}.",
    }.get(error.status_code, str(error.detail))
    slash = error.status_code == 404 and request.url.path.endswith("/")
    cure = "Ask for it without the slash at the end." if slash else None
    return Problem(error.status_code, code, detail, cure=cure, headers=error.headers).response()


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it; narrows the type
    return invalid_request([{**part, "loc": part["loc"][1:]} for part in error.errors()], error.body).response()


async def _on_not_authenticated(_request: Request, error: Exception) -> Response:
    return Problem(
        401,
        "not-authenticated",
        str(error),
        cure="Send 'Authorization: Bearer <API key>', or log in.",
        headers={"WWW-Authenticate": "Bearer"},
    ).response()


async def _on_not_allowed(_request: Request, error: Exception) -> Response:
    return Problem(403, "not-allowed", str(error), cure="Ask an admin for a key with another role or scope.").response()


async def _on_store_away(_request: Request, error: Exception) -> Response:
    _log.warning("http.store_unavailable", problem=str(error))
    busy = isinstance(error, StoreConflictError)
    return Problem(
        503,
        "store-busy" if busy else "store-unavailable",
        "Others are writing the same thing at the moment." if busy else "The database cannot be reached at the moment.",
        cure="Try again in a few seconds.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    ).response()

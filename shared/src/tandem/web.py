"""What the HTTP services share: errors as problem+json (RFC 9457), request metrics and spans, who is asking.

An error tells a program its `type`, and a person what is wrong (`detail`), where (`field`) and what to do (`cure`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind, Status, StatusCode
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tandem.access import SESSION_COOKIE, Authenticator, Caller, NotAllowedError, NotAuthenticatedError, Role
from tandem.invalid_content import FieldProblem, problems_of
from tandem.observability.logs import get_logger
from tandem.observability.metrics import HTTP_SECONDS
from tandem.observability.tracing import tracer
from tandem.store.database import StoreConflictError, StoreUnavailableError

PROBLEM_JSON = "application/problem+json"
MAX_JSON_BYTES = 1024 * 1024
RETRY_AFTER_SECONDS = 2

OWN_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""For FastAPI(telemetry=...): its spans and exporters stay off, the ones here are declared with all others."""

_log = get_logger(__name__)
_bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key, for programs.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="Session",
    description="A browser's session; unsafe methods also need the header X-Tandem-Request: 1.",
)


class ProblemBody(BaseModel):
    """An error as it goes over the wire. More members may be there, e.g. `row` and `column` of a file."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="/problems/<code>; stable, for programs.")
    title: str
    status: int
    detail: str = Field(description="What is wrong, for people.")
    field: str | None = Field(default=None, description="Which field of the request.")
    cure: str | None = Field(default=None, description="What to do.")
    errors: list[FieldProblem] | None = Field(default=None, description="Where several things are wrong: each.")


class Problem(HTTPException):
    """An error for the caller. Raise it anywhere below an endpoint.

    `code` becomes the stable `type`; `members` are put beside the standard ones.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        field: str | None = None,
        cure: str | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.code = code
        self.body = ProblemBody(
            type=f"/problems/{code}",
            title=title or code.replace("-", " ").capitalize(),
            status=status,
            detail=detail,
            field=field,
            cure=cure,
            errors=list(errors) or None,
            **members,
        )

    def response(self) -> Response:
        return JSONResponse(
            self.body.model_dump(mode="json", exclude_none=True),
            self.status_code,
            headers=self.headers,
            media_type=PROBLEM_JSON,
        )


def not_found(what: str, key: str) -> Problem:
    """Also for what exists outside the caller's scope: nobody learns what others have."""
    return Problem(404, "not-found", f"There is no {what} {key!r}.", cure="Check the id; your key may not reach it.")


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint for OpenAPI: these statuses carry problems."""
    return {
        status: {
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            "description": _DESCRIPTIONS[status],
        }
        for status in sorted(statuses)
    }


_DESCRIPTIONS = {
    400: "The request cannot be read.",
    401: "No valid credential came with the request.",
    403: "The caller may not do this.",
    404: "It does not exist, or lies outside the caller's projects.",
    408: "Nothing came for too long.",
    409: "It does not fit the present state.",
    413: "Too large.",
    415: "A content type that is not taken here.",
    422: "Something in the request is wrong; `errors` names each field.",
    502: "A service behind this one gave no usable answer.",
    503: "A dependency is away; try again after Retry-After.",
}


# --- who is asking ------------------------------------------------------------------------------------------------


async def current_caller(request: Request) -> Caller:
    """The caller, from `app.state.authenticator`. For endpoints, depend on one of the aliases below."""
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.caller(method=request.method, headers=request.headers, cookies=request.cookies)


def _with_role(role: Role) -> Callable[..., Any]:
    async def dependency(
        request: Request,
        _documented: Annotated[Any, Security(_bearer)] = None,
        _documented_too: Annotated[Any, Security(_cookie)] = None,
    ) -> Caller:
        caller = await current_caller(request)
        caller.require(role)
        return caller

    return dependency


Viewer = Annotated[Caller, Depends(_with_role(Role.VIEWER))]
Annotator = Annotated[Caller, Depends(_with_role(Role.ANNOTATOR))]
Admin = Annotated[Caller, Depends(_with_role(Role.ADMIN))]


# --- errors -------------------------------------------------------------------------------------------------------


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
    return Problem(error.status_code, code, detail, headers=error.headers).response()


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it; narrows the type
    return invalid_request([{**part, "loc": part["loc"][1:]} for part in error.errors()], error.body).response()


def invalid_request(errors: Sequence[Mapping[str, Any]], content: Any) -> Problem:
    """The problem of content that does not validate. `errors` as pydantic gives them, their `loc` within the content;
    the context of a PydanticCustomError may name a `field` and a `cure`."""
    detail, problems = problems_of(errors, content)
    return Problem(422, "invalid-request", detail, field=problems[0].field, cure=problems[0].cure, errors=problems)


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


# --- every request ------------------------------------------------------------------------------------------------


class RequestMiddleware:
    """A server span and a duration for each request, a bound on bodies, and headers that keep answers private.

    Bodies above `max_bytes` are refused, before they are read where they say their length; paths that match
    `streamed` take any: their endpoints bound what they read.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int = MAX_JSON_BYTES, streamed: str = r"(?!)") -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._streamed = re.compile(streamed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, headers = scope["method"], Headers(scope=scope)
        context = extract({name: headers[name] for name in ("traceparent", "tracestate") if name in headers})
        started, status = time.perf_counter(), 500
        answered = False

        async def send_marked(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], True
                answer = MutableHeaders(scope=message)
                answer.setdefault("Cache-Control", "no-store")
                answer.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        with tracer().start_as_current_span(
            method, context=context, kind=SpanKind.SERVER, attributes={"http.request.method": method}
        ) as span:
            try:
                await self._bounded(scope, headers, receive, send_marked)
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                if answered:
                    raise  # too late for another answer; the server cuts the connection, so that the client notices
                _log.exception("http.request_failed", method=method, path=scope["path"])
                await _unexpected(span).response()(scope, receive, send_marked)
            finally:
                route = _route_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                HTTP_SECONDS.labels(method, route, str(status)).observe(time.perf_counter() - started)

    async def _bounded(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        if self._streamed.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._max_bytes:
            await self._too_large().response()(scope, receive, send)
            return
        taken = 0

        async def receive_bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_bytes:
                raise self._too_large()
            return message

        await self._app(scope, receive_bounded, send)

    def _too_large(self) -> Problem:
        return Problem(
            413,
            "body-too-large",
            f"The body of this request is larger than {self._max_bytes:,} bytes.",
            cure="Send less at once; records are imported as a stream.",
        )


def _unexpected(span: trace.Span) -> Problem:
    context = span.get_span_context()
    return Problem(
        500,
        "internal-error",
        "Something went wrong here that should not have; the logs of this service say what.",
        trace_id=trace.format_trace_id(context.trace_id) if context.is_valid else None,
    )


def _route_of(scope: Scope) -> str:
    """The route's template, so that ids make no metric of their own."""
    path = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None)
    return str(path) if path else "unmatched"

"""Errors as problem+json (RFC 9457): a program is told the `type`; a person what is wrong (`detail`), where (`field`)
and what to do (`cure`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from tandem.web.invalid_content import FieldProblem, problems_of

PROBLEM_JSON = "application/problem+json"


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


def differs_by_case(what: str, name: str, other: str) -> Problem:
    """Refuse a name that people take for another one."""
    return Problem(
        409,
        "name-taken",
        f"There is a {what} named {other!r}, which differs from {name!r} by case alone.",
        field="name",
        cure="Choose another name, or use that one.",
    )


def not_found(what: str, key: str) -> Problem:
    """Also for what exists outside the caller's scope: nobody learns what others have."""
    return Problem(404, "not-found", f"There is no {what} {key!r}.", cure="Check the id; your key may not reach it.")


def invalid_request(errors: Sequence[Mapping[str, Any]], content: Any) -> Problem:
    """Build the problem of content that does not validate. `errors` as pydantic gives them, their `loc` within the
    content; the context of a PydanticCustomError may name a `field` and a `cure`."""
    detail, problems = problems_of(errors, content)
    return Problem(422, "invalid-request", detail, field=problems[0].field, cure=problems[0].cure, errors=problems)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an endpoint for OpenAPI: these statuses carry problems."""
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
    410: "The requested state is no longer kept.",
    413: "Too large.",
    415: "A content type that is not taken here.",
    422: "Something in the request is wrong; `errors` names each field.",
    502: "A service behind this one gave no usable answer.",
    503: "A dependency is away; try again after Retry-After.",
}

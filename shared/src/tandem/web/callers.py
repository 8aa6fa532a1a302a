"""Callers, as an endpoint gets them, by the role that it wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from tandem.people import SESSION_COOKIE, Authenticator, Caller, Role

_bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key, for programs.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="Session",
    description="A browser's session; unsafe methods also need the header X-Tandem-Request: 1.",
)


async def current_caller(request: Request) -> Caller:
    """Return the caller, from `app.state.authenticator`. For endpoints, depend on one of the aliases below."""
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

"""/api-keys, /login-links and /sessions"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from tandem.people import SESSION_COOKIE
from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.resources.access.schemas import (
    ApiKeyCreate,
    ApiKeyPage,
    LoginLink,
    LoginLinkCreate,
    NewApiKey,
    Session,
    SessionCreate,
)
from tandem_api.resources.access.service import AccessService

router = APIRouter(tags=["access"])
Service = Annotated[AccessService, provided(AccessService)]


@router.post("/api-keys", status_code=201, responses=problem_responses(422))
async def create_api_key(body: ApiKeyCreate, caller: Admin, service: Service) -> NewApiKey:
    """Make an API key for a person, or for a new person of the key's name. Its token is in this answer and nowhere
    else. Needs access to all projects."""
    return await service.create_key(body, caller)


@router.get("/api-keys")
async def list_api_keys(caller: Admin, service: Service, after: After = None, limit: Limit = 100) -> ApiKeyPage:
    """List the API keys that are valid, newest first."""
    return await service.list_keys(caller, after=after, limit=limit)


@router.delete("/api-keys/{key_id}", status_code=204, responses=problem_responses(404, 409))
async def revoke_api_key(key_id: str, caller: Admin, service: Service) -> None:
    """Revoke a key at once, and end the sessions and login links made with it. The last admin key that reaches all
    projects and never expires stays."""
    await service.revoke_key(key_id, caller)


@router.post("/login-links", status_code=201, responses=problem_responses(409, 422))
async def create_login_link(body: LoginLinkCreate, caller: Admin, service: Service) -> LoginLink:
    """Make a one-time token with which a person opens a session in the browser. An admin who does not reach all
    projects names only people by id who reach no more than the admin does."""
    return await service.create_login_link(body, caller)


@router.post("/sessions", status_code=201, responses=problem_responses(401, 422))
async def create_session(body: SessionCreate, request: Request, response: Response, service: Service) -> Session:
    """Log in: the answer sets the cookie that the browser then sends."""
    session, token, expires_at = await service.log_in(body)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        expires=expires_at,
        path="/",
        httponly=True,
        samesite="strict",
        secure=_secure(request),
    )
    return session


@router.get("/sessions/current")
async def get_current_session(caller: Viewer) -> Session:
    """Return who the caller is."""
    scope = None if caller.project_ids is None else sorted(caller.project_ids)
    return Session(person_id=caller.person_id, name=caller.name, role=caller.role, project_ids=scope)


@router.delete("/sessions/current", status_code=204)
async def end_current_session(_caller: Viewer, request: Request, response: Response, service: Service) -> None:
    """Log out."""
    if token := request.cookies.get(SESSION_COOKIE):
        await service.log_out(token)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict", secure=_secure(request))


def _secure(request: Request) -> bool:
    setting: bool | None = request.app.state.secure_cookies
    return request.url.scheme == "https" if setting is None else setting

"""Making and ending credentials. What is made from an API key ends with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from tandem.access import Authenticator, Caller, NotAllowedError, NotAuthenticatedError, Role, hash_token, new_token
from tandem.store.api_keys.documents import ApiKeyDocument, CredentialKind
from tandem.store.api_keys.reader import ApiKeyReader
from tandem.store.api_keys.writer import ApiKeyWriter
from tandem.store.database import utcnow
from tandem.web import Problem, not_found
from tandem_api.access.schemas import (
    ApiKey,
    ApiKeyCreate,
    ApiKeyPage,
    LoginLink,
    LoginLinkCreate,
    NewApiKey,
    Session,
    SessionCreate,
)
from tandem_api.paging import cut, decode_cursor

BOOTSTRAP_KEY_ID = "bootstrap-admin"


class AccessService:
    def __init__(
        self, reader: ApiKeyReader, writer: ApiKeyWriter, authenticator: Authenticator, *, session_seconds: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._authenticator = authenticator
        self._session = timedelta(seconds=session_seconds)

    async def ensure_bootstrap_admin(self, token: str) -> None:
        """Make the operator's key good. One set before, if another, ends with everything made from it."""
        await self._writer.replace(
            _credential(token, key_id=BOOTSTRAP_KEY_ID, kind="key", name="admin", role=Role.ADMIN, expires_at=None)
        )

    async def create_key(self, body: ApiKeyCreate, caller: Caller) -> NewApiKey:
        caller.require_all_projects()
        if body.expires_at is not None and body.expires_at <= utcnow():
            raise Problem(422, "invalid-request", "expires_at lies in the past.", field="expires_at")
        token = new_token()
        key = _credential(
            token,
            kind="key",
            name=body.name,
            role=body.role,
            project_ids=body.project_ids,
            expires_at=body.expires_at,
        )
        await self._writer.insert(key)
        return NewApiKey.of({**key, "token": token})

    async def list_keys(self, caller: Caller, *, after: str | None, limit: int) -> ApiKeyPage:
        caller.require_all_projects()
        before = None
        if after:
            created_at, key_id = decode_cursor(after, str, str)
            before = (_time(created_at), key_id)
        found = await self._reader.keys(before=before, limit=limit + 1)
        page, following = cut(found, limit, lambda key: (key["created_at"].isoformat(), key["_id"]))
        return ApiKeyPage(items=[ApiKey.of(key) for key in page], next=following)

    async def revoke_key(self, key_id: str, caller: Caller) -> None:
        caller.require_all_projects()
        if not await self._writer.revoke(key_id):
            raise not_found("API key", key_id)

    async def create_login_link(self, body: LoginLinkCreate, caller: Caller) -> LoginLink:
        scope = caller.project_ids if body.project_ids is None else frozenset(body.project_ids)
        if caller.project_ids is not None and not (scope or frozenset()) <= caller.project_ids:
            raise NotAllowedError("A login link reaches no more projects than the key it is made with.")
        token = new_token()
        link = _credential(
            token,
            kind="login",
            name=body.name or caller.name,
            role=body.role,
            project_ids=None if scope is None else sorted(scope),
            expires_at=utcnow() + timedelta(seconds=body.ttl_seconds),
            parent_id=caller.root_key_id,
        )
        await self._writer.insert(link)
        return LoginLink.model_validate({**link, "token": token})

    async def log_in(self, body: SessionCreate) -> tuple[Session, str, datetime]:
        """The session, its token for the cookie, and when it ends. Raises NotAuthenticatedError."""
        if body.login_token is not None:
            link = await self._writer.consume_login(hash_token(body.login_token), now=utcnow())
            if link is None:
                raise NotAuthenticatedError("This login link was used already, has expired, or never was.")
            parent_id, name, role, scope = link["parent_id"], link["name"], Role(link["role"]), link["project_ids"]
        else:
            assert body.api_key is not None  # noqa: S101 - the schema's validator; narrows the type
            key = await self._authenticator.by_token(body.api_key, kind="key")
            parent_id, name, role = key.key_id, key.name, key.role
            scope = None if key.project_ids is None else sorted(key.project_ids)
        parent = await self._reader.get(parent_id) if parent_id else None
        if parent is None or parent["revoked"]:
            raise NotAuthenticatedError("The API key behind this login was revoked.")
        expires_at = min(filter(None, (utcnow() + self._session, parent["expires_at"])))
        token = new_token()
        await self._writer.insert(
            _credential(
                token,
                kind="session",
                name=name,
                role=role,
                project_ids=scope,
                expires_at=expires_at,
                parent_id=parent_id,
            )
        )
        return Session(name=name, role=role, project_ids=scope), token, expires_at

    async def log_out(self, token: str) -> None:
        await self._writer.end_session(hash_token(token))


def _credential(
    token: str,
    *,
    kind: CredentialKind,
    name: str,
    role: Role,
    expires_at: datetime | None,
    key_id: str | None = None,
    project_ids: list[str] | None = None,
    parent_id: str | None = None,
) -> ApiKeyDocument:
    return {
        "_id": key_id or uuid4().hex,
        "hash": hash_token(token),
        "kind": kind,
        "name": name,
        "role": role.value,
        "project_ids": project_ids,
        "created_at": utcnow(),
        "expires_at": expires_at,
        "revoked": False,
        "parent_id": parent_id,
    }


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(422, "invalid-cursor", "`after` is not the `next` of an earlier page.", field="after") from error

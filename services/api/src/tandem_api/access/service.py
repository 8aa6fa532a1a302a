"""Making and ending credentials. What is made from an API key ends with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from tandem.access import (
    Authenticator,
    Caller,
    NotAllowedError,
    NotAuthenticatedError,
    Role,
    hash_token,
    is_behind,
    new_token,
)
from tandem.observability.logs import get_logger
from tandem.store.api_keys.documents import ApiKeyDocument, CredentialKind
from tandem.store.api_keys.reader import ApiKeyReader
from tandem.store.api_keys.writer import ApiKeyWriter, LastAdminKeyError
from tandem.store.conflicts import again_on_conflict
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

_log = get_logger(__name__)


class AccessService:
    def __init__(
        self, reader: ApiKeyReader, writer: ApiKeyWriter, authenticator: Authenticator, *, session_seconds: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._authenticator = authenticator
        self._session = timedelta(seconds=session_seconds)

    async def ensure_bootstrap_admin(self, token: str) -> bool:
        """Make the operator's key good, and return whether it is.

        One set before, if another, ends with everything made from it. A key that was revoked stays revoked.
        """
        key = _credential(token, key_id=BOOTSTRAP_KEY_ID, kind="key", name="admin", role=Role.ADMIN, expires_at=None)
        if await self._writer.replace(key):
            return True
        stored = await self._reader.get(BOOTSTRAP_KEY_ID)
        good = stored is not None and stored["hash"] == key["hash"] and not stored["revoked"]
        if not good:
            _log.warning(
                "access.bootstrap_key_is_not_good", cure="Set TANDEM_BOOTSTRAP_ADMIN_KEY to a new random value."
            )
        return good

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
        """Revoke a key. Raises Problem 409 when nobody could make keys without it."""
        caller.require_all_projects()
        try:
            async for attempt in again_on_conflict():
                with attempt:
                    known = await self._writer.revoke(key_id, now=utcnow())
        except LastAdminKeyError as error:
            raise Problem(
                409,
                "last-admin-key",
                "No other admin key lasts: one that reaches all projects and never expires. Without this key, sooner "
                "or later nobody could make keys any more.",
                field="key_id",
                cure="Make another key with the role admin, without project_ids and expires_at. Then revoke this one.",
            ) from error
        if not known:
            raise not_found("API key", key_id)

    async def create_login_link(self, body: LoginLinkCreate, caller: Caller) -> LoginLink:
        scope = caller.project_ids if body.project_ids is None else frozenset(body.project_ids)
        if caller.project_ids is not None and not (scope or frozenset()) <= caller.project_ids:
            raise NotAllowedError("A login link reaches no more projects than the key it is made with.")
        root = await self._reader.get(caller.root_key_id)
        if root is None:
            raise NotAuthenticatedError("The API key behind this login is not there any more.")
        token = new_token()
        link = _credential(
            token,
            kind="login",
            name=body.name or caller.name,
            role=body.role,
            project_ids=None if scope is None else sorted(scope),
            expires_at=_earliest(utcnow() + timedelta(seconds=body.ttl_seconds), root["expires_at"]),
            parent_id=root["_id"],
            parent_hash=caller.root_hash or root["hash"],
            person_id=caller.person_id if body.as_caller else None,
        )
        await self._writer.insert(link)
        return LoginLink.model_validate({**link, "token": token})

    async def log_in(self, body: SessionCreate) -> tuple[Session, str, datetime]:
        """Return the session, its token for the cookie, and when it ends. Raises NotAuthenticatedError."""
        if body.login_token is not None:
            login = await self._writer.consume_login(hash_token(body.login_token), now=utcnow())
            if login is None:
                raise NotAuthenticatedError("This login link was used already, has expired, or never was.")
            key = await self._reader.get(login["parent_id"]) if login["parent_id"] else None
        else:
            assert body.api_key is not None  # noqa: S101 - the schema's validator; narrows the type
            login = key = await self._authenticator.by_token(body.api_key, kind="key")
        if key is None or not is_behind(key, login, now=utcnow()):
            raise NotAuthenticatedError("The API key behind this login link was revoked, replaced, or has expired.")
        expires_at = _earliest(utcnow() + self._session, key["expires_at"])
        token = new_token()
        session = _credential(
            token,
            kind="session",
            name=login["name"],
            role=Role(login["role"]),
            project_ids=login["project_ids"],
            expires_at=expires_at,
            parent_id=key["_id"],
            parent_hash=key["hash"],
            person_id=login.get("person_id", login["_id"]),
        )
        await self._writer.insert(session)
        return Session.of(dict(session)), token, expires_at

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
    parent_hash: str = "",
    person_id: str | None = None,
) -> ApiKeyDocument:
    """Make a credential. A session or login link names the key it is made from; without `person_id`, a link's person is
    the link's own `_id`."""
    credential: ApiKeyDocument = {
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
    if parent_id is not None:
        credential["parent_hash"] = parent_hash
        credential["person_id"] = person_id or credential["_id"]
    return credential


def _earliest(time: datetime, end: datetime | None) -> datetime:
    return time if end is None else min(time, end)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(422, "invalid-cursor", "`after` is not the `next` of an earlier page.", field="after") from error

"""Creation and revocation of credentials. Credentials made from an API key end with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from tandem.observability.logs import get_logger
from tandem.people import (
    Authenticator,
    Caller,
    CredentialKind,
    NotAllowedError,
    NotAuthenticatedError,
    Person,
    Role,
    hash_token,
    is_behind,
    local_person,
    new_token,
    person_behind,
    person_id_of,
)
from tandem.store.api_keys.documents import ApiKeyDocument
from tandem.store.api_keys.lasting import LastAdminKeyError
from tandem.store.api_keys.reader import ApiKeyReader
from tandem.store.api_keys.writer import ApiKeyWriter, PersonGoneError
from tandem.store.conflicts import again_on_conflict
from tandem.store.database import utcnow
from tandem.store.people.reader import PersonReader
from tandem.store.people.writer import PersonWriter
from tandem.web import Problem, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.resources.access.schemas import (
    ApiKey,
    ApiKeyCreate,
    ApiKeyPage,
    LoginLink,
    LoginLinkCreate,
    NewApiKey,
    Session,
    SessionCreate,
)
from tandem_api.resources.people.service import PeopleService

BOOTSTRAP_KEY_ID = "bootstrap-admin"

_log = get_logger(__name__)


class AccessService:
    def __init__(
        self,
        reader: ApiKeyReader,
        writer: ApiKeyWriter,
        authenticator: Authenticator,
        *,
        people: PeopleService,
        person_reader: PersonReader,
        person_writer: PersonWriter,
        session_seconds: int,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._authenticator = authenticator
        self._people = people
        self._person_reader = person_reader
        self._person_writer = person_writer
        self._session = timedelta(seconds=session_seconds)

    async def ensure_bootstrap_admin(self, token: str) -> bool:
        """Make the operator's key valid, and return whether it is.

        One set before, if another, ends with everything made from it; the person stays, enabled. A key that was revoked
        stays revoked, and so does that of a person who was disabled.
        """
        key = _credential(
            token,
            key_id=BOOTSTRAP_KEY_ID,
            kind="key",
            name="admin",
            role=Role.ADMIN,
            expires_at=None,
            person_id=BOOTSTRAP_KEY_ID,
        )
        await self._person_writer.ensure(person_behind(BOOTSTRAP_KEY_ID, [key]))
        stored = await self._reader.get(BOOTSTRAP_KEY_ID)
        if stored is None or stored["hash"] != key["hash"]:
            await self._person_writer.enable(BOOTSTRAP_KEY_ID)
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
        """Make an API key of the person it names, or of a new one. Raises Problem."""
        caller.require_all_projects()
        if body.expires_at is not None and body.expires_at <= utcnow():
            raise Problem(422, "invalid-request", "expires_at lies in the past.", field="expires_at")
        if body.person_id is None:
            person = new_person = local_person(body.name, project_ids=body.project_ids, now=utcnow())
        else:
            person, new_person = await self._people.named(body.person_id, caller), None
        token = new_token()
        key = _credential(
            token,
            kind="key",
            name=body.name,
            role=body.role,
            project_ids=body.project_ids,
            expires_at=body.expires_at,
            person_id=person["_id"],
            created_by_id=caller.person_id,
        )
        await self._give(key, new_person)
        return NewApiKey.of({**key, "person": person["name"], "token": token})

    async def _give(self, credential: ApiKeyDocument, new_person: Person | None) -> None:
        """Write a credential of a person. Raises Problem 422 when they get none."""
        try:
            async for attempt in again_on_conflict(or_unavailable=True):
                with attempt:
                    await self._writer.give(credential, new_person=new_person)
        except PersonGoneError as error:
            raise Problem(
                422,
                "person-gets-no-credentials",
                "The person is disabled, or known by name alone.",
                field="person_id",
                cure="Enable the person first (tandem people enable ID), or name somebody else.",
            ) from error

    async def list_keys(self, caller: Caller, *, after: str | None, limit: int) -> ApiKeyPage:
        caller.require_all_projects()
        before = None
        if after:
            created_at, key_id = decode_cursor(after, str, str)
            before = (_time(created_at), key_id)
        found = await self._reader.keys(before=before, limit=limit + 1)
        page, following = cut(found, limit, lambda key: (key["created_at"].isoformat(), key["_id"]))
        names = await self._person_reader.names(map(person_id_of, page))
        items = [
            ApiKey.of({**key, "person_id": person_id_of(key), "person": names.get(person_id_of(key), key["name"])})
            for key in page
        ]
        return ApiKeyPage(items=items, next=following)

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
                "No other admin key lasts: one that reaches all projects and never expires. Without this key, "
                "nobody could make keys once the others expire.",
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
            raise NotAuthenticatedError("The API key behind this login was deleted.")
        person, new_person = await self._person_of_link(body, caller, scope)
        token = new_token()
        link = _credential(
            token,
            kind="login",
            name=person["name"],
            role=body.role,
            project_ids=None if scope is None else sorted(scope),
            expires_at=_earliest(utcnow() + timedelta(seconds=body.ttl_seconds), root["expires_at"]),
            parent_id=root["_id"],
            parent_hash=caller.root_hash or root["hash"],
            person_id=person["_id"],
            created_by_id=caller.person_id,
        )
        await self._give(link, new_person)
        return LoginLink.model_validate({**link, "token": token})

    async def _person_of_link(
        self, body: LoginLinkCreate, caller: Caller, scope: frozenset[str] | None
    ) -> tuple[Person, Person | None]:
        """Return the person that a link is for, and that person again where they are new. Raises Problem.

        Two links are one person's by an id, never by a name.
        """
        if body.as_caller:
            return await self._callers_person(caller), None
        if body.person_id is not None:
            return await self._people.named(body.person_id, caller), None
        if body.name is not None and not body.new_person:
            await self._people.check_is_new(body.name, caller)
        person = local_person(body.name or caller.name, project_ids=scope, now=utcnow())
        return person, person

    async def _callers_person(self, caller: Caller) -> Person:
        """Return the caller's person; written down now where an older version made the key."""
        person = await self._person_reader.get(caller.person_id)
        if person is None:
            credential = await self._reader.get(caller.key_id)
            if credential is None:
                raise NotAuthenticatedError("The credential of this request was deleted.")
            person = person_behind(caller.person_id, [credential])
            await self._person_writer.ensure(person)
        return person

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
            person_id=person_id_of(login),
        )
        return await self._opened(session), token, expires_at

    async def _opened(self, session: ApiKeyDocument) -> Session:
        """Write a session and show it. Raises NotAuthenticatedError when its person was disabled meanwhile."""
        person = await self._person_reader.get(person_id_of(session))
        if person is None:  # of a key or link that a replica of an older version made just now
            await self._writer.insert(session)
            return Session.of(dict(session))
        try:
            async for attempt in again_on_conflict(or_unavailable=True):
                with attempt:
                    await self._writer.give(session)
        except PersonGoneError as error:
            raise NotAuthenticatedError("The person whose login this is was disabled.") from error
        return Session.of({**session, "name": person["name"]})

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
    person_id: str,
    created_by_id: str | None = None,
) -> ApiKeyDocument:
    """Make a credential of a person. A session or login link names the key it is made from."""
    credential: ApiKeyDocument = {
        "_id": key_id or uuid4().hex,
        "hash": hash_token(token),
        "kind": kind,
        "name": name,
        "person_id": person_id,
        "role": role.value,
        "project_ids": project_ids,
        "created_at": utcnow(),
        "expires_at": expires_at,
        "revoked": False,
        "parent_id": parent_id,
    }
    if parent_id is not None:
        credential["parent_hash"] = parent_hash
    if created_by_id is not None:
        credential["created_by_id"] = created_by_id
    return credential


def _earliest(time: datetime, end: datetime | None) -> datetime:
    return time if end is None else min(time, end)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(422, "invalid-cursor", "`after` is not the `next` of an earlier page.", field="after") from error

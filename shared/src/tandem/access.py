"""Who is asking, and what they may do: tokens, roles, project scope.

A token is 256 random bits behind the prefix `tdm_`; the store keeps its SHA-256 alone, and looking up that hash is the
comparison, so that no timing tells anything of a token. Programs send an API key as a bearer token. Browsers hold a
session in a cookie; with it, an unsafe method must carry the header `X-Tandem-Request: 1`, which no foreign page sends.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tandem.store.api_keys.documents import ApiKeyDocument, CredentialKind
from tandem.store.api_keys.reader import ApiKeyReader
from tandem.store.database import utcnow

TOKEN_PREFIX = "tdm_"  # noqa: S105 - the prefix by which scanners for leaked secrets know a token
SESSION_COOKIE = "tandem_session"
CSRF_HEADER = "X-Tandem-Request"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(StrEnum):
    VIEWER = "viewer"
    """Reads."""
    ANNOTATOR = "annotator"
    """Reads and reviews."""
    ADMIN = "admin"
    """Everything in the projects of the scope; with a scope of all projects, also makes projects and keys."""

    def includes(self, other: Role) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class NotAuthenticatedError(Exception):
    """No valid credential came with the request. The text says what was wrong with it."""


class NotAllowedError(Exception):
    """The caller is known and may not do this. The text says why."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose credential was found good."""

    key_id: str
    parent_id: str | None
    name: str
    """For people to read. Two callers may have the same: never compare it to find out who somebody is."""
    role: Role
    project_ids: frozenset[str] | None
    """None: all projects."""
    person_id: str
    """Who it is, the same for each credential of one person. Documents keep it beside the name."""
    root_hash: str = field(repr=False)
    """Hash of the API key that everything of this caller comes from."""

    @property
    def root_key_id(self) -> str:
        """The API key everything of this caller comes from; what is made now ends with that one."""
        return self.parent_id or self.key_id

    def is_person(self, person_id: str | None) -> bool:
        """Say whether a document's person is this caller. Older documents know none: theirs are nobody's."""
        return person_id is not None and person_id == self.person_id

    def reaches(self, project_id: str) -> bool:
        return self.project_ids is None or project_id in self.project_ids

    def require(self, role: Role) -> None:
        """Raises NotAllowedError unless the caller's role includes this one."""
        if not self.role.includes(role):
            raise NotAllowedError(f"This needs the role {role}; {self.name!r} has the role {self.role}.")

    def require_all_projects(self) -> None:
        """Raises NotAllowedError for a caller whose scope is a list of projects."""
        if self.project_ids is not None:
            raise NotAllowedError(f"This needs access to all projects; {self.name!r} reaches {len(self.project_ids)}.")


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def caller_of(credential: ApiKeyDocument) -> Caller:
    scope = credential["project_ids"]
    return Caller(
        key_id=credential["_id"],
        parent_id=credential["parent_id"],
        name=credential["name"],
        role=Role(credential["role"]),
        project_ids=None if scope is None else frozenset(scope),
        person_id=credential.get("person_id", credential["_id"]),
        root_hash=credential["hash"] if credential["kind"] == "key" else credential.get("parent_hash", ""),
    )


def has_ended(credential: ApiKeyDocument, *, now: datetime) -> str | None:
    """Return why a credential is no longer good, e.g. "was revoked"; None while it is."""
    if credential["revoked"]:
        return "was revoked"
    if credential["expires_at"] is not None and credential["expires_at"] <= now:
        return "has expired"
    return None


def is_behind(key: ApiKeyDocument | None, credential: ApiKeyDocument, *, now: datetime) -> bool:
    """Say whether `key`, found by the credential's `parent_id`, is the good key that it was made from."""
    if key is None or key["kind"] != "key" or has_ended(key, now=now):
        return False
    return credential.get("parent_hash") in (None, key["hash"])  # older credentials do not name it


class Authenticator:
    """Finds the caller of an HTTP request. Keeps nothing: a revoked credential is refused from the next request on, and
    so is a session whose API key was revoked, has expired, or gave its place to another."""

    def __init__(self, keys: ApiKeyReader) -> None:
        self._keys = keys

    async def caller(self, *, method: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Caller:
        """A bearer token wins over a cookie. `headers` must ignore case.

        Raises NotAuthenticatedError, NotAllowedError (the cookie came without the header) and StoreUnavailableError.
        """
        if authorization := headers.get("authorization"):
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise NotAuthenticatedError("The Authorization header must be 'Bearer <API key>'.")
            return caller_of(await self.by_token(token.strip(), kind="key"))
        if token := cookies.get(SESSION_COOKIE, ""):
            caller = caller_of(await self.by_token(token, kind="session"))
            if method.upper() not in SAFE_METHODS and headers.get(CSRF_HEADER) != "1":
                raise NotAllowedError(f"With a session cookie, a {method} request needs the header {CSRF_HEADER}: 1.")
            return caller
        raise NotAuthenticatedError("No credential came with the request.")

    async def by_token(self, token: str, *, kind: CredentialKind) -> ApiKeyDocument:
        """Return the good credential of this token.

        Raises NotAuthenticatedError when it is unknown, of another kind, over or revoked, or when its API key is.
        """
        credential = await self._keys.by_hash(hash_token(token))
        what = "session" if kind == "session" else "API key"
        if credential is None or credential["kind"] != kind:
            raise NotAuthenticatedError(f"The {what} is not known.")
        if ended := has_ended(credential, now=utcnow()):
            raise NotAuthenticatedError(f"The {what} {ended}.")
        if kind == "session" and not is_behind(await self._parent(credential), credential, now=utcnow()):
            raise NotAuthenticatedError(f"The API key behind this {what} was revoked, replaced, or has expired.")
        return credential

    async def _parent(self, credential: ApiKeyDocument) -> ApiKeyDocument | None:
        parent_id = credential["parent_id"]
        return None if parent_id is None else await self._keys.get(parent_id)

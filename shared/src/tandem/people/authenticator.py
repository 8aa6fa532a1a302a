"""Find who is asking.

Programs send an API key as a bearer token. Browsers hold a session in a cookie; with it, an unsafe method must carry
the header `X-Tandem-Request: 1`, which no foreign page sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from tandem.people.callers import Caller, NotAllowedError, NotAuthenticatedError
from tandem.people.credentials import (
    Credential,
    CredentialKind,
    caller_of,
    has_ended,
    hash_token,
    is_behind,
    person_id_of,
)
from tandem.people.person import Person

SESSION_COOKIE = "tandem_session"
CSRF_HEADER = "X-Tandem-Request"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CredentialLookup(Protocol):
    """Reads credentials, whatever became of them."""

    async def by_hash(self, token_hash: str) -> Credential | None: ...

    async def get(self, key_id: str) -> Credential | None: ...


class PersonLookup(Protocol):
    """Reads people."""

    async def get(self, person_id: str) -> Person | None: ...


class Authenticator:
    """Finds the caller of an HTTP request. Keeps nothing: a revoked credential and those of a disabled person are
    refused from the next request on, and so is a session whose API key was revoked, has expired, or gave its place to
    another."""

    def __init__(self, keys: CredentialLookup, people: PersonLookup) -> None:
        self._keys = keys
        self._people = people

    async def caller(self, *, method: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Caller:
        """Return who is asking. A bearer token wins over a cookie. `headers` must ignore case.

        Raises NotAuthenticatedError, NotAllowedError (the cookie came without the header) and what the lookups raise.
        """
        if authorization := headers.get("authorization"):
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise NotAuthenticatedError("The Authorization header must be 'Bearer <API key>'.")
            return caller_of(*await self._found(token.strip(), kind="key"))
        if token := cookies.get(SESSION_COOKIE, ""):
            caller = caller_of(*await self._found(token, kind="session"))
            if method.upper() not in SAFE_METHODS and headers.get(CSRF_HEADER) != "1":
                raise NotAllowedError(f"With a session cookie, a {method} request needs the header {CSRF_HEADER}: 1.")
            return caller
        raise NotAuthenticatedError("No credential came with the request.")

    async def by_token(self, token: str, *, kind: CredentialKind) -> Credential:
        """Return the good credential of this token.

        Raises NotAuthenticatedError when it is unknown, of another kind, over or revoked, when its API key is, or when
        its person is disabled.
        """
        credential, _ = await self._found(token, kind=kind)
        return credential

    async def _found(self, token: str, *, kind: CredentialKind) -> tuple[Credential, Person | None]:
        credential = await self._keys.by_hash(hash_token(token))
        what, now = "session" if kind == "session" else "API key", datetime.now(UTC)
        if credential is None or credential["kind"] != kind:
            raise NotAuthenticatedError(f"The {what} is not known.")
        if ended := has_ended(credential, now=now):
            raise NotAuthenticatedError(f"The {what} {ended}.")
        parent, person = await asyncio.gather(self._parent(credential), self._people.get(person_id_of(credential)))
        if kind == "session" and not is_behind(parent, credential, now=now):
            raise NotAuthenticatedError(f"The API key behind this {what} was revoked, replaced, or has expired.")
        if person is not None and person["disabled_at"] is not None:
            raise NotAuthenticatedError(f"The person whose {what} this is was disabled.")
        return credential, person

    async def _parent(self, credential: Credential) -> Credential | None:
        parent_id = credential["parent_id"]
        return None if parent_id is None else await self._keys.get(parent_id)

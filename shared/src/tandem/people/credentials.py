"""API keys, login links and sessions: their tokens, and when they are good.

A token is 256 random bits behind the prefix `tdm_`; the store keeps its SHA-256 alone, and looking up that hash is the
comparison, so that no timing tells anything of a token.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from tandem.people.callers import Caller, Role
from tandem.people.person import Person, local_person, scope_of_both

TOKEN_PREFIX = "tdm_"  # noqa: S105 - the prefix by which scanners for leaked secrets know a token

CredentialKind = Literal["key", "session", "login"]
RoleName = Literal["admin", "annotator", "viewer"]


class Credential(TypedDict):
    _id: str
    hash: str
    """SHA-256 (hex) of the token. A token is 256 random bits, so a fast hash is as good as a slow one."""
    kind: CredentialKind
    """`login` is good for one session and nothing else, `session` is what a browser's cookie holds."""
    name: str
    """Name of an API key; in a session or a login link, the person's name when it was made."""
    person_id: NotRequired[str]
    """Id of the credential's owner; see `person_id_of` for one that lacks it."""
    role: RoleName
    project_ids: list[str] | None
    """The projects it reaches; None: all."""
    created_at: datetime
    created_by_id: NotRequired[str]
    """Id of the person who made this API key or login link; absent from old ones and the operator's key."""
    expires_at: datetime | None
    revoked: bool
    parent_id: str | None
    """API key that a session or a login link was made from; it ends with that key."""
    parent_hash: NotRequired[str]
    """Hash of the API key that a session or a login link was made from. It ends when another key takes its `_id`."""
    relied_on: NotRequired[int]
    """Rises each time that another admin key is revoked because this one stays."""


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def person_id_of(credential: Credential) -> str:
    """Return whose credential it is. One that an older version made without a person is a person of its own."""
    return credential.get("person_id", credential["_id"])


def caller_of(credential: Credential, person: Person | None) -> Caller:
    """Return who calls with this credential. `person` is None for one whose person is not written down yet."""
    scope = credential["project_ids"]
    return Caller(
        key_id=credential["_id"],
        parent_id=credential["parent_id"],
        name=credential["name"] if person is None else person["name"],
        role=Role(credential["role"]),
        project_ids=None if scope is None else frozenset(scope),
        person_id=person_id_of(credential),
        root_hash=credential["hash"] if credential["kind"] == "key" else credential.get("parent_hash", ""),
    )


def has_ended(credential: Credential, *, now: datetime) -> str | None:
    """Return why a credential is no longer good, e.g. "was revoked"; None while it is."""
    if credential["revoked"]:
        return "was revoked"
    if credential["expires_at"] is not None and credential["expires_at"] <= now:
        return "has expired"
    return None


def is_behind(key: Credential | None, credential: Credential, *, now: datetime) -> bool:
    """Say whether `key`, found by the credential's `parent_id`, is the good key that it was made from."""
    if key is None or key["kind"] != "key" or has_ended(key, now=now):
        return False
    return credential.get("parent_hash") in (None, key["hash"])  # older credentials do not name it


def person_behind(person_id: str, credentials: Sequence[Credential]) -> Person:
    """Return the person that these credentials of an older version stand for.

    The name is that of the credential the id comes from, else of the oldest: a key "admin" and a login link "you" that
    was made of it for its owner's browser are the person "admin".
    """
    first = min(credentials, key=lambda one: (one["_id"] != person_id, one["kind"] != "key", one["created_at"]))
    scope: list[str] | None = []
    for credential in credentials:
        scope = scope_of_both(scope, credential["project_ids"])
    made = min(credential["created_at"] for credential in credentials)
    return {**local_person(first["name"], project_ids=scope, now=made), "_id": person_id}

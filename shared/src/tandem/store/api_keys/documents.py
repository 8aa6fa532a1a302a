"""The shape of a credential in MongoDB. The token itself is nowhere: only its hash is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NotRequired, TypedDict

COLLECTION = "api_keys"

CredentialKind = Literal["key", "session", "login"]
RoleName = Literal["admin", "annotator", "viewer"]


class ApiKeyDocument(TypedDict):
    _id: str
    hash: str
    """SHA-256 (hex) of the token. A token is 256 random bits, so a fast hash is as good as a slow one."""
    kind: CredentialKind
    """`login` is good for one session and nothing else, `session` is what a browser's cookie holds."""
    name: str
    """For people to read; two credentials may have the same. Stands in `decided_by` of verifications."""
    person_id: NotRequired[str]
    """Whose it is. Absent in an API key, which is a person of its own by its `_id`. A session opened with a key belongs
    to that key's person, one opened with a login link to the link's: a person of its own, or the one who made it."""
    role: RoleName
    project_ids: list[str] | None
    """The projects it reaches; None: all."""
    created_at: datetime
    expires_at: datetime | None
    revoked: bool
    parent_id: str | None
    """Of a session or a login link: the API key it was made from; it ends with that one."""
    parent_hash: NotRequired[str]
    """Of a session or a login link: the hash of that key. It ends when another key takes its `_id`."""
    relied_on: NotRequired[int]
    """Rises each time that another admin key is revoked because this one stays."""

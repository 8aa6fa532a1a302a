"""The shape of a credential in MongoDB. The token itself is nowhere: only its hash is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

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
    """Who it is; stands in `decided_by` of verifications."""
    role: RoleName
    project_ids: list[str] | None
    """The projects it reaches; None: all."""
    created_at: datetime
    expires_at: datetime | None
    revoked: bool
    parent_id: str | None
    """Of a session or a login link: the credential it was made from; it ends with that one."""

"""People, their credentials, and what a caller may do. Pure rules: no I/O library, no store."""

from tandem.people.authenticator import CSRF_HEADER, SAFE_METHODS, SESSION_COOKIE, Authenticator
from tandem.people.callers import Caller, NotAllowedError, NotAuthenticatedError, Role
from tandem.people.credentials import (
    TOKEN_PREFIX,
    Credential,
    CredentialKind,
    caller_of,
    has_ended,
    hash_token,
    is_behind,
    new_token,
    person_behind,
    person_id_of,
)
from tandem.people.person import (
    Person,
    PersonSource,
    local_person,
    name_only_id,
    name_only_person,
    reaches_no_more,
    scope_of_both,
)

__all__ = [
    "CSRF_HEADER",
    "SAFE_METHODS",
    "SESSION_COOKIE",
    "TOKEN_PREFIX",
    "Authenticator",
    "Caller",
    "Credential",
    "CredentialKind",
    "NotAllowedError",
    "NotAuthenticatedError",
    "Person",
    "PersonSource",
    "Role",
    "caller_of",
    "has_ended",
    "hash_token",
    "is_behind",
    "local_person",
    "name_only_id",
    "name_only_person",
    "new_token",
    "person_behind",
    "person_id_of",
    "reaches_no_more",
    "scope_of_both",
]

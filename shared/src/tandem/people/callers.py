"""The caller of a request, and what a role allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    """Reads."""
    ANNOTATOR = "annotator"
    """Reads and reviews."""
    ADMIN = "admin"
    """Everything in the projects of the scope; with a scope of all projects, also makes projects, people and keys."""

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
    """The person's name, for people to read. Two people may have the same: never compare it to find out who it is."""
    role: Role
    project_ids: frozenset[str] | None
    """None: all projects."""
    person_id: str
    """Id of the person, the same for each of their credentials. Documents store it."""
    root_hash: str = field(repr=False)
    """Hash of the API key that everything of this caller comes from."""

    @property
    def root_key_id(self) -> str:
        """Return the id of the API key that everything of this caller comes from; what is created now ends with that
        key."""
        return self.parent_id or self.key_id

    def is_person(self, person_id: str | None) -> bool:
        """Say whether a document's person is this caller. Older documents know none: theirs are nobody's."""
        return person_id is not None and person_id == self.person_id

    def reaches(self, project_id: str) -> bool:
        return self.project_ids is None or project_id in self.project_ids

    def require(self, role: Role) -> None:
        """Raise NotAllowedError unless the caller's role includes this one."""
        if not self.role.includes(role):
            raise NotAllowedError(f"This needs the role {role}; {self.name!r} has the role {self.role}.")

    def require_all_projects(self) -> None:
        """Raise NotAllowedError for a caller whose scope is a list of projects."""
        if self.project_ids is not None:
            raise NotAllowedError(f"This needs access to all projects; {self.name!r} reaches {len(self.project_ids)}.")

"""A person: a stable id with a display name. Credentials belong to people, and documents store their ids."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict
from uuid import uuid4

NAME_ONLY_PREFIX = "name-"


class PersonSource(StrEnum):
    """Source of a person. An identity provider is to become another one, with its issuer and subject."""

    LOCAL = "local"
    """Made here, by an admin."""
    NAME_ONLY = "name_only"
    """Known from documents of older versions, which held a name and no id. One such person may have been several;
    nobody gets a credential of theirs, so that nobody is taken for them."""


class Person(TypedDict):
    _id: str
    name: str
    """Name for people to read; may change, and two people may have the same."""
    source: str
    """A `PersonSource`."""
    project_ids: list[str] | None
    """All projects that any credential of theirs was ever made for; None: all. Admins of these projects may give out
    login links for the person. Roles are on the credentials; roles per project will stand here."""
    created_at: datetime
    disabled_at: datetime | None
    """Since when none of their credentials is good."""
    credentials_made: NotRequired[int]
    """Rises with each API key and login link, so that making one and disabling the person collide."""


def local_person(name: str, *, project_ids: Collection[str] | None, now: datetime) -> Person:
    """Return a new person of this name."""
    return _person(uuid4().hex, name, PersonSource.LOCAL, project_ids, now)


def name_only_id(name: str) -> str:
    """Return the id of the person who is known by this name alone: the same in every process."""
    return f"{NAME_ONLY_PREFIX}{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def name_only_person(name: str, *, now: datetime) -> Person:
    return _person(name_only_id(name), name, PersonSource.NAME_ONLY, None, now)


def scope_of_both(one: Collection[str] | None, other: Collection[str] | None) -> list[str] | None:
    """Return the projects of either scope; None: all."""
    return None if one is None or other is None else sorted({*one, *other})


def reaches_no_more(person: Person, scope: Collection[str] | None) -> bool:
    """Say whether nothing that the person could ever reach lies outside `scope`.

    Who gives out a login link for somebody could use it, and act as that person in their own projects.
    """
    if scope is None:
        return True
    return person["project_ids"] is not None and set(person["project_ids"]) <= set(scope)


def _person(
    person_id: str, name: str, source: PersonSource, project_ids: Collection[str] | None, now: datetime
) -> Person:
    return {
        "_id": person_id,
        "name": name,
        "source": source.value,
        "project_ids": None if project_ids is None else sorted(project_ids),
        "created_at": now,
        "disabled_at": None,
    }

"""Keys, login links and sessions on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from tandem.people import Role
from tandem_api.paging import Page
from tandem_api.views import Body, Name, View

Token = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
PersonId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ProjectIds = Annotated[list[str], Field(min_length=1, max_length=1000)]


class ApiKeyCreate(Body):
    name: Name = Field(description="What the key is called: who or what uses it.")
    person_id: PersonId | None = Field(
        default=None,
        description="Whose it is: the id of a person. Left out, a new person of the key's name is made, who is nobody "
        "else, even where somebody has that name.",
    )
    role: Role
    project_ids: ProjectIds | None = Field(default=None, description="The projects it reaches; null: all.")
    expires_at: AwareDatetime | None = None


class ApiKey(View):
    id: str
    name: str
    person_id: str = Field(description="Whose it is.")
    person: str = Field(description="The person's name.")
    role: Role
    project_ids: list[str] | None
    created_at: datetime
    expires_at: datetime | None


class NewApiKey(ApiKey):
    token: str = Field(description="Shown this once; only its hash is kept.")


class ApiKeyPage(Page[ApiKey]):
    pass


class LoginLinkCreate(Body):
    role: Role = Role.ANNOTATOR
    person_id: PersonId | None = Field(default=None, description="Who logs in with it: the id of a person.")
    name: Name | None = Field(
        default=None,
        description="Who logs in with it, by the name of a person who is made with the link. Where somebody is called "
        "so already, a 409 problem lists them: give person_id for one of them, or new_person. Without name, person_id "
        "and as_caller a new person of the caller's name is made. Beside as_caller it is ignored.",
    )
    new_person: bool = Field(default=False, description="Make another person of that name.")
    project_ids: ProjectIds | None = Field(default=None, description="Null: the caller's own.")
    as_caller: bool = Field(
        default=False,
        description="For a browser of the caller's own: what is reviewed there and with the caller's key has one "
        "history, and either may undo it.",
    )
    ttl_seconds: int = Field(default=3600, ge=10, le=7 * 24 * 3600)

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        if self.person_id is not None and (self.name is not None or self.new_person or self.as_caller):
            raise ValueError("give either person_id, or name with or without new_person, or as_caller")
        if self.as_caller and self.new_person:
            raise ValueError("give either new_person or as_caller")
        return self


class LoginLink(View):
    token: str = Field(description="Good for one session, once.")
    person_id: str = Field(description="Who logs in with it. Give it for further links of the same person.")
    name: str = Field(description="The person's name.")
    role: Role
    expires_at: datetime


class SessionCreate(Body):
    """A login with one of the two credentials."""

    login_token: Token | None = None
    api_key: Token | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.login_token is None) == (self.api_key is None):
            raise ValueError("give either login_token or api_key")
        return self


class Session(View):
    person_id: str
    name: str
    role: Role
    project_ids: list[str] | None

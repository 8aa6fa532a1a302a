"""Keys, login links and sessions on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from tandem.access import Role
from tandem_api.paging import Page
from tandem_api.views import Body, Name, View

Token = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
ProjectIds = Annotated[list[str], Field(min_length=1, max_length=1000)]


class ApiKeyCreate(Body):
    name: Name = Field(description="Who or what uses it; stands beside what is done with it.")
    role: Role
    project_ids: ProjectIds | None = Field(default=None, description="The projects it reaches; null: all.")
    expires_at: AwareDatetime | None = None


class ApiKey(View):
    id: str
    name: str
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
    name: Name | None = Field(default=None, description="Who logs in with it; the caller's name when left out.")
    project_ids: ProjectIds | None = Field(default=None, description="Null: the caller's own.")
    as_caller: bool = Field(
        default=False,
        description="For a browser of the caller's own: what is reviewed there and with the caller's key has one "
        "history, and either may undo it. Otherwise whoever logs in with the link is a person of their own.",
    )
    ttl_seconds: int = Field(default=3600, ge=10, le=7 * 24 * 3600)


class LoginLink(View):
    token: str = Field(description="Good for one session, once.")
    name: str
    role: Role
    expires_at: datetime


class SessionCreate(Body):
    """One of the two."""

    login_token: Token | None = None
    api_key: Token | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.login_token is None) == (self.api_key is None):
            raise ValueError("give either login_token or api_key")
        return self


class Session(View):
    name: str
    role: Role
    project_ids: list[str] | None

"""People and their credentials, as the API returns them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from tandem_client.tasks import ApiModel


class Person(ApiModel):
    """Somebody to whom API keys, login links and sessions belong. Two people may have the same name."""

    id: str
    name: str
    source: str = "local"
    """`name_only`: known from documents of older versions, which held a name and no id."""
    created_at: datetime
    disabled_at: datetime | None = None


class Session(ApiModel):
    """Whom a connection speaks for; `project_ids` is None where it reaches all projects."""

    person_id: str
    name: str
    role: str
    project_ids: tuple[str, ...] | None = None


class ApiKey(ApiModel):
    """An API key that is good. `name` is the key's own, `person` the name of the person it belongs to."""

    id: str
    name: str
    person_id: str | None = None
    person: str | None = None
    role: str
    project_ids: tuple[str, ...] | None = None
    created_at: datetime
    expires_at: datetime | None = None


class NewApiKey(ApiKey):
    """An API key with its token, which the server shows this once."""

    token: str


class LoginLink(ApiModel):
    """A one-time token with which a person opens a session on the review page."""

    token: str
    person_id: str | None = None
    """Id of the person who logs in with it; None from a server that knows no people yet."""
    name: str = ""
    expires_at: datetime

    def address(self, page: str) -> str:
        """Return the address at which a person opens it, given that of the review page."""
        return f"{page.rstrip('/')}/login?token={quote(self.token, safe='')}"

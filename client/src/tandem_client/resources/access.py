"""Access: API keys and login links of people."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from tandem_client.models import Provider
from tandem_client.paging import pages
from tandem_client.people import ApiKey, LoginLink, NewApiKey, Session
from tandem_client.transport import Transport

Role = Literal["admin", "annotator", "viewer"]


class Access:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def login_link(
        self,
        *,
        name: str | None = None,
        person_id: str | None = None,
        role: Role = "annotator",
        ttl_seconds: int = 3600,
        as_caller: bool = False,
        new_person: bool = False,
    ) -> LoginLink:
        """Make a one-time token that opens a session with this role on the review page. Needs the role admin.

        Whose history and undo it has: those of the person with `person_id`; with `as_caller`, of the person of this
        client's key; else of a new person called `name`. Where somebody is called so already, this raises TandemError
        of type name-of-somebody, unless `new_person` says that it is somebody else.
        """
        body: dict[str, Any] = {"role": role, "ttl_seconds": ttl_seconds}
        named = {"name": name, "person_id": person_id}
        body |= {field: value for field, value in named.items() if value is not None}
        body |= {"as_caller": True} if as_caller else {}
        body |= {"new_person": True} if new_person else {}
        return LoginLink.model_validate(self._http.post("/login-links", body))

    def who_am_i(self) -> Session:
        """Return whom the connection's key belongs to, with its role and the projects that it reaches."""
        return Session.model_validate(self._http.get("/sessions/current"))

    def create_key(
        self,
        name: str,
        *,
        role: Role,
        person_id: str | None = None,
        project_ids: list[str] | None = None,
        expires_at: datetime | None = None,
    ) -> NewApiKey:
        """Make an API key of the person with `person_id`, or of a new person of the key's name.

        It reaches `project_ids`, or all projects. Needs the role admin and access to all projects.
        """
        body: dict[str, Any] = {"name": name, "role": role, "project_ids": project_ids}
        body |= {} if person_id is None else {"person_id": person_id}
        body |= {} if expires_at is None else {"expires_at": expires_at.isoformat()}
        return NewApiKey.model_validate(self._http.post("/api-keys", body))

    def keys(self) -> list[ApiKey]:
        """Return the API keys that are good, newest first."""
        return [ApiKey.model_validate(item) for item in pages(self._http, "/api-keys")]

    def revoke_key(self, key_id: str) -> None:
        """Revoke an API key, and end the sessions and login links made with it."""
        self._http.delete(f"/api-keys/{key_id}")

    def providers(self) -> list[Provider]:
        """List the model providers that the operators configured."""
        body = self._http.get("/providers")
        return [Provider.model_validate(item) for item in body["items"]]

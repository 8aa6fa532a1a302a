"""Who may do what: login links for people."""

from __future__ import annotations

from typing import Literal

from tandem_client.models import LoginLink, Provider
from tandem_client.transport import Transport


class Access:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def login_link(
        self,
        *,
        name: str,
        role: Literal["admin", "annotator", "viewer"] = "annotator",
        ttl_seconds: int = 3600,
        as_caller: bool = False,
    ) -> LoginLink:
        """Make a one-time token that opens a session with this role on the review page. Needs the role admin.

        Whoever logs in with it is a person of their own, with their own history and undo; with `as_caller` it is the
        person of this client's key.
        """
        body = {"role": role, "name": name, "ttl_seconds": ttl_seconds} | ({"as_caller": True} if as_caller else {})
        return LoginLink.model_validate(self._http.post("/login-links", body))

    def providers(self) -> list[Provider]:
        """The model providers that the operators configured."""
        body = self._http.get("/providers")
        return [Provider.model_validate(item) for item in body["items"]]

"""People: to whom API keys, login links and sessions belong."""


# Written by `make async-client` from resources/people.py: change that one.

from __future__ import annotations

from tandem_client.aio.paging import pages
from tandem_client.aio.transport import Transport
from tandem_client.people import Person


class People:
    """Needs the role admin and access to all projects."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def list(self, *, names_only: bool = False) -> list[Person]:
        """Return people by name; with `names_only`, only those whom older versions kept as a name without an id."""
        more = {"names_only": True} if names_only else {}
        return [Person.model_validate(item) async for item in pages(self._http, "/people", **more)]

    async def create(self, name: str) -> Person:
        """Make a person, who is nobody else, even where somebody has that name."""
        return Person.model_validate(await self._http.post("/people", {"name": name}))

    async def get(self, person_id: str) -> Person:
        return Person.model_validate(await self._http.get(f"/people/{person_id}"))

    async def rename(self, person_id: str, name: str) -> Person:
        """Change the name that is shown, beside what the person did before too."""
        return Person.model_validate(await self._http.patch(f"/people/{person_id}", {"name": name}))

    async def disable(self, person_id: str) -> Person:
        """End the person's API keys, login links and sessions at once; what they did stays.

        Raises TandemError of type last-admin-key when nobody else could make keys.
        """
        return Person.model_validate(await self._http.post(f"/people/{person_id}/disable", {}))

    async def enable(self, person_id: str) -> Person:
        """Let a disabled person be given API keys and login links again."""
        return Person.model_validate(await self._http.post(f"/people/{person_id}/enable", {}))

"""Deletions: what would go is said first; what went is kept for audit."""


# Written by `make async-client` from resources/deletions.py: change that one.

from __future__ import annotations

from typing import Any

from tandem_client.aio.transport import Transport
from tandem_client.models import Deletion
from tandem_client.resources.deletions import Kind


class Deletions:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def plan(self, kind: Kind, id: str, *, dataset_id: str | None = None) -> Deletion:  # noqa: A002 - the API's own name
        """Return what would go; nothing is deleted. A record's `id` is its own, within `dataset_id`."""
        return await self._order(kind, id, dataset_id, None)

    async def carry_out(self, kind: Kind, id: str, *, confirm: str, dataset_id: str | None = None) -> Deletion:  # noqa: A002 - the API's name
        """Delete the thing and all that belongs to it, for good. `confirm`: what the plan says, the thing's name.

        Where `done` is False the server goes on with it; `list` shows when it is done.
        """
        return await self._order(kind, id, dataset_id, confirm)

    async def list(self) -> list[Deletion]:
        """Return what was deleted, newest first."""
        return [Deletion.model_validate(item) for item in (await self._http.get("/deletions"))["items"]]

    async def _order(self, kind: Kind, id: str, dataset_id: str | None, confirm: str | None) -> Deletion:  # noqa: A002 - the API's name
        body: dict[str, Any] = {"kind": kind, "id": id, "dataset_id": dataset_id, "confirm": confirm}
        given = {name: value for name, value in body.items() if value is not None}
        return Deletion.model_validate(await self._http.ask("/deletions", given))

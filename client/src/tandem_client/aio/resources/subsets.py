"""Subsets: saved, named, frozen selections of a data set."""


# Written by `make async-client` from resources/subsets.py: change that one.

from __future__ import annotations

from datetime import datetime
from typing import Any

from tandem_client.aio.binding import Bound
from tandem_client.aio.objects.choosing import Choice
from tandem_client.aio.paging import pages
from tandem_client.aio.transport import Transport
from tandem_client.resources.subsets import Definition


class Subset(Choice, Bound):
    """A subset with its size; `definition` is what it was made from, and is not evaluated again."""

    id: str
    project_id: str
    dataset_id: str
    name: str
    size: int
    definition: dict[str, Any]
    created_at: datetime
    created_by: str

    def definition_of(self) -> dict[str, Any]:
        """Return the subset as a part of a definition."""
        return {"kind": "subset", "subset_id": self.id}

    def as_text(self) -> str:
        """Return the subset's name in quotes."""
        return f"{self.name!r}"

    def _saving(self) -> Subsets:
        return self.tandem.subsets


class Subsets:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def create(self, dataset_id: str, *, name: str, definition: Definition) -> Subset:
        """Save the records that the definition selects now."""
        body = {"name": name, "definition": dict(definition)}
        return Subset.model_validate(await self._http.post(f"/datasets/{dataset_id}/subsets", body))

    async def count(self, dataset_id: str, definition: Definition) -> int:
        """Count the records that the definition selects now. Nothing is saved."""
        found = await self._http.post(f"/datasets/{dataset_id}/subsets/count", {"definition": dict(definition)})
        return int(found["records"])

    async def list(self, dataset_id: str) -> list[Subset]:
        """List the data set's subsets by name."""
        return [Subset.model_validate(item) async for item in pages(self._http, f"/datasets/{dataset_id}/subsets")]

    async def find(self, dataset_id: str, name: str) -> Subset | None:
        """Find the data set's subset of this name or id, or None."""
        return next((subset for subset in await self.list(dataset_id) if name in (subset.name, subset.id)), None)

    async def get(self, subset_id: str) -> Subset:
        return Subset.model_validate(await self._http.get(f"/subsets/{subset_id}"))

    async def delete(self, subset_id: str) -> None:
        """Delete the subset. Jobs that ran over it keep their records."""
        await self._http.delete(f"/subsets/{subset_id}")

"""Names that differ by case alone."""

from __future__ import annotations

from typing import Any

from tandem.store.database import Collection, Document, store_errors

_ANY_CASE = {"locale": "en", "strength": 2}


async def in_other_case(collection: Collection, query: Document, name: str) -> str | None:
    """Return a name that the documents of the query have and that differs from this one by case alone, or None. Raises
    StoreUnavailableError."""
    wanted: Document = {**query, "name": {"$eq": name}}
    async with store_errors():
        found: list[Any] = await collection.find(wanted, {"name": 1}).collation(_ANY_CASE).limit(20).to_list(20)
    names = [str(each["name"]) for each in found]
    return None if name in names else next(iter(names), None)

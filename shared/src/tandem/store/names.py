"""Names that differ by case alone."""

from __future__ import annotations

from tandem.store.database import Collection, Document, store_errors


async def in_other_case(collection: Collection, query: Document, name: str) -> str | None:
    """Return a name that the documents of the query have and that differs from this one by case alone, or None; None
    where this name itself is there. Raises StoreUnavailableError.

    The names are read from an index whose prefix is the query, then the name.
    """
    async with store_errors():
        names = [str(each) for each in await collection.distinct("name", query)]
    if name in names:
        return None
    return next((each for each in sorted(names) if each.casefold() == name.casefold()), None)

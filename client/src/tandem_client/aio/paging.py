"""Lists that come in pages: follow the cursor until there is none."""


# Written by `make async-client` from paging.py: change that one.

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from tandem_client.aio.transport import Transport


async def pages(transport: Transport, path: str, **params: Any) -> AsyncIterator[Any]:
    """Iterate over every item of a list, page by page, fetched as the iterator advances."""
    after: Any = None
    while True:
        page = await transport.get(path, after=after, **params)
        for each in page["items"]:
            yield each
        after = page.get("next")
        if after is None:
            return

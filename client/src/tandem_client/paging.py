"""Lists that come in pages: follow the cursor until there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tandem_client.transport import Transport


def pages(transport: Transport, path: str, **params: Any) -> Iterator[Any]:
    """Iterate over every item of a list, page by page, fetched as the iterator advances."""
    after: Any = None
    while True:
        page = transport.get(path, after=after, **params)
        yield from page["items"]
        after = page.get("next")
        if after is None:
            return

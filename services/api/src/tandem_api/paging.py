"""Lists come in pages: `items`, and `next` to be sent back as `after`; no `next`, no more pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from tandem.web import Problem

T = TypeVar("T")
D = TypeVar("D")

Limit = Annotated[int, Query(ge=1, le=1000, description="Items a page.")]
After = Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")]
AfterSeq = Annotated[
    int, Query(ge=-1, le=2**53, description="`next` of the page before: the seq after which this page begins.")
]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(default=None, description="Send it as `after` for the next page; null on the last.")


def cut(found: Sequence[D], limit: int, position: Callable[[D], Sequence[Any]]) -> tuple[Sequence[D], str | None]:
    """Cut a page from the `limit` + 1 documents that were queried; return it and the cursor of the next page, if there
    is one."""
    if len(found) <= limit:
        return found, None
    return found[:limit], encode_cursor(*position(found[limit - 1]))


def encode_cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> list[Any]:
    """Return the parts of a cursor. Raises a Problem when it was not issued by this API."""
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(parts) == len(types) and all(type(part) is wanted for part, wanted in zip(parts, types, strict=True)):
            return list(parts)
    except (ValueError, TypeError):
        pass
    raise Problem(
        422,
        "invalid-cursor",
        "`after` is not the `next` of an earlier page.",
        field="after",
        cure="Begin again without.",
    )

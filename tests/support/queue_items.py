"""One item of the review queue at a time."""

from __future__ import annotations

from typing import Any

from tandem.store.review_items.documents import ReviewItem
from tandem.store.review_items.writer import AfterOpinion, Reviewer, ReviewItemWriter


async def claim_next(writer: ReviewItemWriter, job_id: str, reviewer: Reviewer, **options: Any) -> ReviewItem | None:
    """Reserve the next free item; None when none is free. `options` are those of `ReviewItemWriter.claim`."""
    found = await writer.claim(job_id, reviewer, limit=1, **options)
    return found[0] if found else None


async def take_opinion(writer: ReviewItemWriter, item: ReviewItem, after: AfterOpinion) -> ReviewItem:
    """Bring an item to what holds after an opinion, and return it. Raises ItemMovedOnError."""
    return (await writer.take_opinions([(item, after)], seconds=60))[item.item_id]

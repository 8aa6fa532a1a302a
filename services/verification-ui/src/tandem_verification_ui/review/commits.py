"""Write opinions with what becomes of their review items: those of many people in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tandem.store.batching import Batcher
from tandem.store.database import Database, StoreConflictError
from tandem.store.opinions.documents import OpinionDocument
from tandem.store.opinions.writer import OpinionWriter, RevisionTakenError
from tandem.store.review_items.documents import ReviewItem
from tandem.store.review_items.writer import AfterOpinion, ItemMovedOnError, ReviewItemWriter


@dataclass(frozen=True, slots=True)
class Change:
    """An opinion, and its review item with the state that follows, where the record has an item."""

    opinion: OpinionDocument
    item: tuple[ReviewItem, AfterOpinion] | None


class OpinionCommits:
    """Commits opinions. Those that arrive while others are being committed go together in the next transaction.

    Each opinion stands or falls for itself: when one of a transaction is refused, the transaction is undone and written
    again in halves.
    """

    def __init__(
        self, *, database: Database, queue: ReviewItemWriter, writer: OpinionWriter, reservation_seconds: float
    ) -> None:
        self._database = database
        self._queue = queue
        self._writer = writer
        self._seconds = reservation_seconds
        self._batches: Batcher[Change, ReviewItem | None] = Batcher(self._commit_each)

    async def commit(self, change: Change) -> ReviewItem | None:
        """Write one opinion and return its item as it is then.

        Raises StoreConflictError when the record or its item changed since they were read, and StoreUnavailableError
        when MongoDB is away; after the latter the opinion may be written or not.
        """
        return await self._batches(change)

    async def _commit_each(self, changes: Sequence[Change]) -> list[ReviewItem | Exception | None]:
        try:
            return list(await self._commit(changes))
        except StoreConflictError as error:
            if len(changes) == 1:
                return [error]
        half = len(changes) // 2
        return [*await self._commit_each(changes[:half]), *await self._commit_each(changes[half:])]

    async def _commit(self, changes: Sequence[Change]) -> list[ReviewItem | None]:
        items = [change.item for change in changes if change.item is not None]
        try:
            async with self._database.transaction() as session:
                changed = await self._queue.take_opinions(items, seconds=self._seconds, session=session)
                await self._writer.append([change.opinion for change in changes], session=session)
        except (ItemMovedOnError, RevisionTakenError) as error:
            raise StoreConflictError(f"the record {error} changed meanwhile") from error
        return [None if change.item is None else changed[change.item[0].item_id] for change in changes]

"""Following of people's reads: the blocks of a job in which anything was said since the last look are read again."""

from __future__ import annotations

from tandem.quality.certificates.leading import Leader
from tandem.store.certificates.documents import CertificateDocument
from tandem.store.opinions.reader import OpinionReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.certifying.reads import SKIPS, last_revision, reads_of

BLOCK = 1000


class Following:
    """A certificate that is being led, in the memory of the dispatcher that holds it.

    Everything here follows from the database: another holder builds it anew and goes on alike.
    """

    def __init__(self, leader: Leader, key: bytes, *, opinions: OpinionReader, items: ReviewItemReader) -> None:
        self.leader = leader
        self.revisions: dict[int, int] = {}
        self.skipped: list[int] = []
        self._key = key
        self._opinions = opinions
        self._items = items
        self._counts: dict[int, int] = {}

    async def take_reads(self, certificate: CertificateDocument) -> bool:
        """Tell the leader what was read since; return whether anything was. Raises StoreUnavailableError, after which
        it is told again."""
        job_id = certificate["job_id"]
        counts = await self._opinions.count_blocks(job_id, BLOCK)
        skipped = await self._items.skipped(job_id, certificate["_id"], SKIPS)
        changed = {block for block, count in counts.items() if self._counts.get(block) != count}
        changed |= {seq // BLOCK for seq in {*skipped} ^ {*self.skipped}}
        for block in sorted(changed):
            await self._take_block(job_id, block, frozenset(skipped))
        self._counts, self.skipped = counts, skipped
        return bool(changed)

    async def _take_block(self, job_id: str, block: int, skipped: frozenset[int]) -> None:
        first, below = block * BLOCK, (block + 1) * BLOCK
        given = {each[0].seq: each async for each in self._opinions.stream_records(job_id, first, below)}
        unread = {seq for seq in (*skipped, *self.skipped) if first <= seq < below} - given.keys()
        for seq, opinions in given.items():
            self.leader.take(seq, reads_of(opinions, self._key, skipped=seq in skipped))
            self.revisions[seq] = last_revision(opinions)
        for seq in unread:
            self.leader.take(seq, reads_of((), self._key, skipped=seq in skipped))

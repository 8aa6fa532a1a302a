"""Reads the records of a block with all that opinions on them depend on, in a few queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tandem.jobs import Block as SeqBlock
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.store.annotations.documents import annotation_id
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.bulk_acts.documents import BulkActDocument
from tandem.store.opinions.reader import OpinionReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_verification_ui.bulk.deciding import Decided, Skip, decide, undo
from tandem_verification_ui.opinions.opened import OpenedSubject
from tandem_verification_ui.review.jobs import ReviewJob
from tandem_verification_ui.review.shown import ShownItems


@dataclass(frozen=True, slots=True)
class OpenedBlock:
    opened: Mapping[int, OpenedSubject]
    """By seq; records that were not run are missing."""
    fields: Mapping[int, Mapping[str, str]]
    blind: frozenset[int]
    reserved: frozenset[str]

    def decide(self, act: BulkActDocument, caller: Caller, seq: int) -> Decided:
        """Return what the act says of the record."""
        opened = self.opened.get(seq)
        if opened is None:
            return Skip.NOT_RUN
        return decide(
            act,
            caller,
            opened,
            fields=self.fields.get(seq, {}),
            blind=seq in self.blind,
            reserved=annotation_id(opened.job.job_id, seq) in self.reserved,
        )

    def undo(self, act: BulkActDocument, caller: Caller, seq: int) -> Decided:
        """Return what takes back the act's opinion on the record."""
        opened = self.opened.get(seq)
        return Skip.NOT_RUN if opened is None else undo(act, caller, opened)


def seqs_of(block: SeqBlock) -> list[int]:
    return list(range(block.from_seq, block.below_seq)) if block.seqs is None else list(block.seqs)


class BlockReader:
    """Reader of blocks. Raises StoreUnavailableError."""

    def __init__(
        self, *, annotations: AnnotationReader, items: ReviewItemReader, opinions: OpinionReader, shown: ShownItems
    ) -> None:
        self._annotations = annotations
        self._items = items
        self._opinions = opinions
        self._shown = shown

    async def read(self, job: ReviewJob, caller: Caller, seqs: Sequence[int]) -> OpenedBlock:
        """Return the block. What is blind is read last: what became blind meanwhile is left alone then."""
        ids = [annotation_id(job.job_id, seq) for seq in seqs]
        annotations = await self._annotations.get_many(ids)
        items = await self._items.get_many(ids)
        history = await self._opinions.by_record(job.job_id, seqs)
        in_record = any(task.traits.lies_in_record for task in job.schema.tasks)
        fields = await self._shown.fields(job, seqs) if in_record else {}
        reserved = await self._items.reserved_by_others(ids, caller.person_id)
        sealed = await self._shown.sealed(job.dataset_id, seqs)
        blind = await self._items.blind_for(caller.person_id, job.dataset_id, Selection.of(seqs))
        opened = {
            each["seq"]: OpenedSubject(
                job, each, items.get(each["_id"]), history.get(each["seq"], []), each["seq"] in sealed
            )
            for each in annotations.values()
        }
        return OpenedBlock(opened, fields, frozenset(blind), frozenset(reserved))

"""Ended records of a job: reads them, sums their totals, and checks the sums at the end."""

from __future__ import annotations

from dataclasses import replace

from tandem.events import Outcome
from tandem.jobs import Pass, Selection
from tandem.observability.logs import get_logger
from tandem.pricing import add_up
from tandem.store.jobs.documents import JobDocument, selected
from tandem_api.dispatch.adapters import DispatchAdapters
from tandem_api.dispatch.budget import JobBudget
from tandem_api.dispatch.outstanding import Outstanding
from tandem_api.dispatch.walk import Walk

STRETCH = 100_000
"""Selected seqs searched at once for records that have no annotation."""

log = get_logger(__name__)


async def adopted(document: JobDocument, run: Pass, parts: DispatchAdapters, due: float) -> Walk:
    """Return the walk of the pass that continues where the document says. Requests of the present epoch count as
    outstanding until `due`, except those that the holder before could not publish. Raises StoreUnavailableError."""
    walk = Walk.of(document)
    if walk.low >= walk.cursor:
        return walk
    dispatch = document["dispatch"]
    asks = {int(seq): number for seq, number in dispatch["asks"].items()}
    stretch = run.selection.between(walk.low, walk.cursor)
    walked = await parts.records.seqs(document["dataset_id"], stretch)
    ended = set(await parts.annotations.ended(document["_id"], stretch, attempt=run.attempt))
    unpublished = set(dispatch["unpublished"])
    open_seqs = [seq for seq in walked if seq not in ended]
    outstanding = Outstanding().asked({seq: asks.get(seq, 1) for seq in open_seqs})
    published = [seq for seq in open_seqs if seq not in unpublished]
    return replace(walk, outstanding=outstanding.published(published, due=due))


async def settled(
    walk: Walk, run: Pass, job_id: str, parts: DispatchAdapters, budget: JobBudget | None, *, of_last: int = 0
) -> tuple[Walk, int]:
    """Return the walk without the records that have ended, and their number. Raises StoreUnavailableError.

    `of_last`: how many of the records that ended last a failure stop looks at; 0 without one.
    """
    if walk.is_still and walk.reserve is None:
        return walk, 0
    ended: dict[int, str] = {}
    if walk.outstanding:
        ended = await parts.annotations.ended_among(job_id, walk.outstanding.seqs, attempt=run.attempt)
    outstanding = walk.outstanding.without(ended)
    low = walk.cursor if outstanding.lowest is None else outstanding.lowest
    totals, spend, reserve = walk.totals, walk.spend, walk.reserve
    if low > walk.low:
        # No record but those of the pass has an annotation of its attempt, so the whole stretch may be counted.
        stretch = Selection.range(walk.low, low)
        totals += await parts.annotations.count_by_outcome(job_id, stretch, attempt=run.attempt)
        if run.is_first:
            spend = add_up((*spend, *await parts.budgets.spending.first_answers(job_id, stretch)))
    low = max(low, walk.low)
    if budget is not None and reserve is not None:
        if not run.is_first and not run.all_had_ended:
            spend = await parts.budgets.spending.first_answers(job_id)
        reserve = await budget.ended(reserve, ended, low=low, below=spend)
    recent = walk.recent.after((outcome == Outcome.LABELED for outcome in ended.values()), most=of_last)
    moved = walk.settled(outstanding, low=low, totals=totals, spend=spend, reserve=reserve, recent=recent)
    return moved, len(ended)


async def completed(walk: Walk, run: Pass, document: JobDocument, parts: DispatchAdapters) -> Walk | None:
    """Return a walk whose totals count the annotations of the whole job; None if some records of the pass have none of
    its attempt. Raises StoreUnavailableError.

    The running totals are sums over stretches, each counted once. Whatever went wrong with one of them, also in an
    older version, ends here.
    """
    job_id, whole = document["_id"], selected(document)
    counts = await parts.annotations.count_by_outcome(job_id, _stretch(run), attempt=run.attempt)
    if counts.ended < run.size and await _first_open(document, run, parts) is not None:
        return None
    spend = walk.spend
    if counts != walk.totals:
        log.error("dispatch.totals_corrected", job_id=job_id, kept=walk.totals.ended, counted=counts.ended)
    if counts != walk.totals or not run.is_first:
        spend = await parts.budgets.spending.first_answers(job_id)
    if counts.ended != run.size:
        log.error("dispatch.counts_do_not_add_up", job_id=job_id, size=run.size, ended=counts.ended)
    totals = counts if run.is_first else await parts.annotations.count_by_outcome(job_id)
    end = whole.below_seq
    return replace(walk.with_reserve(None), low=end, cursor=end, totals=totals, spend=spend)


async def reopened(walk: Walk, run: Pass, document: JobDocument, parts: DispatchAdapters) -> Walk:
    """Return the walk with the records outstanding that were passed over, for whatever cause: those of the first
    stretch that has any. Raises StoreUnavailableError."""
    found = await _first_open(document, run, parts)
    if found is None:
        return walk
    job_id, low = document["_id"], found[0]
    log.error("dispatch.records_passed_over", job_id=job_id, count=len(found), first=low)
    before = Selection.range(0, low)
    spend = await parts.budgets.spending.first_answers(job_id, before) if run.is_first else walk.spend
    return replace(
        walk,
        low=low,
        outstanding=walk.outstanding.asked(dict.fromkeys(found, 1)),
        totals=await parts.annotations.count_by_outcome(job_id, before, attempt=run.attempt),
        spend=spend,
        reserve=None,
        unsaved=True,
    )


async def _first_open(document: JobDocument, run: Pass, parts: DispatchAdapters) -> list[int] | None:
    """Return the seqs without an annotation of the pass in its first stretch that has any."""
    for block in run.selection.blocks(STRETCH):
        stretch = run.selection.between(block.from_seq, block.below_seq)
        seqs = await parts.records.seqs(document["dataset_id"], stretch)
        ended = set(await parts.annotations.ended(document["_id"], stretch, attempt=run.attempt))
        if missing := [seq for seq in seqs if seq not in ended]:
            return missing
    return None


def _stretch(run: Pass) -> Selection:
    """Return the range that the pass lies in."""
    return Selection.range(run.selection.from_seq, run.selection.below_seq)

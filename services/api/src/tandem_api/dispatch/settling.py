"""Ended records of a job: reads them, sums their totals, and checks the sums at the end."""

from __future__ import annotations

from dataclasses import replace

from tandem.observability.logs import get_logger
from tandem.pricing import add_up
from tandem.store.jobs.documents import JobDocument
from tandem_api.dispatch.budget import JobBudget
from tandem_api.dispatch.outstanding import Outstanding
from tandem_api.dispatch.parts import Parts
from tandem_api.dispatch.walk import Walk

STRETCH = 100_000
"""Seqs searched at once for records that have no annotation."""

log = get_logger(__name__)


async def adopted(document: JobDocument, parts: Parts, due: float) -> Walk:
    """Return the walk that continues where the document says. Requests of the present epoch count as outstanding until
    `due`, except those that the holder before could not publish. Raises StoreUnavailableError."""
    walk = Walk.of(document)
    if walk.low >= walk.cursor:
        return walk
    dispatch = document["dispatch"]
    asks = {int(seq): number for seq, number in dispatch["asks"].items()}
    walked = await parts.records.seqs(document["dataset_id"], walk.low, walk.cursor)
    ended = set(await parts.annotations.ended(document["_id"], walk.low, walk.cursor))
    unpublished = set(dispatch.get("unpublished", ()))
    open_seqs = [seq for seq in walked if seq not in ended]
    outstanding = Outstanding().asked({seq: asks.get(seq, 1) for seq in open_seqs})
    published = [seq for seq in open_seqs if seq not in unpublished]
    return replace(walk, outstanding=outstanding.published(published, due=due))


async def settled(walk: Walk, job_id: str, parts: Parts, budget: JobBudget | None) -> tuple[Walk, int]:
    """Return the walk without the records that have ended, and their number. Raises StoreUnavailableError."""
    if walk.is_still and walk.reserve is None:
        return walk, 0
    ended = await parts.annotations.ended_among(job_id, walk.outstanding.seqs) if walk.outstanding else set()
    outstanding = walk.outstanding.without(ended)
    low = walk.cursor if outstanding.lowest is None else outstanding.lowest
    totals, spend, reserve = walk.totals, walk.spend, walk.reserve
    if low > walk.low:
        totals += await parts.annotations.count_by_outcome(job_id, walk.low, low)
        spend = add_up((*spend, *await parts.budgets.spending.first_answers(job_id, walk.low, low)))
    low = max(low, walk.low)
    if budget is not None and reserve is not None:
        reserve = await budget.ended(reserve, ended, low=low, below=spend)
    return walk.settled(outstanding, low=low, totals=totals, spend=spend, reserve=reserve), len(ended)


async def completed(walk: Walk, document: JobDocument, parts: Parts) -> Walk | None:
    """Return a walk whose totals are counted from the annotations of the whole selection; None if some of its records
    have none. Raises StoreUnavailableError.

    The running totals are sums over stretches, each counted once. Whatever went wrong with one of them, also in an
    older version, ends here.
    """
    job_id, selection = document["_id"], document["selection"]
    from_seq, below_seq = selection["from_seq"], selection["below_seq"]
    counts = await parts.annotations.count_by_outcome(job_id, from_seq, below_seq)
    if counts.ended < selection["size"] and await _first_open(document, parts) is not None:
        return None
    spend = walk.spend
    if counts != walk.totals:
        log.error("dispatch.totals_corrected", job_id=job_id, kept=walk.totals.ended, counted=counts.ended)
        spend = await parts.budgets.spending.first_answers(job_id, from_seq, below_seq)
    if counts.ended != selection["size"]:
        log.error("dispatch.counts_do_not_add_up", job_id=job_id, size=selection["size"], ended=counts.ended)
    return replace(walk.with_reserve(None), low=below_seq, cursor=below_seq, totals=counts, spend=spend)


async def reopened(walk: Walk, document: JobDocument, parts: Parts) -> Walk:
    """Return the walk with the records outstanding that were passed over, for whatever cause: those of the first
    stretch that has any. Raises StoreUnavailableError."""
    found = await _first_open(document, parts)
    if found is None:
        return walk
    job_id, from_seq = document["_id"], document["selection"]["from_seq"]
    low = found[0]
    log.error("dispatch.records_passed_over", job_id=job_id, count=len(found), first=low)
    return replace(
        walk,
        low=low,
        outstanding=walk.outstanding.asked(dict.fromkeys(found, 1)),
        totals=await parts.annotations.count_by_outcome(job_id, from_seq, low),
        spend=await parts.budgets.spending.first_answers(job_id, from_seq, low),
        reserve=None,
        unsaved=True,
    )


async def _first_open(document: JobDocument, parts: Parts) -> list[int] | None:
    """Return the seqs without an annotation in the first stretch of the selection that has any."""
    selection = document["selection"]
    for start in range(selection["from_seq"], selection["below_seq"], STRETCH):
        below = min(start + STRETCH, selection["below_seq"])
        seqs = await parts.records.seqs(document["dataset_id"], start, below)
        ended = set(await parts.annotations.ended(document["_id"], start, below))
        if missing := [seq for seq in seqs if seq not in ended]:
            return missing
    return None

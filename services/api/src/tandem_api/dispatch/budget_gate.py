"""Enforcement of the budget that a job's document names: starts the count, and checks whether the next record fits."""

from __future__ import annotations

from tandem.jobs import Selection
from tandem.store.jobs.documents import JobDocument
from tandem_api.dispatch.adapters import BATCH
from tandem_api.dispatch.asking import Asking
from tandem_api.dispatch.budget import JobBudget
from tandem_api.dispatch.request_events import Asked
from tandem_api.dispatch.reserve import Reserve
from tandem_api.dispatch.walk import Walk


async def counted(walk: Walk, selection: Selection, job: JobDocument, budget: JobBudget, asking: Asking) -> Walk:
    """Return the walk with a reserve that counts what is spent and reserves money for outstanding requests. Raises
    StoreUnavailableError."""
    parts = asking.parts
    dataset, outstanding = job["dataset_id"], walk.outstanding.seqs
    walked = await parts.records.seqs(dataset, selection.between(walk.low, walk.cursor))
    ended = set(walked) - set(outstanding)
    reserve = await budget.ended(budget.begun(walk.lingering_usd), ended, low=walk.low, below=walk.spend)
    for start in range(0, len(outstanding), BATCH):
        records = await parts.records.get_many(dataset, outstanding[start : start + BATCH])
        out = await asking.events(records, dict.fromkeys(records, 1), walk, job)
        reserve = budget.hold(reserve, await budget.bounded_all(out))
    return walk.with_reserve(reserve)


async def tried(
    walk: Walk, selection: Selection, job: JobDocument, budget: JobBudget, asking: Asking
) -> Reserve | None:
    """Return the reserve, tight if the request that is sent next would not fit; None where there is no budget to keep
    or no record to ask for. Raises StoreUnavailableError."""
    limit = job["budget_usd"]
    following = await _following(walk, selection, job, asking)
    if walk.reserve is None or limit is None or not following:
        return None
    return budget.tried(walk.reserve, await budget.bounded_all(following), limit_usd=limit)


async def _following(walk: Walk, selection: Selection, job: JobDocument, asking: Asking) -> list[Asked]:
    """Return the request that would be sent next, none or one."""
    dataset, parts = job["dataset_id"], asking.parts
    if (lowest := walk.outstanding.lowest) is not None:
        records = list((await parts.records.get_many(dataset, [lowest])).values())
    else:
        records = await parts.records.walk(dataset, selection, 1, start=walk.cursor)
    asks = {record["seq"]: 1 for record in records}
    return await asking.events({record["seq"]: record for record in records}, asks, walk, job)

"""Checks a job's safeguards against its walk: the canary, and the stop after too many records without a label."""

from __future__ import annotations

from tandem.jobs import Canary, FailureStop, Pass, Selection
from tandem.store.jobs.documents import JobDocument
from tandem_api.dispatch.adapters import DispatchAdapters


def failure_stop(document: JobDocument) -> FailureStop | None:
    """Return the job's failure stop; None where it has none."""
    part = document["failure_stop"]
    return None if part is None else FailureStop(**part)


def open_canary(document: JobDocument) -> Canary | None:
    """Return the canary that the pass has not passed yet; None where there is none."""
    part = document["canary"]
    return None if part is None or part["passed"] else Canary(**part)


async def objection_of_canary(canary: Canary, run: Pass, job_id: str, parts: DispatchAdapters) -> str | None:
    """Return why the pass does not go on beyond its canary, which has ended. Raises StoreUnavailableError."""
    stretch = Selection.range(run.selection.from_seq, max(canary.below_seq, run.selection.from_seq))
    counts = await parts.annotations.count_by_outcome(job_id, stretch, attempt=run.attempt)
    return canary.objection(ended=counts.ended, unlabeled=counts.invalid + counts.failed)

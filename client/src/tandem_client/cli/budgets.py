"""`tandem budget`: the dollars that a job may cost, and has cost."""

from __future__ import annotations

from tandem_client.cli.jobs import JobArgument, JobProject
from tandem_client.cli.session import connected, out, the_job
from tandem_client.models import Job


def budget(job: JobArgument, project: JobProject = None) -> None:
    """Show what a job has cost and what its budget leaves; `tandem job set JOB --budget USD` changes the budget."""
    with connected() as tandem:
        meant = the_job(tandem, job, project)
        cost = tandem.jobs.cost(meant.id).total.amount
    out.print(_sentence(meant, cost), markup=False, soft_wrap=True)


def _sentence(job: Job, cost: float | None) -> str:
    spent = "what it cost is not known: its model has no price" if cost is None else f"it cost ${cost:,.4f}"
    limit = job.budget_usd
    allowed = "no budget" if limit is None else f"a budget of ${limit:,.4f}"
    left = "" if limit is None or cost is None else f", ${max(0.0, limit - cost):,.4f} left"
    reason = f": {job.state_reason}" if job.state_reason else ""
    return f"{job.name} has {allowed}; {spent}{left}. It is {job.state}{reason}"

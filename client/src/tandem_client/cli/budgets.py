"""`tandem budget`: the dollars that a job may cost."""

from __future__ import annotations

from typing import Annotated

import typer

from tandem_client.cli.jobs import JobArgument, JobProject
from tandem_client.cli.session import connected, out, the_job
from tandem_client.models import Job


def budget(
    job: JobArgument,
    usd: Annotated[
        float | None, typer.Argument(min=0, help="The new budget, in US dollars; left out: show it.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Let the job cost what it costs.")] = False,
    project: JobProject = None,
) -> None:
    """Show what a job has cost, or set its budget; a job that waits for it goes on when the new one suffices."""
    if none and usd is not None:
        raise typer.BadParameter("give either an amount or --none")
    with connected() as tandem:
        changed = usd is not None or none
        meant = the_job(tandem, job, project, to_change=changed)
        if changed:
            meant = tandem.jobs.set_budget(meant.id, usd)
        cost = tandem.jobs.cost(meant.id).total.amount
    out.print(_sentence(meant, cost), markup=False, soft_wrap=True)


def _sentence(job: Job, cost: float | None) -> str:
    spent = "a price that is not known" if cost is None else f"${cost:,.4f}"
    limit = job.budget_usd
    budget_ = "no budget" if limit is None else f"a budget of ${limit:,.4f}"
    left = "" if limit is None or cost is None else f", ${max(0.0, limit - cost):,.4f} left"
    state = f"; {job.state}" + (f": {job.state_reason}" if job.state_reason else "")
    return f"{job.name} has {budget_}, has cost {spent}{left}{state}"

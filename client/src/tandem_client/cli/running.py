"""`tandem job go, set`: jobs that run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tandem_client.cli.jobs import JobArgument, JobProject
from tandem_client.cli.progress import plain_line
from tandem_client.cli.review_policy import Threshold, WithoutConfidence, review_policy
from tandem_client.cli.safeguards import StopAbove, failure_stop_body
from tandem_client.cli.session import connected, out, the_job

app = typer.Typer(help="Steer a job that runs.", no_args_is_help=True)
NONE = "none"
"""Value of an option that removes a setting."""


@app.command()
def go(job: JobArgument, project: JobProject = None) -> None:
    """Let a job go on that waits after its canary, or because too many records ended without a label."""
    with connected() as tandem:
        meant = the_job(tandem, job, project, to_change=True)
        out.print(plain_line(tandem.jobs.go(meant.id)), markup=False, soft_wrap=True)


@app.command("set")
def change(
    job: JobArgument,
    budget: Annotated[
        str | None, typer.Option(metavar="DOLLARS", help="The new budget in US dollars; `none` removes it.")
    ] = None,
    weight: Annotated[float | None, typer.Option(min=0, help="Share of the workers among running jobs.")] = None,
    rate: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="No more than so many records a minute; `none` removes it.")
    ] = None,
    stop_above: StopAbove = None,
    threshold: Threshold = None,
    without_confidence: WithoutConfidence = None,
    project: JobProject = None,
) -> None:
    """Change a job that has not ended: budget, weight, rate, failure stop, and what goes to people."""
    changes: dict[str, Any] = {}
    if budget is not None:
        changes["budget_usd"] = _amount(budget, hint="--budget")
    if weight is not None:
        changes["weight"] = weight
    if rate is not None:
        changes["records_per_minute"] = _amount(rate, hint="--rate")
    if stop_above is not None:
        changes["failure_stop"] = None if stop_above == NONE else failure_stop_body(stop_above)
    policy = review_policy(threshold, without_confidence)
    if not changes and policy is None:
        raise typer.BadParameter("give what is to change, e.g. --budget or --weight")
    with connected() as tandem:
        meant = the_job(tandem, job, project, to_change=True)
        changed = tandem.jobs.change(meant.id, **changes) if changes else meant
        if policy is not None:
            thresholds = policy.model_dump(mode="json", exclude_unset=True)
            tandem.campaigns.change(meant.id, f"{meant.id}-thresholds", parameters=thresholds)
    out.print(plain_line(changed), markup=False, soft_wrap=True)


def _amount(text: str, *, hint: str) -> float | None:
    """Read a positive number, or `none`. Raises typer.BadParameter."""
    if text == NONE:
        return None
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not amount > 0:
        raise typer.BadParameter(f"{text!r} is not a number above 0, or `none`", param_hint=hint)
    return amount

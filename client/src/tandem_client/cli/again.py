"""`tandem run-again`: records of a job that has ended, in a new pass."""

from __future__ import annotations

from typing import Annotated

import typer

from tandem_client.cli.checking import one_line
from tandem_client.cli.jobs import JobArgument, JobProject, follow
from tandem_client.cli.progress import plain_line
from tandem_client.cli.safeguards import CanaryOption, GoOnBelow, StopAbove, canary_body, failure_stop_body
from tandem_client.cli.session import connected, err, out, the_job
from tandem_client.cli.subsets import the_subset
from tandem_client.passes import PassCheck, RunOutcome


def run_again(
    job: JobArgument,
    failed: Annotated[bool, typer.Option("--failed", help="Records that failed.")] = False,
    invalid: Annotated[bool, typer.Option("--invalid", help="Records whose answer gave no label.")] = False,
    not_run: Annotated[bool, typer.Option("--not-run", help="Records left over when the job was cancelled.")] = False,
    labeled: Annotated[bool, typer.Option("--labeled", help="Records that have a label.")] = False,
    reason: Annotated[
        list[str] | None, typer.Option(help="Only records that are invalid or failed for this reason; repeatable.")
    ] = None,
    record: Annotated[list[str] | None, typer.Option(help="Only the record with this id of yours; repeatable.")] = None,
    subset: Annotated[str | None, typer.Option(help="Only records of this subset of the data set.")] = None,
    where: Annotated[str | None, typer.Option(help="Only records that match, e.g. 'confidence < 0.6'.")] = None,
    include_verified: Annotated[
        bool, typer.Option("--include-verified", help="Also records that people decided on; what they decided holds.")
    ] = False,
    budget: Annotated[float | None, typer.Option(min=0, help="In US dollars, for all passes together.")] = None,
    canary: CanaryOption = None,
    go_on_below: GoOnBelow = None,
    stop_above: StopAbove = None,
    check: Annotated[bool, typer.Option("--check", help="Count the records and estimate the price only.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start the pass and return at once.")] = False,
    project: JobProject = None,
) -> None:
    """Run records of a completed or cancelled job again. Earlier answers stay as history, people's decisions hold."""
    chosen: dict[RunOutcome, bool] = {"failed": failed, "invalid": invalid, "not_run": not_run, "labeled": labeled}
    outcomes = [outcome for outcome, wanted in chosen.items() if wanted]
    with connected() as tandem:
        meant = the_job(tandem, job, project, to_change=not check)
        subset_id = None if subset is None else the_subset(tandem, tandem.datasets.get(meant.dataset_id), subset).id
        found = tandem.jobs.check_run_again(
            meant.id,
            outcomes=outcomes,
            reasons=reason or (),
            record_ids=record or (),
            subset_id=subset_id,
            where=where,
            include_verified=include_verified,
            budget_usd=budget,
        )
        _show(found, to_stdout=check)
        if not found.ok or check:
            raise typer.Exit(0 if found.ok else 1)
        begun = tandem.jobs.run_again(
            meant.id,
            outcomes=outcomes,
            reasons=reason or (),
            record_ids=record or (),
            subset_id=subset_id,
            where=where,
            include_verified=include_verified,
            budget_usd=budget,
            canary=canary_body(canary, go_on_below),
            failure_stop=failure_stop_body(stop_above),
        )
        if not detach:
            begun = follow(tandem, begun)
    out.print(plain_line(begun), markup=False, soft_wrap=True)


def _show(found: PassCheck, *, to_stdout: bool) -> None:
    console = out if to_stdout else err
    for problem in found.problems:
        console.print(f"Problem: {problem.sentence}", markup=False, soft_wrap=True)
    ended = ", ".join(f"{number:,} {outcome.replace('_', ' ')}" for outcome, number in found.outcomes.items())
    console.print(f"This runs {found.records:,} records again{f' ({ended})' if ended else ''}.", soft_wrap=True)
    if found.verified_left_out:
        left = f"{found.verified_left_out:,} that people verified are left out"
        console.print(f"{left}; --include-verified runs them too.", soft_wrap=True)
    if found.estimate is not None:
        console.print(one_line(found.estimate), markup=False, soft_wrap=True)

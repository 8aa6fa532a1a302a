"""`tandem run, estimate, status, export, pause, resume, cancel`: jobs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.live import Live

from tandem_client.cli.checking import estimate_table, show_check
from tandem_client.cli.progress import JobProgress, job_table, plain_line
from tandem_client.cli.review_policy import Threshold, WithoutConfidence, review_policy
from tandem_client.cli.safeguards import (
    CanaryOption,
    GoOnBelow,
    Rate,
    StopAbove,
    canary_body,
    failure_stop_body,
)
from tandem_client.cli.session import connected, err, jobs_of, out, the_agent, the_dataset, the_job, the_project
from tandem_client.cli.subsets import the_subset
from tandem_client.client import Tandem
from tandem_client.models import Job, Project


class JobState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


JobArgument = Annotated[str, typer.Argument(help="Id of the job, or its name.")]
JobProject = Annotated[
    str | None, typer.Option("--project", help="Name of the project; jobs of all projects when left out.")
]


def run(
    project: Annotated[str, typer.Option(help="Name of the project.")],
    dataset: Annotated[str, typer.Option(help="Name of the data set.")],
    agent: Annotated[str, typer.Option(help="Name of the agent; its latest version runs.")],
    name: Annotated[str | None, typer.Option(help="Name of the job.")] = None,
    subset: Annotated[str | None, typer.Option(help="Name of a subset of the data set; only its records.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first records.")] = None,
    threshold: Threshold = None,
    without_confidence: WithoutConfidence = None,
    budget: Annotated[float | None, typer.Option(min=0, help="In US dollars; a hard stop.")] = None,
    readers: Annotated[
        int | None,
        typer.Option(min=1, max=10, help="People who must agree to settle a record; 1 when left out."),
    ] = None,
    adjudicated: Annotated[bool, typer.Option(help="Where the readers differ, an admin settles the record.")] = False,
    weight: Annotated[float | None, typer.Option(min=0, help="Share of the workers among running jobs.")] = None,
    rate: Rate = None,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Take answers that this agent version gave to the same content.")
    ] = False,
    canary: CanaryOption = None,
    go_on_below: GoOnBelow = None,
    stop_above: StopAbove = None,
    probe: Annotated[bool, typer.Option(help="Ask the model about the first record before the start.")] = True,
    check: Annotated[bool, typer.Option("--check", help="Check everything, and start nothing.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start the job and return at once.")] = False,
) -> None:
    """Check everything about a job, then run an agent over a data set and follow its progress."""
    policy = review_policy(threshold, without_confidence)
    with connected() as tandem:
        home = the_project(tandem, project)
        records, chosen = the_dataset(tandem, home, dataset), the_agent(tandem, home, agent)
        subset_id = None if subset is None else the_subset(tandem, records, subset).id
        found = tandem.jobs.check(
            home.id,
            dataset_id=records.id,
            agent_id=chosen.id,
            subset_id=subset_id,
            limit=limit,
            review_policy=policy,
            budget_usd=budget,
            probe=probe,
        )
        show_check(out if check else err, found)
        if not found.ok or check:
            raise typer.Exit(0 if found.ok else 1)
        job = tandem.jobs.create(
            home.id,
            dataset_id=records.id,
            agent_id=chosen.id,
            name=name or f"{records.name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            subset_id=subset_id,
            limit=limit,
            review_policy=policy,
            budget_usd=budget,
            readers=readers,
            adjudicated=adjudicated or None,
            weight=weight,
            records_per_minute=rate,
            reuse=reuse or None,
            canary=canary_body(canary, go_on_below),
            failure_stop=failure_stop_body(stop_above),
        )
        if not detach:
            job = follow(tandem, job)
    out.print(plain_line(job), markup=False, soft_wrap=True)
    out.print(f"id {job.id}")


def estimate(
    project: Annotated[str, typer.Option(help="Name of the project.")],
    dataset: Annotated[str, typer.Option(help="Name of the data set.")],
    agent: Annotated[str, typer.Option(help="Name of the agent; its latest version.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first records.")] = None,
) -> None:
    """Tell tokens, price and time of a job beforehand, as ranges. No model is called."""
    with connected() as tandem:
        home = the_project(tandem, project)
        records, chosen = the_dataset(tandem, home, dataset), the_agent(tandem, home, agent)
        found = tandem.jobs.check(home.id, dataset_id=records.id, agent_id=chosen.id, limit=limit, probe=False)
    if found.estimate is None:
        show_check(err, found)
        raise typer.Exit(1)
    out.print(estimate_table(found.estimate))
    for sentence in found.estimate.assumes:
        out.print(f"- {sentence}", markup=False, soft_wrap=True)


def follow(tandem: Tandem, job: Job) -> Job:
    """Show progress until the job is over or waits for a go. Ctrl-C stops the following, not the job."""
    try:
        with JobProgress(err) as progress:
            return tandem.jobs.wait(job.id, on_progress=progress.update, until=lambda now: now.is_over or now.needs_go)
    except KeyboardInterrupt:
        err.print(f"The job goes on. `tandem status {job.id} --watch` follows it, `tandem cancel {job.id}` ends it.")
        raise


def status(
    job: Annotated[str | None, typer.Argument(help="Id or name of a job; all jobs when left out.")] = None,
    project: JobProject = None,
    state: Annotated[
        list[JobState] | None, typer.Option("--state", help="Only jobs in this state; repeatable.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow until the jobs are over.")] = False,
) -> None:
    """Show the progress of jobs: rate, time left, counts by outcome."""
    with connected() as tandem:
        homes = tandem.projects.list() if project is None else [the_project(tandem, project)]
        jobs = jobs_of(tandem, homes) if job is None else [the_job(tandem, job, project)]
        names = {home.id: home.name for home in homes}
        if state:
            jobs = [each for each in jobs if each.state in state]
        if watch:
            jobs = _watched(tandem, homes, jobs, names, alone=job is not None)
    if jobs:
        out.print(job_table(jobs, width=out.width, projects=names))
    elif state:
        out.print(f"No job is {' or '.join(state)}. `tandem status` shows all.")
    else:
        out.print("There are no jobs yet. `tandem run` starts one.")


def pause(job: JobArgument, project: JobProject = None) -> None:
    """Pause a job; calls under way end normally."""
    with connected() as tandem:
        meant = the_job(tandem, job, project, to_change=True)
        out.print(plain_line(tandem.jobs.pause(meant.id)), markup=False)


def resume(job: JobArgument, project: JobProject = None) -> None:
    """Let a paused job go on."""
    with connected() as tandem:
        meant = the_job(tandem, job, project, to_change=True)
        out.print(plain_line(tandem.jobs.resume(meant.id)), markup=False)


def cancel(job: JobArgument, project: JobProject = None) -> None:
    """End a job; what is labeled stays."""
    with connected() as tandem:
        meant = the_job(tandem, job, project, to_change=True)
        out.print(plain_line(tandem.jobs.cancel(meant.id)), markup=False)


def _watched(tandem: Tandem, homes: list[Project], jobs: list[Job], names: dict[str, str], *, alone: bool) -> list[Job]:
    with Live(job_table(jobs, width=err.width, projects=names), console=err, transient=True) as live:
        while not all(job.is_over for job in jobs):
            time.sleep(1.0)
            jobs = [tandem.jobs.get(jobs[0].id)] if alone else jobs_of(tandem, homes)
            live.update(job_table(jobs, width=err.width, projects=names))
    return jobs

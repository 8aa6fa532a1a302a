"""`tandem report, compare, combine`: how good labels are."""

from __future__ import annotations

import json
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from tandem_client.cli.jobs import JobArgument, JobProject, follow
from tandem_client.cli.progress import plain_line
from tandem_client.cli.quality_tables import (
    agent_lines,
    agents_table,
    anchoring_lines,
    campaign_lines,
    confusion_table,
    contest_lines,
    correction_lines,
    differences_table,
    evaluation_lines,
    labels_table,
    pairs_table,
    reliability_table,
    report_lines,
    task_line,
    value_lines,
)
from tandem_client.cli.review_policy import Threshold, review_policy
from tandem_client.cli.session import connected, err, out, the_job
from tandem_client.cli.terminal import json_for_terminals

Jobs = Annotated[list[str], typer.Argument(help="Ids or names of the jobs.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]


class Method(StrEnum):
    VOTE = "vote"
    DAWID_SKENE = "dawid-skene"


def report(job: JobArgument, project: JobProject = None, as_json: AsJson = False) -> None:
    """Show what a job gave: outcomes, labels, confidence, price, and how many are right where that is known."""
    with connected() as tandem:
        found = tandem.jobs.report(the_job(tandem, job, project).id)
    if as_json:
        typer.echo(json_for_terminals(found.model_dump_json(indent=2)))
        return
    for line in report_lines(found):
        out.print(line, soft_wrap=True, markup=False)
    for task in found.tasks:
        out.print(f"\n[bold]{task.task}[/] ({task.kind.replace('_', ' ')})")
        if task.labels:
            out.print(labels_table(task))
        for line in value_lines(task):
            out.print(line, soft_wrap=True, markup=False)
        for line in evaluation_lines(task):
            out.print(line, soft_wrap=True, markup=False)
        for line in (*correction_lines(task), *anchoring_lines(task)):
            out.print(line, soft_wrap=True, markup=False)
        known = task.gold or task.verified
        for table in () if known is None else (confusion_table(known), reliability_table(known)):
            if table is not None:
                out.print(table)


def compare(
    jobs: Jobs,
    task: Annotated[str | None, typer.Option(help="Show the differences on this task.")] = None,
    show: Annotated[int, typer.Option(min=0, help="How many differences to show, the most useful first.")] = 5,
    export: Annotated[
        Path | None, typer.Option(help="Write all records where the agents differ to this JSONL file.")
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Send all records where the agents differ to people, each once.")
    ] = False,
    min_confidence: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="With --review: only where every agent is at least this sure."),
    ] = None,
    project: JobProject = None,
    as_json: AsJson = False,
) -> None:
    """Compare the agents of two or more jobs over the same records: agreement, who is right, where they differ.

    With `--review`, people get the records where they differ: on the task given, else on any.
    """
    if min_confidence is not None and not review:
        raise typer.BadParameter("it says what --review sends to people", param_hint="--min-confidence")
    with connected() as tandem:
        named = [the_job(tandem, name, project) for name in jobs]
        ids = [job.id for job in named]
        found = tandem.comparisons.get(ids)
        chosen = task or (found.tasks[0].task if found.tasks else None)
        differences = list(islice(tandem.comparisons.differences(ids, task=chosen, page_size=max(show, 1)), show))
        if export is not None:
            with export.open("w", encoding="utf-8") as file:
                for one in tandem.comparisons.differences(ids, task=chosen, order="seq", page_size=500):
                    file.write(json.dumps(one.model_dump(), ensure_ascii=False) + "\n")
            err.print(f"{export} written.", markup=False)
        if review:
            campaign = tandem.comparisons.review(ids, task=task, min_confidence=min_confidence)
            for line in campaign_lines(campaign, {job.id: job.name for job in named}):
                err.print(line, markup=False, soft_wrap=True)
    if as_json:
        typer.echo(json_for_terminals(found.model_dump_json(indent=2)))
        return
    out.print(f"{found.records} records", highlight=False)
    for each in found.tasks:
        out.print(f"\n[bold]{each.task}[/] ({each.kind.replace('_', ' ')})")
        out.print(task_line(each), soft_wrap=True, markup=False)
        out.print(agents_table(found, each))
        for line in agent_lines(found, each):
            out.print(line, soft_wrap=True, markup=False)
        out.print(pairs_table(found, each))
        for line in contest_lines(found, each):
            out.print(line, soft_wrap=True, markup=False)
    if differences:
        out.print(f"\nWhere they differ on {chosen}, for instance:", markup=False)
        out.print(differences_table(found, differences))
    for name, why in found.skipped_tasks.items():
        out.print(f"{name} is not compared: {why}", soft_wrap=True, markup=False)


def combine(
    jobs: Jobs,
    method: Annotated[
        Method, typer.Option(help="vote: what most say. dawid-skene: agents count by how often they are right.")
    ] = Method.VOTE,
    name: Annotated[str | None, typer.Option(help="Name of the new job.")] = None,
    project: JobProject = None,
    threshold: Threshold = None,
    detach: Annotated[bool, typer.Option("--detach", help="Make the job and return at once.")] = False,
) -> None:
    """Make one job of the labels of several: by vote, or by how often each agent is right.

    With `--threshold 1`, a person sees every record on which agents differ.
    """
    policy = review_policy(threshold, None)
    with connected() as tandem:
        named = [the_job(tandem, each, project) for each in jobs]
        made = tandem.comparisons.combine(
            [job.id for job in named],
            method="vote" if method is Method.VOTE else "dawid_skene",
            name=name,
            review_policy=policy,
        )
        for each in made.estimated:
            agent = next(job.name for job in named if job.id == each.job_id)
            told = f"{agent}: right on about {each.accuracy:.1%} ({each.task}), as far as agreement and decisions tell"
            out.print(told, soft_wrap=True, markup=False)
        job = made.job if detach else follow(tandem, made.job)
    out.print(plain_line(job), markup=False, soft_wrap=True)
    out.print(f"id {job.id}")

"""`tandem opinions`: what people said about one record of a job, and what holds by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from tandem_client.cli.jobs import JobArgument, JobProject
from tandem_client.cli.session import connected, out, the_job
from tandem_client.cli.showing import decision_line, value_text
from tandem_client.cli.terminal import json_for_terminals
from tandem_client.models import AnnotationDetail, Decision


def opinions(
    job: JobArgument,
    record_id: Annotated[str, typer.Argument(help="Id of the record, as it was imported.")],
    project: JobProject = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show the opinions on one record with their history, and what holds."""
    with connected() as tandem:
        found = tandem.jobs.annotation(the_job(tandem, job, project).id, record_id)
    if as_json:
        told = found.model_dump_json(indent=2, include={"seq", "record_id", "opinions", "verification", "decisions"})
        typer.echo(json_for_terminals(told))
        return
    for line in opinion_lines(found):
        out.print(line, markup=False, soft_wrap=True)


def opinion_lines(found: AnnotationDetail) -> Iterator[str]:
    """Yield what holds for the record, then each revision, oldest first."""
    if found.blind:
        yield "This record is read blind: give your opinion first, then look again."
        return
    if found.opinions is None:
        yield "Nobody has given an opinion."
        return
    names = {each.decided_by_id: each.decided_by for each in found.decisions}
    by = ", ".join(names.get(person, person) for person in found.opinions.settled_by)
    number = found.opinions.number
    standing = f"{number} opinion{'' if number == 1 else 's'}"
    yield f"{found.opinions.state}, {standing}" + (f", settled by {by}" if by else "")
    for task, value in (found.verification or {}).get("values", {}).items():
        yield f"  {task}: {value_text(value)}"
    for name, task in found.opinions.tasks.items():
        yield f"  {name}: {task.state} ({task.why.replace('_', ' ')})"
    for decision in found.decisions:
        yield f"  {decision_line(decision)}{_remarks(decision)}"


def _remarks(decision: Decision) -> str:
    parts = ["blind"] if decision.blind else []
    parts += ["overrules"] if decision.outranks else []
    parts += [flag.replace("_", " ") for flag in decision.flags]
    parts += [f"{decision.active_seconds:.1f} s"] if decision.active_seconds is not None else []
    parts += [f'"{decision.comment}"'] if decision.comment else []
    return f" [{', '.join(parts)}]" if parts else ""

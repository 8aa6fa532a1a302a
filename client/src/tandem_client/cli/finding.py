"""`tandem find`: records of a job or a data set that an expression matches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from tandem_client.cli.jobs import JobProject
from tandem_client.cli.session import connected, err, out, the_dataset, the_job, the_project
from tandem_client.cli.terminal import json_for_terminals
from tandem_client.client import Tandem
from tandem_client.expressions import field
from tandem_client.models import Dataset
from tandem_client.resources.finding import Found, FoundRecord


def find(
    where_from: Annotated[str, typer.Argument(metavar="JOB|DATASET", help="Id or name; a data set needs --dataset.")],
    expression: Annotated[
        str, typer.Argument(help="""E.g. 'text contains "refund" and label = negative and confidence < 0.8'.""")
    ] = "",
    dataset: Annotated[bool, typer.Option("--dataset", help="Find in the data set of this name or id.")] = False,
    ids: Annotated[
        Path | None, typer.Option(help="Only records whose ids are in this file, one a line.", dir_okay=False)
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Count only: exactly up to 10,000.")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="With --count: exactly, however many.")] = False,
    save: Annotated[str | None, typer.Option(help="Save what matches now as a subset of this name.")] = None,
    order: Annotated[
        str, typer.Option(help="seq, confidence, decided, state or label.TASK; -confidence: descending.")
    ] = "seq",
    limit: Annotated[int, typer.Option(min=1, help="Records to show.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a record.")] = False,
    project: JobProject = None,
) -> None:
    """Find records of a job, or with --dataset of a data set, that the expression matches."""
    where = _with_ids(expression, ids)
    with connected() as tandem:
        found = _found(tandem, where_from, where, order, project, in_dataset=dataset)
        if save is not None:
            subset = found.save(save)
            out.print(f"{subset.name}: {subset.size:,} records", markup=False)
        elif count or exact:
            out.print(f"{found.count(exact=exact).text} records")
        else:
            _show(found, limit, as_json=as_json)


def _found(tandem: Tandem, name: str, where: str, order: str, project: str | None, *, in_dataset: bool) -> Found:
    if in_dataset:
        return tandem.finding.in_dataset(_dataset(tandem, name, project).id, where)
    job = the_job(tandem, name, project)
    return tandem.finding.in_job(job.id, where, dataset_id=job.dataset_id, order=order)


def _dataset(tandem: Tandem, name: str, project: str | None) -> Dataset:
    if project is not None:
        return the_dataset(tandem, the_project(tandem, project), name)
    for home in tandem.projects.list():
        if (there := tandem.datasets.find(home.id, name)) is not None:
            return there
    return tandem.datasets.get(name)


def _show(found: Found, limit: int, *, as_json: bool) -> None:
    shown: list[FoundRecord] = []
    after: str | None = None
    while True:
        page = found.page(after=after, limit=min(limit - len(shown), 1000), count="none" if after else "quick")
        shown += page.items
        if page.count is not None:
            err.print(f"{page.count.text} records match: {page.where}", markup=False, soft_wrap=True)
        if page.blind:
            err.print(f"{page.blind:,} records are left out: you are still to read them without knowing their labels.")
        if page.stopped:
            err.print(f"{page.scanned:,} more records were looked at.")
        after = page.next
        if after is None or len(shown) >= limit:
            break
    if as_json:
        for each in shown:
            typer.echo(json_for_terminals(json.dumps(each.model_dump(mode="json"), ensure_ascii=False)))
        return
    table = Table("record", "outcome", "labels", "text", box=None)
    for each in shown:
        outcome = "" if each.annotation is None else each.annotation.outcome
        table.add_row(escape(each.record_id), outcome, escape(_labels(each)), escape(each.excerpt or ""))
    out.print(table)


def _labels(record: FoundRecord) -> str:
    """Write the labels that hold: people's, else the model's with their confidence."""
    if record.annotation is None:
        return ""
    if record.annotation.verification is not None:
        values = record.annotation.verification.get("values", {})
        return ", ".join(f"{task}={value} (verified)" for task, value in values.items())
    return ", ".join(
        f"{label.task}={label.value}" + ("" if label.confidence is None else f" ({label.confidence:.2f})")
        for label in record.annotation.labels
    )


def _with_ids(expression: str, ids: Path | None) -> str:
    """Return the expression, with the ids of the file where there is one."""
    if ids is not None:
        try:
            lines = ids.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise typer.BadParameter(f"{ids} cannot be read: {error}", param_hint="--ids") from error
        if not (named := [line.strip() for line in lines if line.strip()]):
            raise typer.BadParameter(f"{ids} holds no id", param_hint="--ids")
        condition = str(field("id").one_of(named))
        expression = f"({expression}) and {condition}" if expression.strip() else condition
    if not expression.strip():
        raise typer.BadParameter("give an expression, or --ids FILE")
    return expression

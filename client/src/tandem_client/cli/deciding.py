"""`tandem decide`: confirm or label all records of a job that an expression matches, and take it back as one."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from tandem_client.cli.jobs import JobArgument, JobProject
from tandem_client.cli.session import connected, err, out, the_job
from tandem_client.resources.bulk import BulkAct, BulkCheck

_REASONS = {
    "not_run": "not run yet",
    "blind": "to be read blind first",
    "decided": "decided by others",
    "reserved": "being read by somebody else",
    "no_label": "without a label for every task",
    "does_not_fit": "where the values do not fit the label schema",
    "changed_since": "decided anew since",
}


def decide(
    job: JobArgument,
    where: Annotated[str | None, typer.Option(help="E.g. 'confidence > 0.95 and not verified'.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm the model's labels.")] = False,
    label: Annotated[
        list[str] | None, typer.Option("--set", metavar="TASK=VALUE", help="Set this value; repeatable.")
    ] = None,
    undo: Annotated[str | None, typer.Option(metavar="ACT", help="Take the act of this id back.")] = None,
    overrule: Annotated[bool, typer.Option("--overrule", help="Also over what others decided; for admins.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Count only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    page: Annotated[str | None, typer.Option(help="Address of the review page; that of the API when left out.")] = None,
    project: JobProject = None,
) -> None:
    """Give your opinion on all records of a job that the expression matches, each an opinion of its own."""
    if undo is None and (where is None or confirm == bool(label)):
        raise typer.BadParameter("give --where with --confirm or --set TASK=VALUE, or --undo ACT")
    values = _values(label or [])
    with connected() as tandem:
        meant = the_job(tandem, job, project)
        if undo is not None:
            _report(tandem.bulk.wait(tandem.bulk.undo(meant.id, undo, page=page), page=page))
            return
        found = tandem.bulk.check(meant.id, where or "", values, overrule=overrule, page=page)
        _show(found)
        if check or not found.records:
            return
        if not yes:
            typer.confirm(
                f"Decide {found.would_give if found.exact else found.records:,} records?", abort=True, err=True
            )
        act = tandem.bulk.begin(meant.id, where or "", values, overrule=overrule, records=found.records, page=page)
        _report(tandem.bulk.wait(act, page=page))


def _values(given: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in given:
        task, sign, value = each.partition("=")
        if not sign or not task:
            raise typer.BadParameter(f"{each!r} is not TASK=VALUE", param_hint="--set")
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        values[task] = read if isinstance(read, int | float | list) and not isinstance(read, bool) else value
    return values


def _show(found: BulkCheck) -> None:
    part = "" if found.exact else f" of the first {found.looked_at:,}"
    err.print(f"{found.records:,} records match; {found.would_give:,}{part} would be decided", markup=False)
    for reason, number in found.skipped.items():
        err.print(f"  left as they are: {number:,} {_REASONS.get(reason, reason)}", markup=False)
    if found.blind:
        err.print(f"  left out: {found.blind:,} that you are still to read without their labels", markup=False)


def _report(act: BulkAct) -> None:
    if act.state == "undone":
        out.print(f"{act.undone:,} opinions taken back", markup=False)
        return
    out.print(f"{act.given:,} records decided; undo with --undo {act.id}", markup=False, soft_wrap=True)

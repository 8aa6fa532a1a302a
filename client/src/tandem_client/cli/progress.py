"""A job's progress at the terminal: rate, time left, counts by outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from tandem_client.models import Job

ID_WIDTH = 120
"""Columns of the terminal from which ids are shown beside the names."""
_COLUMNS = ("project", "job", "state", "done", "labeled", "invalid", "failed", "to review", "pace", "id")
_ALWAYS = ("job", "state", "done", "labeled", "id")


class JobProgress:
    """Shows one job until closed. Without a terminal: one line at every tenth of the way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            TextColumn("{task.fields[counts]}"),
            console=console,
            disable=not console.is_terminal,
            expand=True,
        )
        self._task: TaskID | None = None
        self._shown_tenth = -1

    def __enter__(self) -> JobProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, job: Job) -> None:
        if self._task is None:
            self._task = self._bar.add_task(job.name, total=job.done[1], pace="", counts="")
        self._bar.update(self._task, completed=job.done[0], pace=pace(job), counts=counts(job))
        tenth = int(job.progress * 10)
        if not self._console.is_terminal and (tenth != self._shown_tenth or job.is_over):
            if tenth != self._shown_tenth:
                self._console.print(plain_line(job), soft_wrap=True, markup=False)
            self._shown_tenth = tenth


def plain_line(job: Job) -> str:
    speed = pace(job) if job.state == "running" else ""
    parts = [f"{job.name}: {_state(job)}", _done(job), speed, counts(job, color=False)]
    return ", ".join(part for part in parts if part)


def pace(job: Job) -> str:
    """e.g. '210/s, 0:00:12 left'; a state other than running instead, with its reason."""
    if job.state != "running":
        return _state(job)
    if not job.rate_per_second:
        return ""
    left = f", {timedelta(seconds=round(job.eta_seconds))} left" if job.eta_seconds is not None else ""
    return f"{job.rate_per_second:.0f}/s{left}"


def counts(job: Job, *, color: bool = True) -> str:
    shown = [
        ("labeled", job.counts.labeled, "green"),
        ("invalid", job.counts.invalid, "yellow"),
        ("failed", job.counts.failed, "red"),
        ("to review", job.counts.needs_review, "cyan"),
    ]
    paint: Callable[[str, str], str] = (lambda text, tint: f"[{tint}]{text}[/]") if color else (lambda text, _: text)
    return " ".join(paint(f"{number} {word}", tint) for word, number, tint in shown if number or word == "labeled")


def job_table(jobs: list[Job], *, width: int, projects: Mapping[str, str] | None = None) -> Table:
    """Columns that say nothing are left out, and the project where all jobs are of one; so are the ids where the
    terminal is too narrow for them beside the names, which do as well."""
    told = projects if projects and len({job.project_id for job in jobs}) > 1 else {}
    rows = [_cells(job) | {"project": told.get(job.project_id, "")} for job in jobs]
    columns = [name for name in _COLUMNS if name in _ALWAYS or any(row[name] not in ("", "0") for row in rows)]
    if width < ID_WIDTH:
        columns.remove("id")
    table = Table(box=None)
    for name in columns:
        table.add_column(name, no_wrap=name not in ("project", "job"), overflow="fold")
    for row in rows:
        table.add_row(*(escape(row[name]) for name in columns))
    return table


def _cells(job: Job) -> dict[str, str]:
    return {
        "job": job.name,
        "state": _state(job),
        "done": _done(job, grouped=True),
        "labeled": f"{job.counts.labeled:,}",
        "invalid": f"{job.counts.invalid:,}",
        "failed": f"{job.counts.failed:,}",
        "to review": f"{job.counts.needs_review:,}",
        "pace": pace(job) if job.state == "running" else "",
        "id": job.id,
    }


def _done(job: Job, *, grouped: bool = False) -> str:
    """e.g. '40 of 100', or '3 of 5 again' in a later pass; `grouped`: '4,200 of 4,200'."""
    ended, size = (f"{number:,}" if grouped else str(number) for number in job.done)
    again = " again" if job.current_pass is not None and job.current_pass.number > 1 else ""
    return f"{ended} of {size}{again}"


def _state(job: Job) -> str:
    return f"{job.state} ({job.state_reason})" if job.state_reason else job.state

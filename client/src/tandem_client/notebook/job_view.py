"""A job as it shows itself in a notebook: static HTML without scripts, which a thread replaces while the job runs."""

from __future__ import annotations

import html
import threading
import time
from typing import TYPE_CHECKING, Any

from tandem_client.errors import TandemError

if TYPE_CHECKING:
    from tandem_client.aio.models import Job as AsyncJob
    from tandem_client.models import Job

INTERVAL_SECONDS = 1.0
PATIENCE_SECONDS = 300.0
"""After so long without an answer the view stops following."""

_BAR = "display:inline-block;height:8px"
_CELL = "padding:2px 12px 2px 0;text-align:left"


def job_html(job: Job | AsyncJob, note: str = "") -> str:
    """Return the job as HTML: state, progress, outcomes, pace, and a note. Holds nothing of the records."""
    ended, size = job.done
    parts = (("labeled", "#2e9e6b"), ("invalid", "#d9962b"), ("failed", "#cf4a3f"))
    shares = {name: 100 * getattr(job.counts, name) / max(1, job.size) for name, _ in parts}
    bars = "".join(
        f'<span style="{_BAR};width:{shares[name]:.2f}%;background:{color}"></span>' for name, color in parts
    )
    rows = {
        "agent": f"{job.agent.name} {job.agent.version} ({job.agent.provider}, {job.agent.model})",
        "state": job.state + (f": {job.state_reason}" if job.state_reason else ""),
        "done": f"{ended:,} of {size:,}",
        "outcomes": ", ".join(f"{getattr(job.counts, name):,} {name}" for name, _ in parts),
        "review": f"{job.counts.needs_review:,} wait for a person, {job.counts.reviewed:,} decided",
    }
    if job.rate_per_second is not None and not job.is_over:
        left = "" if job.eta_seconds is None else f", about {_duration(job.eta_seconds)} left"
        rows["pace"] = f"{job.rate_per_second:,.1f} records/s{left}"
    if job.notice:
        rows["notice"] = job.notice
    if note:
        rows["this view"] = note
    table = "".join(
        f'<tr><th style="{_CELL};font-weight:500">{name}</th><td style="{_CELL}">{html.escape(text)}</td></tr>'
        for name, text in rows.items()
    )
    return (
        f'<div style="max-width:640px"><strong>{html.escape(job.name)}</strong>'
        f'<div style="background:#8884;line-height:0;margin:6px 0">{bars}</div><table>{table}</table></div>'
    )


def job_text(job: Job) -> str:
    """Return the job in one line, for where there is no HTML."""
    ended, size = job.done
    return f"{job.name}: {job.state}, {ended:,} of {size:,} records, {job.counts.needs_review:,} to review"


def show_live(job: Job) -> None:
    """Display the job; while it runs, a thread replaces what is displayed."""
    try:
        from IPython.display import display  # noqa: PLC0415 - only where there is a notebook
    except ImportError:
        print(job_text(job))  # noqa: T201 - what a person asked to see
        return
    handle: Any = display(  # type: ignore[no-untyped-call]  # IPython ships no types here
        _bundle(job), raw=True, display_id=True
    )
    if handle is None or job.is_over or not job.is_bound:
        return
    thread = threading.Thread(target=follow, args=(job, handle), name="tandem-job", daemon=True)
    thread.start()


def follow(job: Job, handle: Any, *, interval: float = INTERVAL_SECONDS, patience: float = PATIENCE_SECONDS) -> None:
    """Replace what `handle` displays with the job's present state until it is over.

    Where the server does not answer, or the key is good no more, the view says so and what to do.
    """
    heard = time.monotonic()
    while not job.is_over:
        time.sleep(interval)
        try:
            job = job.refresh()
        except TandemError as error:
            has_ended = error.status in (401, 403, 404) or time.monotonic() - heard > patience
            what = "It does not follow the job any more; run the cell again." if has_ended else "It tries again."
            handle.update(_bundle(job, f"{error.sentence.rstrip('.')}. {what}"), raw=True)
            if has_ended:
                return
        else:
            heard = time.monotonic()
            handle.update(_bundle(job), raw=True)


def _bundle(job: Job, note: str = "") -> dict[str, str]:
    return {"text/html": job_html(job, note), "text/plain": job_text(job)}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"

"""Shows what is known of a job before it runs."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tandem_client.checks import Between, FieldProblem, JobCheck, JobEstimate, Tryout


def show_check(console: Console, check: JobCheck) -> None:
    """All problems and warnings, the answer to the probe, and what the job will take in one line."""
    for problem in check.problems:
        _say(console, "[bold red]Problem:[/]", problem)
    for warning in check.warnings:
        _say(console, "[yellow]Note:[/]", warning)
    if check.probe is not None and check.probe.state == "answered":
        tried = check.probe.records[0]
        said = "asked about the first record, the model answered"
        console.print(f"Probe: {said} {tried.outcome}: {tried.raw or tried.detail or ''}", markup=False, soft_wrap=True)
    if check.estimate is not None:
        console.print(one_line(check.estimate), markup=False, soft_wrap=True)


def one_line(estimate: JobEstimate) -> str:
    usd = "an unknown price" if estimate.usd is None else _dollars(estimate.usd)
    time = "" if estimate.seconds is None else f", {_span(estimate.seconds)}"
    tokens = _count(estimate.prompt_tokens, estimate.output_tokens)
    return f"Estimate for {estimate.records:,} records: {tokens} tokens, {usd}{time}"


def estimate_table(estimate: JobEstimate) -> Table:
    table = Table("", "at least", "likely", "at most", box=None)
    for name, value in (("prompt tokens", estimate.prompt_tokens), ("answer tokens", estimate.output_tokens)):
        table.add_row(name, *(f"{number:,.0f}" for number in (value.low, value.likely, value.high)))
    if estimate.usd is not None:
        usd = estimate.usd
        table.add_row("price", *(f"${number:,.4g}" for number in (usd.low, usd.likely, usd.high)))
    if estimate.seconds is not None:
        seconds = estimate.seconds
        table.add_row("time", *(_duration(number) for number in (seconds.low, seconds.likely, seconds.high)))
    return table


def show_tryout(console: Console, tryout: Tryout) -> None:
    for tried in tryout.records:
        console.rule(escape(tried.record_id))
        if tried.outcome is None:
            console.print("no answer", style="red")
            continue
        if tried.raw is not None:
            console.print(tried.raw, markup=False, soft_wrap=True)
        for label in tried.labels:
            confidence = label.get("confidence")
            sure = f"{confidence:.2f}" if confidence is not None else str(label.get("confidence_missing_reason"))
            read = f"{label['task']}: {label['value']}  (confidence {sure}, read as {label.get('rule')})"
            console.print(read, markup=False, soft_wrap=True)
        if tried.outcome != "labeled":
            console.print(f"{tried.outcome}: {tried.reason}, {tried.detail}", markup=False, soft_wrap=True)
        paid = "price unknown" if tried.usd is None else f"${tried.usd:.3g}"
        console.print(
            f"{tried.model}, {tried.seconds or 0:.2f} s, {tried.prompt_tokens or 0} + {tried.completion_tokens or 0} "
            f"tokens, {paid}",
            style="dim",
            markup=False,
        )
    if tryout.problem is not None:
        _say(console, "[bold red]Problem:[/]", tryout.problem)


def _say(console: Console, what: str, problem: FieldProblem) -> None:
    console.print(f"{what} {escape(problem.sentence)}", soft_wrap=True)


def _count(prompt: Between, output: Between) -> str:
    return f"{prompt.low + output.low:,.0f} to {prompt.high + output.high:,.0f}"


def _dollars(usd: Between) -> str:
    return "free" if not usd.high else f"${usd.low:,.3g} to ${usd.high:,.3g}"


def _span(seconds: Between) -> str:
    return f"{_duration(seconds.low)} to {_duration(seconds.high)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

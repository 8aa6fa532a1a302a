"""`tandem certificate`: how good exported labels are, with proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from tandem.quality.certificates.opening import tolerated_of
from tandem.quality.certificates.page import certificate_page
from tandem.quality.certificates.planner import ERRORS, AuditPlan, plan
from tandem.quality.certificates.simulate import MethodRuns, simulate
from tandem_client.certificate_files import read_certificate, verify_files
from tandem_client.cli.certifying import PlanOptions, plan_job
from tandem_client.cli.certifying import app as of_jobs
from tandem_client.cli.jobs import JobProject
from tandem_client.cli.session import err, out
from tandem_client.cli.shares import share_option
from tandem_client.errors import TandemError
from tandem_client.known_labels import read_known_labels
from tandem_client.planned_labels import read_planned_labels

app = typer.Typer(help="State how good exported labels are, with proof.", no_args_is_help=True)
app.add_typer(of_jobs)

ErrorShare = Annotated[float, share_option("--error", help="Share of labels that may stay wrong, e.g. 2%.")]
Alpha = Annotated[
    float, share_option(help="Probability that the claim may be false; 5% is 95 % confidence.", low=1e-6, high=0.5)
]


@app.command("verify")
def verify_certificate(
    export: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The export, JSONL.")],
    certificate: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The certificate, JSON.")],
    commitment: Annotated[
        str | None, typer.Option(help="The commitment as it was published when the certificate was opened.")
    ] = None,
) -> None:
    """Recompute a certificate from its two files, without a server. Exit status 1: something is not as it says."""
    verdict = verify_files(export, certificate, commitment=commitment)
    document = read_certificate(certificate)
    if verdict.findings:
        err.print("[bold red]This certificate does not hold:[/]")
        for kind, detail in verdict.findings:
            err.print(f"  - {kind}: {detail}.", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    for sentence in document["says"]:
        out.print(sentence, markup=False, soft_wrap=True)
    out.print(document["does_not_say"], markup=False, soft_wrap=True)
    what = f"{len(verdict.holds)} of {len(document['claims'])} claims certified; everything was recomputed and agrees."
    out.print(what, markup=False, soft_wrap=True)
    if commitment is None:
        out.print(
            f"Compare the commitment with the one published at the opening: {document['commitment']}", soft_wrap=True
        )
    if not verdict.holds:
        raise typer.Exit(1)


@app.command("page")
def write_page(
    certificate: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The certificate, JSON.")],
    target: Annotated[Path, typer.Option("--out", help="The HTML file to write.")] = Path("certificate.html"),
) -> None:
    """Write a certificate as one HTML page for people who do not read JSON. It does not check it: `verify` does."""
    target.write_text(certificate_page(read_certificate(certificate)), encoding="utf-8")
    out.print(f"{target} written.", markup=False)


@app.command("plan")
def plan_certificate(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE|JOB", help="An export, a file of pred and confidence, or a job."),
    ],
    error: Annotated[
        list[float] | None, share_option(help="Share that may stay wrong, e.g. 2%; may be given several times.")
    ] = None,
    alpha: Alpha = 0.05,
    task: Annotated[str | None, typer.Option(help="The task to certify, where there are several.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long one blind read takes.")] = 10,
    hourly: Annotated[float | None, typer.Option(min=0, help="What an hour of reading costs, in US dollars.")] = None,
    model_error: Annotated[
        float | None, share_option(help="Assumed share of wrong labels where there is no confidence.")
    ] = None,
    panel: Annotated[bool, typer.Option("--panel", help="Audits are read by two people.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    project: JobProject = None,
) -> None:
    """Tell what a certificate would take: looks, hours and dollars, as a range, for each error that may be claimed."""
    file = Path(source)
    if not file.is_file():
        wanted = PlanOptions(error or list(ERRORS), alpha, task, seconds, hourly, model_error, panel)
        plan_job(source, project, wanted, as_json=as_json)
        return
    labels = read_planned_labels(file, task)
    with Progress(console=err, transient=True) as progress:
        bar = progress.add_task("Planning", total=None)
        try:
            found = plan(
                *labels,
                errors=error or ERRORS,
                alpha=alpha,
                model_error=model_error,
                panel=panel,
                after_truth=lambda: progress.advance(bar),
            )
        except ValueError as problem:
            cure = "Give --model-error, or an export in which people decided on some records."
            raise TandemError("No plan", type="no-plan", detail=str(problem), cure=cure) from None
    if as_json:
        rows = [each._asdict() | {"hours": each.hours(seconds)} for each in found.looks]
        typer.echo(json.dumps({"n": len(labels.risks), "model_error": found.model_error, "plans": rows}, indent=2))
        return
    basis = f"as {found.decided:,} decisions tell" if found.decided else "if the model is as sure as it says"
    out.print(f"{len(labels.risks):,} labels, about {found.model_error:.1%} of them wrong, {basis}.", soft_wrap=True)
    out.print(_plan_table(found, seconds, hourly))
    out.print("Each range holds for 8 of 10 simulated runs; the middle number is the median.", soft_wrap=True)


def _plan_table(found: AuditPlan, seconds: float, hourly: float | None) -> Table:
    table = Table("at most wrong", box=None)
    for column in ("looks", "hours", "dollars")[: 2 if hourly is None else 3]:
        table.add_column(column, justify="right")
    for each in found.looks:
        hours = each.hours(seconds)
        cells = [f"{each.p10:,} to {each.p90:,} ({each.p50:,})", f"{hours[0]:.1f} to {hours[2]:.1f}"]
        if hourly is not None:
            cells.append(f"${hours[0] * hourly:,.0f} to ${hours[2] * hourly:,.0f}")
        table.add_row(f"{each.error:.3g}", *cells)
    return table


@app.command("simulate")
def simulate_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSONL: id, gold, pred, confidence.")],
    error: ErrorShare = 0.05,
    alpha: Alpha = 0.05,
    runs: Annotated[int, typer.Option(min=1, help="How often to repeat it with other random numbers.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file, too.")] = None,
) -> None:
    """Try it on labels that you know: how many looks would it take to certify them, and by other methods?

    Each line of FILE is a record: `gold` is the right label, `pred` the model's, `confidence` the model's probability
    that it is right (or null). People's looks are answered from `gold`.
    """
    labels = read_known_labels(file)
    size, wrong = len(labels.wrong), sum(labels.wrong)
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Simulating", total=runs)
        found = simulate(
            labels, error=error, alpha=alpha, runs=runs, seed=seed, after_run=lambda: progress.advance(task)
        )
    out.print(
        f"{size:,} records, {wrong / size:.1%} of the labels wrong. Claim: at most {tolerated_of(error, size):,} "
        f"({error:.3g} of all) stay wrong; it may be false with probability {alpha:.3g}. {runs:,} runs.",
        soft_wrap=True,
    )
    out.print(_table(found, runs))
    out.print(
        "certified: runs that end with a guarantee. false: runs in which more labels stayed wrong than claimed.",
        soft_wrap=True,
    )
    if json_file is not None:
        methods = {name: _figures(method, runs) for name, method in found.items()}
        report = {"n": size, "model_error": wrong / size, "methods": methods}
        json_file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _table(found: dict[str, MethodRuns], runs: int) -> Table:
    table = Table("method", box=None)
    for column in ("mean looks", "p10", "p50", "p90", "certified", "false"):
        table.add_column(column, justify="right")
    for name, method in found.items():
        looks = [f"{method.percentile(share):,}" for share in (0.1, 0.5, 0.9)]
        shares = [f"{count / runs:.1%}" for count in (method.certified, method.false)]
        table.add_row(name, f"{method.mean:,.1f}", *looks, *shares)
    return table


def _figures(method: MethodRuns, runs: int) -> dict[str, Any]:
    return {
        "looks_mean": method.mean,
        "looks_p10": method.percentile(0.1),
        "looks_p50": method.percentile(0.5),
        "looks_p90": method.percentile(0.9),
        "certified": method.certified / runs,
        "false": method.false / runs,
    }

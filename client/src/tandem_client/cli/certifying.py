"""`tandem certificate open|status|show|close|abandon`: certificates of jobs on a server."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.table import Column, Table

from tandem.quality.certificates.page import certificate_page
from tandem_client.certifying import Certificate, CertificatePlan
from tandem_client.cli.jobs import JobProject
from tandem_client.cli.people import the_person
from tandem_client.cli.session import connected, err, out, the_job
from tandem_client.cli.shares import share_option
from tandem_client.client import Tandem
from tandem_client.errors import TandemError

app = typer.Typer()
JobName = Annotated[str, typer.Argument(help="Name or id of the job.")]
CertificateId = Annotated[str | None, typer.Argument(help="Id of the certificate; the job's newest one when left out.")]


class Rule(StrEnum):
    ONE_READER = "one_reader"
    PANEL = "panel"


class PlanOptions(NamedTuple):
    """What a plan is asked for."""

    errors: list[float]
    alpha: float
    task: str | None
    seconds: float
    hourly: float | None
    model_error: float | None
    panel: bool


@app.command("open")
def open_certificate(
    job: JobName,
    error: Annotated[
        list[float] | None,
        share_option(help="Share of labels that may stay wrong, e.g. 2%; repeat it for a ladder. Else 5%."),
    ] = None,
    alpha: Annotated[
        float, share_option(help="Probability that a claim may be false; 5% is 95 % confidence.", low=1e-6, high=0.5)
    ] = 0.05,
    task: Annotated[list[str] | None, typer.Option(help="Task to certify; repeatable. Else all.")] = None,
    by_class: Annotated[bool, typer.Option("--by-class", help="Also a claim for each label of its own.")] = False,
    rule: Annotated[
        Rule | None, typer.Option(help="How reads decide; a panel where the job has several readers, if left out.")
    ] = None,
    person: Annotated[
        list[str] | None, typer.Option("--person", help="Who reads, by id or name; repeatable. Else everybody.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the certificate.")] = None,
    keep_campaigns: Annotated[
        bool, typer.Option("--keep-campaigns", help="Refuse while another campaign of the job is open.")
    ] = False,
    project: JobProject = None,
) -> None:
    """Freeze a job's labels and have people read records blind, until the claims hold.

    Nobody sees the labels until it has ended. Other campaigns of the job are closed, since they show them.
    """
    with connected() as tandem:
        people = [the_person(tandem, who).id for who in person] if person else None
        opened = tandem.certificates.open(
            the_job(tandem, job, project).id,
            errors=error or [0.05],
            alpha=alpha,
            tasks=task,
            by_class=by_class,
            rule=None if rule is None else rule.value,
            people=people,
            name=name,
            close_campaigns=not keep_campaigns,
        )
    out.print(f"Opened: {opened.name} (id {opened.id}).", markup=False, soft_wrap=True)
    _print_sentences(opened)
    out.print("People find the records in the review queue. `tandem certificate status` says how far they are.")


@app.command("status")
def certificate_status(
    job: JobName,
    certificate_id: CertificateId = None,
    project: JobProject = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Tell how far a certificate is."""
    with connected() as tandem:
        found = _the_certificate(tandem, the_job(tandem, job, project).id, certificate_id)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    out.print(f"{found.name}: {found.state}. {found.state_reason or ''}".rstrip(), markup=False, soft_wrap=True)
    outside = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.left_out.items())
    out.print(f"{found.records:,} labels{f'; outside: {outside}' if outside else ''}.", markup=False, soft_wrap=True)
    out.print(f"{found.reads:,} reads; {found.waiting:,} of {found.asked:,} records asked for wait for a reader.")
    if found.skipped:
        out.print(f"{found.skipped:,} were skipped three times: somebody should decide on them.", soft_wrap=True)
    table = Table("claim", Column("labels", justify="right"), Column("may stay wrong", justify="right"), "", box=None)
    for claim in found.claims:
        table.add_row(claim.name, f"{claim.size:,}", f"{claim.tolerated:,}", "enough read" if claim.closed else "")
    out.print(table)
    if found.commitment is not None:
        out.print(f"Commitment: {found.commitment}", soft_wrap=True)
    _print_sentences(found)


@app.command("show")
def show_certificate(
    job: JobName,
    certificate_id: CertificateId = None,
    project: JobProject = None,
    directory: Annotated[
        Path | None,
        typer.Option("--out", file_okay=False, help="Write export, certificate and page here."),
    ] = None,
) -> None:
    """Print what a closed certificate says, or write its files: the export, the certificate, and a page."""
    with connected() as tandem:
        found = _the_certificate(tandem, the_job(tandem, job, project).id, certificate_id)
        if directory is None:
            document = tandem.certificates.document(found.job_id, found.id)
        else:
            export, certificate = tandem.certificates.download(found.job_id, found.id, directory)
            document = json.loads(certificate.read_bytes())
            (directory / "certificate.html").write_text(certificate_page(document), encoding="utf-8")
    for sentence in (*document["says"], document["does_not_say"]):
        out.print(sentence, markup=False, soft_wrap=True)
    if directory is not None:
        out.print(f"Check it: tandem certificate verify {export} {certificate}", markup=False, soft_wrap=True)


@app.command("close")
def close_certificate(job: JobName, certificate_id: CertificateId = None, project: JobProject = None) -> None:
    """Close a certificate with what was read so far: claims for which that is too little are refused."""
    with connected() as tandem:
        found = _the_certificate(tandem, the_job(tandem, job, project).id, certificate_id)
        tandem.certificates.close(found.job_id, found.id)
    out.print(f"{found.name} is being closed.", markup=False)


@app.command("abandon")
def abandon_certificate(job: JobName, certificate_id: CertificateId = None, project: JobProject = None) -> None:
    """Give a certificate up: nothing is certified, and what nobody has read leaves the queue."""
    with connected() as tandem:
        found = _the_certificate(tandem, the_job(tandem, job, project).id, certificate_id)
        tandem.certificates.abandon(found.job_id, found.id)
    out.print(f"{found.name} is abandoned.", markup=False)


def plan_job(job: str, project: str | None, options: PlanOptions, *, as_json: bool) -> None:
    """Print the server's plan for a job."""
    with connected() as tandem, err.status("Planning"):
        found = tandem.certificates.plan(
            the_job(tandem, job, project).id,
            errors=options.errors,
            alpha=options.alpha,
            task=options.task,
            seconds=options.seconds,
            hourly_usd=options.hourly,
            model_error=options.model_error,
            panel=options.panel,
        )
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    basis = f"as {found.decided:,} decisions tell" if found.decided else "if the model is as sure as it says"
    out.print(f"{found.records:,} labels, about {found.model_error:.1%} of them wrong, {basis}.", soft_wrap=True)
    out.print(_plan_table(found))
    out.print("Each range holds for 8 of 10 simulated runs; the middle number is the median.", soft_wrap=True)
    if not found.exact:
        out.print("Planned with some of the records and scaled up: it takes fewer looks than this.", soft_wrap=True)


def _plan_table(plan: CertificatePlan) -> Table:
    table = Table("at most wrong", box=None)
    with_usd = any(each.usd is not None for each in plan.errors)
    for column in ("looks", "hours", "dollars")[: 3 if with_usd else 2]:
        table.add_column(column, justify="right")
    for each in plan.errors:
        low, middle, high = each.looks
        cells = [f"{low:,} to {high:,} ({middle:,})", f"{each.hours[0]:.1f} to {each.hours[2]:.1f}"]
        if each.usd is not None:
            cells.append(f"${each.usd[0]:,.0f} to ${each.usd[2]:,.0f}")
        table.add_row(f"{each.error:.3g}", *cells)
    return table


def _print_sentences(certificate: Certificate) -> None:
    for sentence in (*(certificate.says or [certificate.certifies]), certificate.does_not_certify):
        out.print(sentence, markup=False, soft_wrap=True)


def _the_certificate(tandem: Tandem, job_id: str, certificate_id: str | None) -> Certificate:
    """Return the certificate, or the newest of the job. Raises TandemError where there is none."""
    if certificate_id is not None:
        return tandem.certificates.get(job_id, certificate_id)
    found = tandem.certificates.list(job_id)
    if not found:
        raise TandemError(
            "No certificate",
            type="not-found",
            detail="The job has no certificate.",
            cure="Open one with `tandem certificate open`.",
        )
    return found[-1]

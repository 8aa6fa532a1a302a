"""`tandem campaign`: who is asked to look at what."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from tandem_client.cli.jobs import JobProject
from tandem_client.cli.people import the_person
from tandem_client.cli.session import connected, err, out, the_job
from tandem_client.cli.shares import share_option
from tandem_client.reviewing import Campaign

app = typer.Typer(help="Review campaigns: who is asked to look at what.", no_args_is_help=True)
JobName = Annotated[str, typer.Argument(help="Name or id of the job.")]
CampaignId = Annotated[str, typer.Argument(help="Id of the campaign, or `thresholds` for the job's own.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Parameter of the strategy; the value is JSON or text. Repeatable."
    ),
]
Blind = Annotated[float | None, share_option(help="Share of the records that is read blind, e.g. 20%.")]
Person = Annotated[
    list[str] | None, typer.Option("--person", help="Who gets the records, by id or name. Repeatable; else everybody.")
]
StopAfter = Annotated[int | None, typer.Option(min=1, help="Close the campaign after this many decisions.")]


class Order(StrEnum):
    URGENT = "urgent"
    SEQ = "seq"
    RANDOM = "random"


Ordered = Annotated[Order | None, typer.Option(help="The order in which people get the records.")]


@app.command("strategies")
def list_strategies() -> None:
    """List the strategies and their parameters."""
    with connected() as tandem:
        found = tandem.campaigns.strategies()
    for strategy in found:
        out.print(f"[bold]{escape(strategy.name)}[/]  {escape(strategy.title)}")
        for name, field in strategy.parameters.get("properties", {}).items():
            out.print(f"  {name}  {field.get('description', '')}", markup=False, soft_wrap=True)


@app.command("list")
def list_campaigns(job: JobName, project: JobProject = None) -> None:
    """List the campaigns of a job and how far they are."""
    with connected() as tandem:
        found = tandem.campaigns.list(the_job(tandem, job, project).id)
    table = Table("campaign", "strategy", "state", "open", "decided", "walked", Column("id", no_wrap=True), box=None)
    for each in found:
        table.add_row(
            escape(each.name),
            each.strategy,
            each.state,
            f"{each.items_open:,}",
            f"{each.items_decided:,}",
            f"{each.share:.0%}",
            each.id,
        )
    out.print(table)


@app.command("create")
def create_campaign(
    job: JobName,
    strategy: Annotated[str, typer.Argument(help="Name of the strategy; `tandem campaign strategies` lists them.")],
    parameters: Parameters = None,
    name: Annotated[str | None, typer.Option(help="Name of the campaign.")] = None,
    order: Ordered = None,
    blind_share: Blind = None,
    person: Person = None,
    stop_after: StopAfter = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what it would ask for.")] = False,
    project: JobProject = None,
) -> None:
    """Ask people to look at what a strategy picks."""
    with connected() as tandem:
        job_id = the_job(tandem, job, project).id
        given = _parameters(parameters)
        if dry_run:
            count = tandem.campaigns.count(job_id, strategy, given)
            out.print(_sentence(count.would_ask, count.would_withdraw, exact=count.exact), markup=False)
            return
        campaign = tandem.campaigns.create(
            job_id,
            strategy,
            given,
            name=name,
            order=(order or Order.URGENT).value,
            blind_share=blind_share or 0.0,
            people=[the_person(tandem, who).id for who in person] if person else None,
            stop="never" if stop_after is None else "decided",
            stop_after=stop_after,
        )
        _print_progress(tandem.campaigns.wait(campaign))


@app.command("change")
def change_campaign(
    job: JobName,
    campaign: CampaignId,
    parameters: Parameters = None,
    order: Ordered = None,
    blind_share: Blind = None,
    person: Person = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Let all readers get the records.")] = False,
    stop_after: StopAfter = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be asked for and withdrawn.")
    ] = False,
    project: JobProject = None,
) -> None:
    """Change a campaign: newly picked records are asked for, others withdrawn unless somebody decided them."""
    changes: dict[str, Any] = {}
    with connected() as tandem:
        job_id = the_job(tandem, job, project).id
        found = tandem.campaigns.get(job_id, _id(job_id, campaign))
        if given := _parameters(parameters):
            changes["parameters"] = given
        if order is not None:
            changes["order"] = order.value
        if blind_share is not None:
            changes["blind_share"] = blind_share
        if person or everybody:
            changes["people"] = None if everybody else [the_person(tandem, who).id for who in person or ()]
        if stop_after is not None:
            changes["stop"] = {"rule": "decided", "after": stop_after}
        if dry_run:
            count = tandem.campaigns.count(job_id, found.strategy, found.parameters | given)
            out.print(_sentence(count.would_ask, count.would_withdraw, exact=count.exact), markup=False)
            return
        _print_progress(tandem.campaigns.wait(tandem.campaigns.change(job_id, found.id, **changes)))


@app.command("pause")
def pause_campaign(job: JobName, campaign: CampaignId, project: JobProject = None) -> None:
    """Pause a campaign: its records stay in the queue and nobody gets them."""
    with connected() as tandem:
        job_id = the_job(tandem, job, project).id
        _print_progress(tandem.campaigns.pause(job_id, _id(job_id, campaign)))


@app.command("open")
def open_campaign(job: JobName, campaign: CampaignId, project: JobProject = None) -> None:
    """Open a paused or closed campaign again."""
    with connected() as tandem:
        job_id = the_job(tandem, job, project).id
        _print_progress(tandem.campaigns.wait(tandem.campaigns.open(job_id, _id(job_id, campaign))))


@app.command("close")
def close_campaign(job: JobName, campaign: CampaignId, project: JobProject = None) -> None:
    """Close a campaign: its requests for records that nobody decided are withdrawn."""
    with connected() as tandem:
        job_id = the_job(tandem, job, project).id
        _print_progress(tandem.campaigns.wait(tandem.campaigns.close(job_id, _id(job_id, campaign))))


def _id(job_id: str, campaign: str) -> str:
    return f"{job_id}-thresholds" if campaign == "thresholds" else campaign


def _parameters(given: list[str] | None) -> dict[str, Any]:
    """Read NAME=VALUE options, where a dot in the name goes a level down. Raises typer.BadParameter."""
    read: dict[str, Any] = {}
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"{each!r} is not NAME=VALUE", param_hint="--set")
        *above, last = name.split(".")
        where = read
        for step in above:
            where = where.setdefault(step, {})
        try:
            where[last] = json.loads(value)
        except ValueError:
            where[last] = value
    return read


def _sentence(asks: int, withdraws: int, *, exact: bool) -> str:
    about = "" if exact else "about "
    told = f"It would ask for {about}{asks:,} records"
    return f"{told} and withdraw {about}{withdraws:,}." if withdraws else f"{told}."


def _print_progress(campaign: Campaign) -> None:
    out.print(f"{campaign.name} ({campaign.id}) is {campaign.state}.", markup=False, soft_wrap=True)
    if campaign.finished_at is not None:
        out.print(
            f"{campaign.picked:,} records picked: {campaign.queued:,} asked for, {campaign.waiting:,} waiting for "
            f"another campaign, {campaign.decided:,} decided.",
            markup=False,
            soft_wrap=True,
        )
    if campaign.notice:
        err.print(campaign.notice, markup=False, soft_wrap=True)

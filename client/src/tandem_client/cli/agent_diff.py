"""`tandem agent diff`: what changes when one agent replaces another; its exit status is for CI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from tandem.quality.certificates.flips import reads_for
from tandem.quality.certificates.opening import tolerated_of
from tandem_client.certificate_files import missed_of, read_certificate
from tandem_client.cli.jobs import JobProject, follow
from tandem_client.cli.session import connected, err, out, the_agent, the_job
from tandem_client.cli.shares import share_option
from tandem_client.cli.terminal import json_for_terminals
from tandem_client.client import Tandem
from tandem_client.errors import TandemError
from tandem_client.flips import FlipClass, Flips, Verdicts
from tandem_client.models import Agent, Job
from tandem_client.reviewing import ReviewPolicy

LIMIT_EXCEEDED = 3
"""Exit status where a limit that was asked for does not hold."""
MOST_CLASSES = 30
NOBODY = ReviewPolicy(threshold=0, review_without_confidence=False, review_invalid=False)
"""The new job asks for nobody by itself: whoever reads a changed label must not have seen it."""


def diff(
    old: Annotated[str, typer.Argument(help="Agent as it is: a name, `name@version` or an id.")],
    new: Annotated[str, typer.Argument(help="Agent that would replace it.")],
    over: Annotated[str, typer.Option(help="Name or id of the old agent's job: its records are compared.")],
    project: JobProject = None,
    task: Annotated[str | None, typer.Option(help="Task, where the jobs have several in common.")] = None,
    run: Annotated[
        bool,
        typer.Option("--run", help="Run the new agent over the job's records first, where it has not. It is paid."),
    ] = False,
    budget: Annotated[
        float | None, typer.Option(min=0, help="With --run: most that it may cost, in US dollars.")
    ] = None,
    audit: Annotated[
        int | None,
        typer.Option(min=1, help="Draw about so many changed labels at random for people to read blind, once."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Certificate of the old job's export.")
    ] = None,
    max_error: Annotated[
        float | None, share_option(help="Fail unless at most this share of the new labels is wrong, e.g. 2%.")
    ] = None,
    max_added: Annotated[
        int | None, typer.Option(help="Fail unless the change adds at most so many wrong labels; may be negative.")
    ] = None,
    max_flips: Annotated[
        float | None, share_option(help="Fail when a larger share of the labels changes, e.g. 10%.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Fail when a thousand records cost more, in US dollars.")
    ] = None,
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Probability that the bound is wrong.")] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Show which labels change from agent OLD to agent NEW, what that costs, and how many are wrong afterwards at most.

    Exit status: 0 all limits hold, 3 one does not, 1 an error. A bound needs blind reads (--audit), and the certificate
    of the old job to bound all wrong labels.
    """
    if max_error is not None and certificate is None:
        raise typer.BadParameter(
            "it needs --certificate, which says how many old labels are wrong", param_hint="--max-error"
        )
    with connected() as tandem:
        old_job, new_job = _jobs(tandem, old, new, the_job(tandem, over, project), run=run, budget=budget)
        if audit is not None:
            campaign = tandem.comparisons.audit_flips(old_job.id, new_job.id, reads=audit, task=task)
            waiting = f"; {campaign.waiting:,} wait in another campaign" if campaign.waiting else ""
            err.print(
                f"Campaign {campaign.id}: {campaign.queued:,} changed labels to read blind{waiting}.", markup=False
            )
        found = tandem.comparisons.flips(
            old_job.id,
            new_job.id,
            task=task,
            old_missed=None if certificate is None else missed_of(read_certificate(certificate), task),
            alpha=alpha,
        )
    if as_json:
        typer.echo(json_for_terminals(found.model_dump_json(indent=2)))
    else:
        _show(found)
    exceeded = list(_exceeded(found, max_error=max_error, max_added=max_added, max_flips=max_flips, max_cost=max_cost))
    for sentence in exceeded:
        err.print(sentence, style="bold red", markup=False, soft_wrap=True)
    if exceeded:
        raise typer.Exit(LIMIT_EXCEEDED)


def _jobs(tandem: Tandem, old: str, new: str, over: Job, *, run: bool, budget: float | None) -> tuple[Job, Job]:
    """Return the old agent's job and the new one's over the same records; run the new one where `run` says so."""
    home = next(each for each in tandem.projects.list() if each.id == over.project_id)
    before, after = the_agent(tandem, home, old), the_agent(tandem, home, new)
    if over.agent_id != before.id:
        raise TandemError(
            "Another agent's job",
            type="not-comparable",
            detail=f"--over: the labels of {over.name!r} are those of {over.agent.name}, version {over.agent.version}",
            cure=f"Give {over.agent.name}@{over.agent.version} as OLD, or a job of {before.name}@{before.version}.",
        )
    known = [
        job
        for job in tandem.jobs.list(home.id)
        if (job.dataset_id, job.agent_id) == (over.dataset_id, after.id) and job.id != over.id
    ]
    if known:
        return over, max(known, key=lambda job: job.created_at)
    if not run:
        raise TandemError(
            "Not run yet",
            type="not-found",
            detail=f"{after.name}, version {after.version}, has no job over these records",
            cure="Start it with --run; `tandem estimate` tells beforehand what it costs.",
        )
    return over, follow(tandem, _started(tandem, over, after, budget))


def _started(tandem: Tandem, over: Job, agent: Agent, budget: float | None) -> Job:
    """Start the agent over the records of a job."""
    subset = None
    if over.size < tandem.datasets.get(over.dataset_id).record_count:
        definition = {"kind": "job", "job_id": over.id}
        name = f"records of {over.name} ({over.id[-6:]})"
        there = [each for each in tandem.subsets.list(over.dataset_id) if each.name == name]
        subset = there[0] if there else tandem.subsets.create(over.dataset_id, name=name, definition=definition)
    return tandem.jobs.create(
        over.project_id,
        dataset_id=over.dataset_id,
        agent_id=agent.id,
        name=f"{agent.name}@{agent.version} over {over.name}",
        subset_id=None if subset is None else subset.id,
        review_policy=NOBODY,
        budget_usd=budget,
    )


def _show(found: Flips) -> None:
    out.print(
        f"{found.task}: {found.flips:,} of {found.labeled:,} labels change ({found.flipped_share:.1%}); "
        f"{found.lost:,} records lose theirs",
        highlight=False,
    )
    if found.classes:
        out.print(_classes_table(found.classes[:MOST_CLASSES]))
    for line in (*_cost_lines(found), *bound_lines(found)):
        out.print(line, markup=False, soft_wrap=True)


def _classes_table(classes: tuple[FlipClass, ...]) -> Table:
    """Lay out the flips by class; known labels as new right / old right / neither."""
    columns: list[str | Column] = [
        "from",
        "to",
        *(Column(name, justify="right") for name in ("records", "gold new/old/-", "read new/old/-")),
    ]
    table = Table(*columns, box=None)
    for each in classes:
        before = "no label" if each.from_label is None else each.from_label
        verdicts = (_verdicts(each.gold), _verdicts(each.read))
        table.add_row(escape(before), escape(each.to_label), f"{each.records:,}", *verdicts)
    return table


def _verdicts(found: Verdicts) -> str:
    parts = (found.new_right, found.old_right, found.neither)
    return "/".join(map(str, parts)) if any(parts) else ""


def _cost_lines(found: Flips) -> Iterator[str]:
    if found.usd_per_1000_change is not None:
        yield (
            f"${found.new.usd_per_1000 or 0:.4g} a thousand records instead of ${found.old.usd_per_1000 or 0:.4g} "
            f"({found.usd_per_1000_change:+.4g})"
        )
    else:
        yield "The price of a thousand records is not known for both agents."


def bound_lines(found: Flips) -> Iterator[str]:
    """Yield what is known of wrong labels after the change, and what would tell more."""
    bound, audit = found.bound, found.audit
    if bound.refused is not None:
        yield f"No bound: {bound.refused}"
        return
    if audit is None:
        yield f"Nobody read a sample of the changed labels: all {found.flips:,} may be wrong. Draw one with --audit."
        if (needed := reads_for(found.flips, new_share=0.2, old_share=0.6, added=0, alpha=bound.alpha)) is not None:
            yield f"{needed:,} reads show no loss, if 20 % of the new labels and 60 % of the old are wrong."
    else:
        unread = audit.drawn - audit.read
        later = f"; the {unread:,} others count as wrong" if unread else ""
        yield f"Read blind: {audit.read:,} of {audit.drawn:,} drawn from {audit.open:,} changed labels{later}."
    if bound.left_wrong:
        yield (
            f"{bound.left_wrong:,} records have a label that people changed in the old job. Carry the decisions over "
            "to the new job."
        )
    if bound.added_at_most is not None:
        change = (
            f"adds at most {bound.added_at_most:,} wrong labels"
            if bound.added_at_most >= 0
            else f"removes at least {-bound.added_at_most:,} wrong labels"
        )
        yield f"The change {change}, with {1 - bound.alpha:.0%} confidence."
    if bound.missed_at_most is not None and bound.error_at_most is not None:
        yield (
            f"At most {bound.missed_at_most:,} of {found.labeled:,} new labels are wrong ({bound.error_at_most:.2%}); "
            "the risk of the old certificate adds to that of this bound."
        )


def _exceeded(
    found: Flips, *, max_error: float | None, max_added: int | None, max_flips: float | None, max_cost: float | None
) -> Iterator[str]:
    """Yield a sentence for each limit that does not hold."""
    bound = found.bound
    if max_error is not None:
        allowed = tolerated_of(max_error, found.labeled)
        if bound.missed_at_most is None or bound.missed_at_most > allowed:
            shown = (
                "nothing is shown" if bound.missed_at_most is None else f"at most {bound.missed_at_most:,} are shown"
            )
            yield f"--max-error {max_error:g} allows {allowed:,} wrong labels; {shown}."
    if max_added is not None and (bound.added_at_most is None or bound.added_at_most > max_added):
        shown = "nothing is shown" if bound.added_at_most is None else f"at most {bound.added_at_most:,} are shown"
        yield f"--max-added {max_added} is not shown to hold: {shown}."
    if max_flips is not None and found.flipped_share > max_flips:
        yield f"--max-flips {max_flips:g} does not hold: {found.flipped_share:.2%} of the labels change."
    cost = found.new.usd_per_1000
    if max_cost is not None and (cost is None or cost > max_cost):
        shown = "an unknown price" if cost is None else f"${cost:.4g}"
        yield f"--max-cost {max_cost:g} does not hold: a thousand records cost {shown}."

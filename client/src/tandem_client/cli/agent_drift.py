"""`tandem agent drift`: whether an agent's labels became worse than accepted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from tandem_client.cli.session import connected, out, the_agent, the_project

ALARM = 3
"""Exit status where a task has an alarm."""


def drift(
    agent: Annotated[str, typer.Argument(help="Agent: a name, `name@version` or an id.")],
    project: Annotated[str, typer.Option(help="Name of the project.")],
    since: Annotated[datetime | None, typer.Option(help="Only labels made from then on.")] = None,
) -> None:
    """Tell whether more of an agent's labels are wrong than accepted, by blind reads of its campaigns `stream_audit`.

    Exit status: 0 no alarm, 3 an alarm, 1 an error.
    """
    with connected() as tandem:
        found = tandem.agents.drift(the_agent(tandem, the_project(tandem, project), agent).id, since=since)
    if not found.jobs:
        out.print(
            "No campaign stream_audit draws labels of this agent. Create one: `tandem campaign create JOB stream_audit "
            "--set share=0.02 --set accepted_error=0.05 --blind-share 1`.",
            markup=False,
            soft_wrap=True,
        )
    for task in found.tasks:
        share = f", {task.wrong / task.reads:.1%}" if task.reads else ""
        said = f"{task.task}: {task.wrong:,} of {task.reads:,} labels wrong{share}; accepted {task.accepted_error:.1%}"
        when = "" if task.alarm_at is None else f" with a label of {task.alarm_at:%Y-%m-%d %H:%M}"
        tail = f"ALARM{when}" if task.alarm else "no alarm"
        out.print(f"{said}; evidence {task.evidence:,.3g} of 1,000: {tail}", markup=False, soft_wrap=True)
    if found.alarm:
        raise typer.Exit(ALARM)

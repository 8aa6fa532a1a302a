"""`tandem export` and `tandem dataset export`: labels as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tandem_client.cli.session import connected, out, the_dataset, the_job, the_project
from tandem_client.resources.downloads import ENDINGS

Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        dir_okay=False,
        help="File to write. Its ending says the format: .csv, .jsonl, .parquet, .arrow, or .zip for the layout that "
        "Hugging Face's datasets.load_dataset takes once it is unpacked.",
    ),
]


class Outcome(StrEnum):
    LABELED = "labeled"
    INVALID = "invalid"
    FAILED = "failed"
    NOT_RUN = "not_run"


def export(
    job: Annotated[str, typer.Argument(help="Name or id of the job.")],
    output: Output,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="CSV for a spreadsheet: letters come right, no text is a formula.")
    ] = False,
    outcome: Annotated[list[Outcome] | None, typer.Option(help="Only records that ended so; repeatable.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Only records where this holds, as task=label; repeatable.")
    ] = None,
    confidence_from: Annotated[float | None, typer.Option(min=0, max=1, help="At least this confidence.")] = None,
    confidence_to: Annotated[float | None, typer.Option(min=0, max=1, help="At most this confidence.")] = None,
    verified: Annotated[
        bool | None,
        typer.Option("--verified/--not-verified", help="Only what people decided, or only others."),
    ] = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="The whole file shows one moment, even while work goes on.")
    ] = False,
    project: Annotated[str | None, typer.Option(help="The job's project, where several jobs have the name.")] = None,
) -> None:
    """Write a job's labels to a file, people's decisions included."""
    _check(output)
    with connected() as tandem:
        size = tandem.jobs.export(
            the_job(tandem, job, project).id,
            output,
            spreadsheet_safe=spreadsheet,
            outcomes=[each.value for each in outcome or ()],
            labels=label or [],
            confidence_from=confidence_from,
            confidence_to=confidence_to,
            verified=verified,
            snapshot="now" if snapshot else None,
        )
    out.print(f"{output} written ({size:,} bytes).", markup=False)


def export_dataset(
    name: Annotated[str, typer.Argument(help="Name of the data set.")],
    output: Output,
    project: Annotated[str, typer.Option(help="Name of the project.")],
    snapshot: Annotated[bool, typer.Option("--snapshot", help="All of the file shows one moment.")] = False,
) -> None:
    """Write all records of a data set with what holds now over all its jobs."""
    _check(output)
    with connected() as tandem:
        dataset = the_dataset(tandem, the_project(tandem, project), name)
        size = tandem.datasets.export(dataset.id, output, snapshot="now" if snapshot else None)
    out.print(f"{output} written ({size:,} bytes).", markup=False)


def _check(output: Path) -> None:
    if output.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"the file must end in {', '.join(ENDINGS)}", param_hint="--output")

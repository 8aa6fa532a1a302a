"""`tandem subset`: saved, named, frozen selections of a data set."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tandem_client.cli.session import connected, out, the_dataset, the_job, the_project
from tandem_client.client import Tandem
from tandem_client.errors import TandemError
from tandem_client.models import Dataset
from tandem_client.resources.subsets import Subset

app = typer.Typer(help="Saved, named, frozen selections of a data set's records.", no_args_is_help=True)

ProjectOption = Annotated[str, typer.Option("--project", help="Name of the project.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Name of the data set.")]
NameArgument = Annotated[str, typer.Argument(help="Name of the subset.")]


@app.command()
def create(
    name: NameArgument,
    project: ProjectOption,
    dataset: DatasetOption,
    record: Annotated[list[str] | None, typer.Option(help="A record by your own id; repeatable.")] = None,
    job: Annotated[str | None, typer.Option(help="Records of this job, by the options below.")] = None,
    outcome: Annotated[list[str] | None, typer.Option(help="labeled, invalid or failed; repeatable.")] = None,
    reason: Annotated[list[str] | None, typer.Option(help="Why records are invalid or failed; repeatable.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="TASK=VALUE, the label that holds; repeatable.")] = None,
    least_confidence: Annotated[float | None, typer.Option(min=0, max=1, help="A label has at least this.")] = None,
    below_confidence: Annotated[float | None, typer.Option(min=0, max=1, help="A label has less than this.")] = None,
    verified: Annotated[bool | None, typer.Option(help="Only what people decided on, or only the rest.")] = None,
    union: Annotated[list[str] | None, typer.Option(help="All records of these subsets; repeatable.")] = None,
    intersection: Annotated[list[str] | None, typer.Option(help="Records in all these subsets; repeatable.")] = None,
    difference: Annotated[
        list[str] | None, typer.Option(help="Records of the first of these subsets that are in no other; repeatable.")
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Only count the records.")] = False,
) -> None:
    """Save the records that the options select now. Later changes of labels do not change the subset."""
    of_job = {
        "outcomes": outcome,
        "reasons": reason,
        "labels": _labels(label or []),
        "least_confidence": least_confidence,
        "below_confidence": below_confidence,
        "verified": verified,
    }
    combined = {"union": union, "intersection": intersection, "difference": difference}
    given = {key: value for key, value in of_job.items() if value not in (None, {}, [])}
    operations = {key: names for key, names in combined.items() if names}
    if bool(record) + (job is not None) + len(operations) != 1:
        raise typer.BadParameter("give one of --record, --job, --union, --intersection and --difference")
    if given and job is None:
        raise typer.BadParameter(f"{', '.join(given)}: give the --job whose records are meant")
    with connected() as tandem:
        home = the_project(tandem, project)
        data = the_dataset(tandem, home, dataset)
        definition: dict[str, Any] = {"kind": "records", "record_ids": record}
        if job is not None:
            definition = {"kind": "job", "job_id": the_job(tandem, job, project).id, **given}
        for operation, names in operations.items():
            ids = [the_subset(tandem, data, each).id for each in names]
            definition = {"kind": "combined", "operation": operation, "subset_ids": ids}
        if count:
            out.print(f"{tandem.subsets.count(data.id, definition):,} records")
            return
        made = tandem.subsets.create(data.id, name=name, definition=definition)
    out.print(f"{made.name}: {made.size:,} records", markup=False)


@app.command("list")
def list_(project: ProjectOption, dataset: DatasetOption) -> None:
    """List the subsets of a data set."""
    with connected() as tandem:
        found = tandem.subsets.list(the_dataset(tandem, the_project(tandem, project), dataset).id)
    if not found:
        out.print("There are no subsets yet. `tandem subset create` makes one.")
        return
    table = Table("subset", "records", "made by", "at", box=None)
    for subset in found:
        at = f"{subset.created_at:%Y-%m-%d %H:%M}"
        table.add_row(escape(subset.name), f"{subset.size:,}", escape(subset.created_by), at)
    out.print(table)


@app.command()
def show(name: NameArgument, project: ProjectOption, dataset: DatasetOption) -> None:
    """Show a subset and the definition it was made from, as JSON."""
    with connected() as tandem:
        subset = the_subset(tandem, the_dataset(tandem, the_project(tandem, project), dataset), name)
    out.print_json(subset.model_dump_json())


@app.command()
def delete(name: NameArgument, project: ProjectOption, dataset: DatasetOption) -> None:
    """Delete a subset. Jobs that ran over it keep their records."""
    with connected() as tandem:
        subset = the_subset(tandem, the_dataset(tandem, the_project(tandem, project), dataset), name)
        tandem.subsets.delete(subset.id)
    out.print(f"{subset.name} is deleted.", markup=False)


def the_subset(tandem: Tandem, dataset: Dataset, name: str) -> Subset:
    """Return the data set's subset of this name. Raises TandemError."""
    for subset in tandem.subsets.list(dataset.id):
        if subset.name == name:
            return subset
    raise TandemError(
        "No such subset",
        type="not-found",
        detail=f"The data set {dataset.name!r} has no subset {name!r}",
        cure="`tandem subset list` shows them.",
    )


def _labels(given: list[str]) -> dict[str, list[str]]:
    """Read `sentiment=positive` into the values of each task."""
    labels: dict[str, list[str]] = {}
    for each in given:
        task, equals, value = each.partition("=")
        if not equals or not task:
            raise typer.BadParameter(f"{each!r} is not TASK=VALUE", param_hint="--label")
        labels.setdefault(task, []).append(value)
    return labels

"""`tandem schema`: what may be answered."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from tandem_client.cli.jobs import follow
from tandem_client.cli.progress import plain_line
from tandem_client.cli.review_policy import Threshold, WithoutConfidence, review_policy
from tandem_client.cli.rollback import rollback
from tandem_client.cli.session import connected, out, the_agent, the_job, the_label_schema, the_project
from tandem_client.models import CarryOverReport, LabelSchema
from tandem_client.resources.label_schemas import SchemaFormat
from tandem_client.tasks import LabelOption, SingleChoice

app = typer.Typer(help="Label schemas: what may be answered.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the label schema.")]
ProjectOption = Annotated[str, typer.Option(help="Name of the project.")]
VersionOption = Annotated[int | None, typer.Option(help="Version of the label schema; the latest when left out.")]


@app.command()
def create(
    project: Annotated[str, typer.Option(help="Name of the project; created if it does not exist.")],
    name: Annotated[
        str | None,
        typer.Argument(help="Name of the schema; left out: the name in the file. With --labels, the task's name."),
    ] = None,
    labels: Annotated[str | None, typer.Option(help="The labels, separated by commas: a,b,c")] = None,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A YAML or JSON file, as `schema export` writes it."),
    ] = None,
    question: Annotated[str, typer.Option(help="With --labels: the instruction, e.g. 'What is the sentiment?'")] = "",
) -> None:
    """Create a label schema, or its next version. An equal one is not made twice."""
    if (labels is None) == (file is None):
        raise typer.BadParameter("give either --labels or --file")
    if name is None and file is None:
        raise typer.BadParameter("--labels needs a name")
    with connected() as tandem, rollback(tandem) as made:
        home = made.project(project)
        if file is not None:
            schema = tandem.label_schemas.create_from_file(home.id, file, name=name)
        else:
            task = _from_labels(name or "", question, labels or "")
            schema = tandem.label_schemas.create(home.id, name=task.name, tasks=[task])
    out.print(f"Label schema {schema.name}, version {schema.version}: {_tasks(schema)}", markup=False, soft_wrap=True)


@app.command("list")
def list_schemas(project: ProjectOption) -> None:
    """List the versions of a project's label schemas."""
    with connected() as tandem:
        schemas = tandem.label_schemas.list(the_project(tandem, project).id)
    table = Table("label schema", "version", "labels", Column("id", no_wrap=True), box=None)
    for schema in schemas:
        table.add_row(escape(schema.name), str(schema.version), escape(_tasks(schema)), schema.id)
    out.print(table)


@app.command()
def show(name: NameArgument, project: ProjectOption, version: VersionOption = None) -> None:
    """Show a version as its YAML file."""
    with connected() as tandem:
        schema = the_label_schema(tandem, the_project(tandem, project), name, version)
        out.print(f"# version {schema.version}, made {schema.created_at:%Y-%m-%d %H:%M}, id {schema.id}", markup=False)
        out.print(tandem.label_schemas.export(schema.id), markup=False, soft_wrap=True, end="")


@app.command()
def export(
    name: NameArgument,
    project: ProjectOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; its ending says yaml or json.")],
    version: VersionOption = None,
) -> None:
    """Write a version to a YAML or JSON file, from which `schema create --file` makes an equal one."""
    if output.suffix.lower() not in (".yaml", ".yml", ".json"):
        raise typer.BadParameter("the file must end in .yaml, .yml or .json", param_hint="--output")
    with connected() as tandem:
        schema = the_label_schema(tandem, the_project(tandem, project), name, version)
        chosen: SchemaFormat = "json" if output.suffix.lower() == ".json" else "yaml"
        output.write_text(tandem.label_schemas.export(schema.id, format=chosen), encoding="utf-8")
    out.print(f"{output} written: {schema.name}, version {schema.version}.", markup=False, soft_wrap=True)


@app.command()
def diff(
    name: NameArgument,
    project: ProjectOption,
    old: Annotated[int | None, typer.Option("--from", help="The one before --to when left out.")] = None,
    new: Annotated[int | None, typer.Option("--to", help="The latest when left out.")] = None,
) -> None:
    """Show what changed from one version to another, line by line of their YAML files."""
    with connected() as tandem:
        home = the_project(tandem, project)
        after = the_label_schema(tandem, home, name, new)
        before = the_label_schema(tandem, home, after.name, after.version - 1 if old is None else old)
        old_text, new_text = (tandem.label_schemas.export(each.id).splitlines() for each in (before, after))
    old_title, new_title = (f"{each.name} v{each.version}" for each in (before, after))
    lines = list(difflib.unified_diff(old_text, new_text, old_title, new_title, lineterm=""))
    out.print("\n".join(lines) if lines else "No difference.", markup=False, soft_wrap=True)


@app.command()
def carry_over(
    name: NameArgument,
    project: ProjectOption,
    from_job: Annotated[str, typer.Option(help="Id or name of the job whose labels are carried over.")],
    version: VersionOption = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="A given mapping, task:old=new, or task:old= where there is no new label; repeatable. All others map "
            "by equal value."
        ),
    ] = None,
    agent: Annotated[
        str | None, typer.Option(help="Agent that labels the rest; else it ends as invalid, for people.")
    ] = None,
    job_name: Annotated[str | None, typer.Option("--name", help="Name of the new job.")] = None,
    threshold: Threshold = None,
    without_confidence: WithoutConfidence = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would carry over.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start the job and return at once.")] = False,
) -> None:
    """Carry the labels of a job over to another version of its label schema, as a job of its own."""
    policy = review_policy(threshold, without_confidence)
    with connected() as tandem:
        home = the_project(tandem, project)
        result = tandem.label_schemas.carry_over(
            the_label_schema(tandem, home, name, version).id,
            from_job=the_job(tandem, from_job, project).id,
            mapping=_mapping(label or []),
            agent_id=the_agent(tandem, home, agent).id if agent else None,
            name=job_name,
            review_policy=policy,
            dry_run=dry_run,
        )
        _print_report(result.report)
        if (job := result.job) is None:
            return
        if not detach:
            job = follow(tandem, job)
    out.print(plain_line(job), markup=False, soft_wrap=True)
    out.print(f"id {job.id}")


def _from_labels(name: str, question: str, labels: str) -> SingleChoice:
    values = [value.strip() for value in labels.split(",") if value.strip()]
    if len(values) < 2:
        raise typer.BadParameter("--labels needs at least two labels, separated by commas")
    return SingleChoice(name=name, question=question, options=tuple(LabelOption(value=value) for value in values))


def _mapping(given: list[str]) -> dict[str, dict[str, str | None]]:
    mapping: dict[str, dict[str, str | None]] = {}
    for each in given:
        task, colon, labels = each.partition(":")
        old, equals, new = labels.partition("=")
        if not (colon and equals and task and old):
            raise typer.BadParameter(f"{each!r} is not task:old=new", param_hint="--label")
        mapping.setdefault(task, {})[old] = new or None
    return mapping


def _tasks(schema: LabelSchema) -> str:
    """One task by its labels, several by their names and kinds."""
    if len(schema.tasks) == 1 and schema.tasks[0].labels:
        return ", ".join(schema.tasks[0].labels)
    return ", ".join(f"{task.name} ({task.kind})" for task in schema.tasks)


def _print_report(report: CarryOverReport) -> None:
    people = f", {report.verified} of them as people decided" if report.verified else ""
    lines = [f"{report.carried} of {report.records} records carry over{people}; {report.not_carried} do not."]
    for name, task in report.tasks.items():
        moved = [f"{old} → {new}: {count}" for old, each in task.labels.items() for new, count in each.items()]
        lines.append(f"  {name}: {task.carried} carried" + (f" ({', '.join(moved)})" if moved else ""))
        lines += [f"    {reason}: {count}" for reason, count in task.not_carried.items()]
        lines += [f"    no new label for {old!r}: {count}" for old, count in task.labels_not_carried.items()]
        if task.new_labels:
            lines.append(f"    new, and on no carried record: {', '.join(task.new_labels)}")
    if report.dropped_tasks:
        lines.append(f"  tasks that the new version does not have: {', '.join(report.dropped_tasks)}")
    out.print("\n".join(lines), markup=False, soft_wrap=True)

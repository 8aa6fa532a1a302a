"""`tandem schema`: what may be answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import ValidationError
from rich.table import Table

from tandem_client.cli.session import connected, out, the_project
from tandem_client.errors import TandemError
from tandem_client.models import LabelOption, SingleChoice

app = typer.Typer(help="Label schemas: what may be answered.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Name of the schema and, with --labels, of its task.")],
    project: Annotated[str, typer.Option(help="Name of the project; made when there is none.")],
    labels: Annotated[str | None, typer.Option(help="The labels, separated by commas: a,b,c")] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A YAML or JSON file with tasks or options.")
    ] = None,
    question: Annotated[str, typer.Option(help="The instruction, e.g. 'What is the sentiment?'")] = "",
) -> None:
    """Create a label schema, or its next version. An equal one is not made twice."""
    if (labels is None) == (file is None):
        raise typer.BadParameter("give either --labels or --file")
    tasks = _tasks_of(file, name, question) if file else [_from_labels(name, question, labels or "")]
    with connected() as tandem:
        home = tandem.projects.find(project) or tandem.projects.create(project)
        schema = tandem.label_schemas.create(home.id, name=name, tasks=tasks)
    values = ", ".join(option.value for task in schema.tasks for option in task.options)
    out.print(f"Label schema {schema.name}, version {schema.version}: {values}", markup=False)


@app.command("list")
def list_schemas(project: Annotated[str, typer.Option(help="Name of the project.")]) -> None:
    """List the versions of a project's label schemas."""
    with connected() as tandem:
        schemas = tandem.label_schemas.list(the_project(tandem, project).id)
    table = Table("label schema", "version", "labels", "id", box=None)
    for schema in schemas:
        values = ", ".join(option.value for task in schema.tasks for option in task.options)
        table.add_row(schema.name, str(schema.version), values, schema.id)
    out.print(table)


def _from_labels(name: str, question: str, labels: str) -> SingleChoice:
    values = [value.strip() for value in labels.split(",") if value.strip()]
    if len(values) < 2:
        raise typer.BadParameter("--labels needs at least two labels, separated by commas")
    return SingleChoice(name=name, question=question, options=tuple(LabelOption(value=value) for value in values))


def _tasks_of(file: Path, name: str, question: str) -> list[SingleChoice]:
    """Read `tasks: [...]`, one task, or a plain list of options."""
    try:
        content = _parsed(file)
        if isinstance(content, list):
            content = {"options": content}
        tasks = content.get("tasks") or [{"name": name, "question": question, **content}]
        return [SingleChoice.model_validate({**task, "options": _options(task["options"])}) for task in tasks]
    except (ValueError, yaml.YAMLError, ValidationError, KeyError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise TandemError(
            "The label schema cannot be read",
            type="bad-schema-file",
            detail=f"{file} is no label schema ({type(error).__name__}: {reason})",
            cure="Give `options:` with a list of values, or of value, name and description.",
        ) from error


def _parsed(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    return json.loads(text) if file.suffix.lower() == ".json" else yaml.safe_load(text)


def _options(options: list[Any]) -> list[Any]:
    return [option if isinstance(option, dict) else {"value": str(option)} for option in options]

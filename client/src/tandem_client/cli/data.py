"""`tandem import`: a file into a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from tandem_client.cli.session import connected, err, out, the_label_schema


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv, .jsonl or .ndjson file in UTF-8.")],
    project: Annotated[str, typer.Option(help="Name of the project; made when there is none.")],
    text_column: Annotated[list[str], typer.Option(help="Column that becomes a field of the record; repeatable.")],
    dataset: Annotated[str | None, typer.Option(help="Name of the data set; the file's name when left out.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column with your own unique key.")] = None,
    gold_column: Annotated[str | None, typer.Option(help="Column with the right answer, to measure accuracy.")] = None,
    gold_task: Annotated[
        str | None, typer.Option(help="Task of the label schema that the gold column answers.")
    ] = None,
    gold_columns: Annotated[
        str | None, typer.Option(help="Several gold columns, as task=column, separated by commas.")
    ] = None,
    gold_separator: Annotated[
        str | None,
        typer.Option(help="Between the gold labels of a multiple choice, e.g. ';'; else they are JSON lists."),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="Name of the label schema whose tasks the gold values are of; checks them.")
    ] = None,
    metadata_column: Annotated[list[str] | None, typer.Option(help="Column to keep beside the record.")] = None,
    skip_duplicates: Annotated[bool, typer.Option(help="Leave out ids that are there already.")] = False,
    skip_same_content: Annotated[
        bool, typer.Option(help="Leave out rows whose fields equal those of another record.")
    ] = False,
) -> None:
    """Import a file into a data set: all of it, or nothing and an error that names row and column."""
    with connected() as tandem:
        home = tandem.projects.find(project) or tandem.projects.create(project)
        name = dataset or file.stem
        target = tandem.datasets.find(home.id, name) or tandem.datasets.create(home.id, name=name)
        take = tandem.datasets.import_csv if file.suffix.lower() == ".csv" else tandem.datasets.import_jsonl
        with Progress(console=err, transient=True) as bar:
            upload = bar.add_task(f"Importing {file.name}", total=file.stat().st_size)
            result = take(
                target.id,
                file,
                text_columns=text_column,
                id_column=id_column,
                gold_column=gold_column,
                gold_task=gold_task,
                gold_columns=_pairs(gold_columns),
                gold_separator=gold_separator,
                label_schema_id=the_label_schema(tandem, home, schema).id if schema else None,
                metadata_columns=metadata_column or [],
                on_duplicate="skip" if skip_duplicates else "error",
                on_same_content="skip" if skip_same_content else "keep",
                on_bytes=lambda sent: bar.update(upload, completed=sent),
            )
    left_out = f", {result.skipped} skipped" if result.skipped else ""
    out.print(f"{result.records} records imported into {home.name} / {name}{left_out}.")


def _pairs(text: str | None) -> dict[str, str]:
    """`a=b,c` as a to b and c to c."""
    parts = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    return {name.strip(): column.strip() or name.strip() for name, _, column in parts}
